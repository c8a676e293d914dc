//===- Difference.cpp - How far arrays are from expected ones ----------------------------------------------------===//
#include "Difference.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace mlir::qnn;

template <typename T> static double readAs(const char *bytes) {
  T value;
  memcpy(&value, bytes, sizeof(T));
  return static_cast<double>(value);
}

template <const llvm::fltSemantics &(*Semantics)()> static double readSmallFloat(const char *bytes) {
  uint16_t bits;
  memcpy(&bits, bytes, sizeof(bits));
  llvm::APFloat value(Semantics(), llvm::APInt(16, bits));
  bool lost;
  value.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &lost);
  return value.convertToDouble();
}

using Reader = double (*)(const char *);

static Reader getReader(StringRef type) {
  return llvm::StringSwitch<Reader>(type)
      .Case("float", readAs<float>)
      .Case("double", readAs<double>)
      .Case("float16", readSmallFloat<llvm::APFloat::IEEEhalf>)
      .Case("bfloat16", readSmallFloat<llvm::APFloat::BFloat>)
      .Case("int8", readAs<int8_t>)
      .Case("int16", readAs<int16_t>)
      .Case("int32", readAs<int32_t>)
      .Case("int64", readAs<int64_t>)
      .Case("uint16", readAs<uint16_t>)
      .Case("uint32", readAs<uint32_t>)
      .Case("uint64", readAs<uint64_t>)
      .Default(readAs<uint8_t>);
}

static std::string formatNumber(const char *format, double number) {
  if (std::isinf(number))
    return number < 0 ? "-inf" : "inf";
  return llvm::formatv(false, format, number).str();
}

void Difference::add(StringRef type, ArrayRef<char> values, ArrayRef<char> expected) {
  const Reader read = getReader(type);
  const size_t size = llvm::StringSwitch<size_t>(type)
                          .Cases({"double", "int64", "uint64"}, 8)
                          .Cases({"float", "int32", "uint32"}, 4)
                          .Cases({"float16", "bfloat16", "int16", "uint16"}, 2)
                          .Default(1);
  for (size_t at = 0; at + size <= values.size(); at += size) {
    const char *a = values.data() + at, *b = expected.data() + at;
    ++count;
    double value = read(b);
    if (!memcmp(a, b, size)) {
      ++equal;
      signal += std::isfinite(value) ? value * value : 0;
      continue;
    }
    double error = std::fabs(read(a) - value);
    if (std::isnan(error)) {
      // NaN beside NaN of other bits is no error; NaN or infinity beside anything else is an infinite one.
      error = std::isnan(value) && std::isnan(read(a)) ? 0 : HUGE_VAL;
      value = 0;
    }
    signal += std::isfinite(value) ? value * value : 0;
    noise += error * error;
    worst = std::max(worst, error);
  }
}

double Difference::getSqnr() const { return noise == 0 ? HUGE_VAL : 10 * std::log10(signal / noise); }

std::string Difference::describe(double step) const {
  const std::string steps = step != 0 ? llvm::formatv(" ({0} steps)", formatNumber("{0:f2}", worst / step)).str() : "";
  return llvm::formatv("SQNR {0} dB, max error {1}{2}, {3} of {4} values bit-equal", formatNumber("{0:f2}", getSqnr()),
                       formatNumber("{0:e4}", worst), steps, equal, count)
      .str();
}
