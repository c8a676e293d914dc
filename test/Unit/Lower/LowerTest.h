//===- LowerTest.h - Lowers, compiles and runs models written as text --------------------------------------------===//
#ifndef QUANT_OPT_TEST_UNIT_LOWER_LOWERTEST_H
#define QUANT_OPT_TEST_UNIT_LOWER_LOWERTEST_H

#include "quant-opt/Emit/Jit.h"
#include "quant-opt/Pipelines/LowerToX86.h"
#include "quant-opt/Pipelines/RegisterAll.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

namespace mlir::qnn {

/// A context with every dialect; making one takes a while, so that all tests share it.
inline MLIRContext &getTestContext() {
  static MLIRContext *context = [] {
    DialectRegistry registry;
    registerAllDialects(registry);
    return new MLIRContext(registry);
  }();
  return *context;
}

inline Program lower(StringRef source, std::vector<CpuPath> paths = {getHostCpuPath()}) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(source, &getTestContext());
  Program program;
  EXPECT_TRUE(bool(module));
  LowerOptions options;
  options.paths = paths;
  EXPECT_TRUE(module && succeeded(lowerToProgram(*module, options, program)));
  return program;
}

inline std::unique_ptr<JitModel> compile(Program &&program) {
  llvm::Expected<std::unique_ptr<JitModel>> model = JitModel::create(std::move(program));
  if (model)
    return std::move(*model);
  ADD_FAILURE() << llvm::toString(model.takeError());
  return nullptr;
}

inline std::vector<CpuPath> getRunnablePaths() {
  std::vector<CpuPath> paths;
  for (CpuPath path : getAllCpuPaths())
    if (hostSupports(path))
      paths.push_back(path);
  return paths;
}

} // namespace mlir::qnn

#endif // QUANT_OPT_TEST_UNIT_LOWER_LOWERTEST_H
