//===- ExpandMathTest.cpp - Expanded functions against the C library's, and path against path --------------------===//
#include "LowerTest.h"

#include "llvm/ADT/bit.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::qnn;

/// Every float whose bits are a multiple of a prime, and the special ones; as many as kCount.
static constexpr int64_t kCount = 1 << 18;

static std::vector<float> makeArguments() {
  float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> arguments = {0.0f,
                                  -0.0f,
                                  1.0f,
                                  -1.0f,
                                  infinity,
                                  -infinity,
                                  88.72283f,
                                  88.7229f,
                                  -103.9f,
                                  -104.1f,
                                  0.55f,
                                  0.34f,
                                  std::numeric_limits<float>::quiet_NaN(),
                                  std::numeric_limits<float>::denorm_min()};
  for (uint32_t bits = 0; static_cast<int64_t>(arguments.size()) < kCount; bits += 16381)
    arguments.push_back(llvm::bit_cast<float>(bits));
  return arguments;
}

static std::string makeModel(StringRef function) {
  std::string shape = "tensor<" + std::to_string(kCount) + "xf32>";
  return "func.func @net(%x: " + shape + ") -> " + shape + " {\n %e = tensor.empty() : " + shape +
         "\n %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = "
         "[\"parallel\"]} ins(%x : " +
         shape + ") outs(%e : " + shape + ") {\n^bb0(%a: f32, %o: f32):\n %y = math." + function.str() +
         " %a : f32\n linalg.yield %y : f32\n} -> " + shape + "\n return %r : " + shape + "\n}";
}

/// The distance of `got` from `exact` in units in the last place of the float nearest to `exact`.
static double getError(float got, double exact) {
  float nearest = static_cast<float>(exact);
  if (got == nearest || (std::isnan(got) && std::isnan(exact)))
    return 0;
  if (!std::isfinite(got) || std::isnan(exact))
    return std::numeric_limits<double>::infinity();
  double magnitude = std::max<double>(std::fabs(exact), std::numeric_limits<float>::min());
  int exponent;
  std::frexp(std::min<double>(magnitude, std::numeric_limits<float>::max()), &exponent);
  return std::fabs(got - exact) / std::ldexp(1.0, exponent - 24);
}

static void check(StringRef function, double (*exact)(double)) {
  std::vector<float> arguments = makeArguments(), first;
  for (CpuPath path : getRunnablePaths()) {
    std::unique_ptr<JitModel> model = compile(lower(makeModel(function), {path}));
    ASSERT_TRUE(model);
    std::vector<float> results(kCount);
    model->run({arguments.data()}, {results.data()});
    if (first.empty()) {
      first = results;
      for (int64_t i = 0; i < kCount; ++i)
        ASSERT_LT(getError(results[i], exact(arguments[i])), 2.0)
            << function.str() << "(" << arguments[i] << ") = " << results[i] << ", expected " << exact(arguments[i]);
      EXPECT_EQ(std::signbit(results[1]), std::signbit(exact(-0.0))) << function.str() << "(-0)";
    }
    for (int64_t i = 0; i < kCount; ++i)
      ASSERT_TRUE(llvm::bit_cast<uint32_t>(results[i]) == llvm::bit_cast<uint32_t>(first[i]) || std::isnan(results[i]))
          << function.str() << "(" << arguments[i] << ") on " << getCpuPathName(path).str();
  }
}

TEST(ExpandMath, exp) { check("exp", std::exp); }
TEST(ExpandMath, expm1) { check("expm1", std::expm1); }
TEST(ExpandMath, log) { check("log", std::log); }
TEST(ExpandMath, log1p) { check("log1p", std::log1p); }
TEST(ExpandMath, tanh) { check("tanh", std::tanh); }
TEST(ExpandMath, erf) { check("erf", std::erf); }
