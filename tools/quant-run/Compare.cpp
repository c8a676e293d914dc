//===- Compare.cpp - How far outputs are from expected ones ------------------------------------------------------===//
#include "Compare.h"

#include "CompiledModel.h"

#include "quant-opt/Support/Diagnostics.h"

using namespace mlir;
using namespace mlir::qnn;

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
    Difference difference;
    difference.add(output.info.type, output.bytes, *bytes);
    llvm::outs() << "output \"" << escapeText(output.info.name) << "\": " << difference.describe() << "\n";
    if (!gates.areMet(difference))
      missed += (missed.empty() ? "\"" : ", \"") + output.info.name + "\"";
  }
  if (!missed.empty())
    return makeToolError(ExitCode::AccuracyGate, "the accuracy asked for is not reached by output " + missed);
  return llvm::Error::success();
}
