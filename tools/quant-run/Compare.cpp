//===- Compare.cpp - How far outputs are from expected ones ------------------------------------------------------===//
#include "Compare.h"

#include "CompiledModel.h"

#include "quant-opt/Support/Diagnostics.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Format.h"
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

llvm::Error qnn::compareOutputs(ArrayRef<NamedArray> outputs, StringRef expectedPath, const CompareGates &gates) {
  llvm::Expected<ArrayFile> file = ArrayFile::open(expectedPath);
  if (!file)
    return file.takeError();
  std::string missed;
  for (const NamedArray &output : outputs) {
    ArrayInfo expected;
    bool nameless = outputs.size() == 1 && file->getNames().size() == 1 && file->getNames()[0].empty();
    llvm::Expected<std::vector<char>> bytes =
        file->readArray(nameless ? StringRef() : StringRef(output.info.name), expected);
    if (!bytes)
      return bytes.takeError();
    if (expected.type != output.info.type || expected.getNumElements() != output.info.getNumElements())
      return makeToolError(ExitCode::BadInput, expectedPath + ": output \"" + output.info.name + "\": the model gave " +
                                                   describeTensor(output.info.type, output.info.shape) + ", found " +
                                                   describeTensor(expected.type, expected.shape));
    int64_t count = output.info.getNumElements();
    Reader read = getReader(output.info.type);
    size_t size = count ? output.bytes.size() / count : 0;
    double signal = 0, noise = 0, worst = 0;
    int64_t equal = 0;
    for (int64_t i = 0; i < count; ++i) {
      const char *a = output.bytes.data() + i * size, *b = bytes->data() + i * size;
      if (!memcmp(a, b, size)) {
        ++equal;
        double value = read(b);
        signal += std::isfinite(value) ? value * value : 0;
        continue;
      }
      double value = read(b), error = std::fabs(read(a) - value);
      if (std::isnan(error)) {
        // NaN beside NaN of other bits is no error; NaN or infinity beside anything else is an infinite one.
        error = std::isnan(value) && std::isnan(read(a)) ? 0 : HUGE_VAL;
        value = 0;
      }
      signal += std::isfinite(value) ? value * value : 0;
      noise += error * error;
      worst = std::max(worst, error);
    }
    double sqnr = noise == 0 ? HUGE_VAL : 10 * std::log10(signal / noise);
    std::string name = escapeText(output.info.name);
    std::string line = llvm::formatv("output \"{0}\": SQNR {1} dB, max error {2}, {3} of {4} values bit-equal", name,
                                     formatNumber("{0:f2}", sqnr), formatNumber("{0:e4}", worst), equal, count);
    llvm::outs() << line << "\n";
    if (sqnr < gates.minSqnr || worst > gates.maxError || (gates.bitExact && equal != count))
      missed += (missed.empty() ? "\"" : ", \"") + output.info.name + "\"";
  }
  if (!missed.empty())
    return makeToolError(ExitCode::AccuracyGate, "the accuracy asked for is not reached by output " + missed);
  return llvm::Error::success();
}
