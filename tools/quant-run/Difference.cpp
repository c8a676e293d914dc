//===- Difference.cpp - How far arrays are from expected ones ----------------------------------------------------===//
#include "Difference.h"

#include "quant-opt/Data/ElementTypes.h"

#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace mlir::qnn;

static std::string formatNumber(const char *format, double number) {
  if (std::isinf(number))
    return number < 0 ? "-inf" : "inf";
  return llvm::formatv(false, format, number).str();
}

void Difference::add(StringRef type, ArrayRef<char> values, ArrayRef<char> expected) {
  const ElementTypeInfo &element = *findElementType(type);
  const size_t size = element.bytes;
  for (size_t at = 0; at + size <= values.size(); at += size) {
    const char *a = values.data() + at, *b = expected.data() + at;
    ++count;
    double value = element.read(b);
    if (!memcmp(a, b, size)) {
      ++equal;
      signal += std::isfinite(value) ? value * value : 0;
      continue;
    }
    double error = std::fabs(element.read(a) - value);
    if (std::isnan(error)) {
      // NaN beside NaN of other bits is no error; NaN or infinity beside anything else is an infinite one.
      error = std::isnan(value) && std::isnan(element.read(a)) ? 0 : HUGE_VAL;
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
