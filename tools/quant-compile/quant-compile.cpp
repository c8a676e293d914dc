//===- quant-compile.cpp - From a model file to the form asked for -----------------------------------------------===//
#include "quant-opt/Import/Onnx/Importer.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;

int main(int argc, char **argv) {
  llvm::cl::opt<std::string> input(llvm::cl::Positional, llvm::cl::desc("model.onnx"), llvm::cl::Required);
  llvm::cl::opt<std::string> output("o", llvm::cl::init("-"));
  llvm::cl::opt<std::string> emit("emit", llvm::cl::init("mlir"));
  llvm::cl::opt<std::string> name("name");
  llvm::cl::list<std::string> dims("dim");
  llvm::cl::ParseCommandLineOptions(argc, argv);
  MLIRContext context;
  qnn::ImportOptions options;
  options.name = name;
  for (const std::string &dim : dims) {
    auto [key, value] = StringRef(dim).split('=');
    if (value.getAsInteger(10, options.dims[key.str()]))
      return 2;
  }
  OwningOpRef<ModuleOp> module = qnn::importOnnx(input, options, &context);
  if (!module)
    return 1;
  auto file = openOutputFile(output);
  OpPrintingFlags flags;
  flags.enableDebugInfo();
  module->print(file->os(), flags);
  file->keep();
  return 0;
}
