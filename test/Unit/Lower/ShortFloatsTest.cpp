//===- ShortFloatsTest.cpp - Conversions of f16 on every path against exact ones
//-----------------------------------===//
#include "LowerTest.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"
#include <cmath>

using namespace mlir;
using namespace mlir::qnn;
using llvm::APFloat;

static std::string makeConversion(StringRef op, StringRef from, StringRef to, size_t count) {
  std::string shape = "tensor<" + std::to_string(count) + "x", in = shape + from.str() + ">",
              out = shape + to.str() + ">";
  return "func.func @net(%x: " + in + ") -> " + out + " {\n %e = tensor.empty() : " + out +
         "\n %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = "
         "[\"parallel\"]} ins(%x : " +
         in + ") outs(%e : " + out + ") {\n^bb0(%a: " + from.str() + ", %o: " + to.str() + "):\n %y = arith." +
         op.str() + " %a : " + from.str() + " to " + to.str() + "\n linalg.yield %y : " + to.str() + "\n} -> " + out +
         "\n return %r : " + out + "\n}";
}

/// The bits of `value` rounded once to f16.
static uint16_t roundToHalf(APFloat value) {
  bool losesInfo;
  value.convert(APFloat::IEEEhalf(), APFloat::rmNearestTiesToEven, &losesInfo);
  return static_cast<uint16_t>(value.bitcastToAPInt().getZExtValue());
}

template <typename From> static void checkRounding(StringRef from, const std::vector<From> &values) {
  for (CpuPath path : getRunnablePaths()) {
    std::unique_ptr<JitModel> model = compile(lower(makeConversion("truncf", from, "f16", values.size()), {path}));
    ASSERT_TRUE(model);
    std::vector<uint16_t> halves(values.size());
    model->run({values.data()}, {halves.data()});
    for (size_t i = 0; i < values.size(); ++i) {
      if (std::isnan(values[i]))
        ASSERT_GT(halves[i] & 0x7fff, 0x7c00);
      else
        ASSERT_EQ(halves[i], roundToHalf(APFloat(values[i]))) << values[i] << " on " << getCpuPathName(path).str();
    }
  }
}

TEST(ShortFloats, everyHalfBecomesTheSameFloat) {
  std::vector<uint16_t> halves(1 << 16);
  for (size_t i = 0; i < halves.size(); ++i)
    halves[i] = static_cast<uint16_t>(i);
  for (CpuPath path : getRunnablePaths()) {
    std::unique_ptr<JitModel> model = compile(lower(makeConversion("extf", "f16", "f32", halves.size()), {path}));
    ASSERT_TRUE(model);
    std::vector<float> floats(halves.size());
    model->run({halves.data()}, {floats.data()});
    for (size_t i = 0; i < halves.size(); ++i) {
      APFloat exact(APFloat::IEEEhalf(), llvm::APInt(16, halves[i]));
      if (exact.isNaN())
        ASSERT_TRUE(std::isnan(floats[i]));
      else
        ASSERT_EQ(llvm::bit_cast<uint32_t>(floats[i]), llvm::bit_cast<uint32_t>(exact.convertToFloat()))
            << i << " on " << getCpuPathName(path).str();
    }
  }
}

TEST(ShortFloats, floatsAreRoundedToNearestEven) {
  std::vector<float> values;
  for (uint64_t bits = 0; bits < (1ull << 32); bits += 16381)
    values.push_back(llvm::bit_cast<float>(static_cast<uint32_t>(bits)));
  // Ties between neighbouring halves, in the normal range, below it, and at its end.
  for (uint32_t half = 0; half < 0x7c00; half += 7) {
    bool losesInfo;
    APFloat low(APFloat::IEEEhalf(), llvm::APInt(16, half)), high(APFloat::IEEEhalf(), llvm::APInt(16, half + 1));
    if (high.isInfinity())
      break;
    low.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven, &losesInfo);
    high.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven, &losesInfo);
    values.push_back((low.convertToFloat() + high.convertToFloat()) / 2);
  }
  values.insert(values.end(), {65519.99f, 65520.0f, 65504.0f, -65520.0f, 5.9604645e-8f, 2.9802322e-8f, 2.9802326e-8f});
  checkRounding("f32", values);
}

TEST(ShortFloats, doublesAreRoundedOnce) {
  std::vector<double> values;
  for (double base : {1.0, 1.5, 1024.0, 6.1e-5, 3.0e-6, 65504.0})
    for (int i = -40; i <= 40; ++i) {
      // Near a tie of f16, nearer than f32 can tell.
      double tie = base * (1 + 0x1p-11);
      values.push_back(tie * (1 + i * 0x1p-40));
      values.push_back(-base * (1 + i * 0x1p-12));
    }
  checkRounding("f64", values);
}
