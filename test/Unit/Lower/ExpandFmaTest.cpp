//===- ExpandFmaTest.cpp - Fused multiply-adds of every path against the C library's -----------------------------===//
#include "LowerTest.h"

#include "llvm/ADT/bit.h"
#include <cmath>
#include <limits>
#include <random>

using namespace mlir;
using namespace mlir::qnn;

static constexpr int64_t kCount = 1 << 16;

static std::string makeModel() {
  std::string shape = "tensor<" + std::to_string(kCount) + "xf32>";
  std::string id = "affine_map<(i) -> (i)>";
  return "func.func @net(%a: " + shape + ", %b: " + shape + ", %c: " + shape + ") -> " + shape +
         " {\n %e = tensor.empty() : " + shape + "\n %r = linalg.generic {indexing_maps = [" + id + ", " + id + ", " +
         id + ", " + id + "], iterator_types = [\"parallel\"]} ins(%a, %b, %c : " + shape + ", " + shape + ", " +
         shape + ") outs(%e : " + shape +
         ") {\n^bb0(%x: f32, %y: f32, %z: f32, %o: f32):\n %s = math.fma %x, %y, %z : f32\n linalg.yield %s : f32\n} "
         "-> " +
         shape + "\n return %r : " + shape + "\n}";
}

/// Operands of which many sums cancel, are subnormal, or lie next to a tie.
TEST(ExpandFma, roundsOnceOnEveryPath) {
  std::mt19937 random(1);
  std::vector<float> a(kCount), b(kCount), c(kCount), got(kCount);
  auto anyFloat = [&] { return llvm::bit_cast<float>(static_cast<uint32_t>(random())); };
  auto near = [&](int exponent) {
    return std::ldexp(1.0f + static_cast<float>(random() % 64) * 0x1p-23f, exponent) * (random() % 2 ? 1.0f : -1.0f);
  };
  for (int64_t i = 0; i < kCount; ++i) {
    switch (i % 4) {
    case 0:
      a[i] = anyFloat(), b[i] = anyFloat(), c[i] = anyFloat();
      break;
    case 1: // the product nearly cancels
      a[i] = near(3), b[i] = near(-5), c[i] = -(a[i] * b[i]);
      break;
    case 2: // the product is about half a unit of the sum, or far less
      a[i] = near(0), b[i] = near(-24 - static_cast<int>(random() % 30)), c[i] = near(0);
      break;
    default: // subnormal results
      a[i] = near(-70), b[i] = near(-60 - static_cast<int>(random() % 20)),
      c[i] = near(-127 - static_cast<int>(random() % 20));
    }
  }
  a[0] = std::numeric_limits<float>::infinity(), b[0] = 1.0f, c[0] = -a[0];
  a[4] = -0.0f, b[4] = 1.0f, c[4] = -0.0f;
  a[8] = std::numeric_limits<float>::max(), b[8] = 2.0f, c[8] = 0.0f;
  for (CpuPath path : getRunnablePaths()) {
    std::unique_ptr<JitModel> model = compile(lower(makeModel(), {path}));
    ASSERT_TRUE(model);
    model->run({a.data(), b.data(), c.data()}, {got.data()});
    for (int64_t i = 0; i < kCount; ++i) {
      float expected = std::fma(a[i], b[i], c[i]);
      ASSERT_TRUE(llvm::bit_cast<uint32_t>(got[i]) == llvm::bit_cast<uint32_t>(expected) ||
                  (std::isnan(got[i]) && std::isnan(expected)))
          << a[i] << " * " << b[i] << " + " << c[i] << " = " << expected << ", got " << got[i] << " on "
          << getCpuPathName(path).str();
    }
  }
}
