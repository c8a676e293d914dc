//===- RegisterAll.cpp - Everything a tool needs registered -------------------------------------------------------===//
#include "quant-opt/Pipelines/RegisterAll.h"

#include "quant-opt/Analysis/Passes.h"
#include "quant-opt/Calibrate/Passes.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Equalize/Passes.h"
#include "quant-opt/Import/Passes.h"
#include "quant-opt/InsertQdq/Passes.h"
#include "quant-opt/Integerize/Passes.h"
#include "quant-opt/Interfaces/QuantizableOpInterface.h"
#include "quant-opt/Lower/Common/BufferizationModels.h"
#include "quant-opt/Lower/Common/Passes.h"
#include "quant-opt/Lower/Nvptx/Passes.h"
#include "quant-opt/Lower/X86/Passes.h"
#include "quant-opt/Normalize/Passes.h"
#include "quant-opt/Pipelines/Calibrate.h"
#include "quant-opt/Pipelines/LowerToNvptx.h"
#include "quant-opt/Pipelines/LowerToX86.h"
#include "quant-opt/Pipelines/Normalize.h"
#include "quant-opt/Pipelines/QuantizeStatic.h"
#include "quant-opt/Refine/Passes.h"
#include "quant-opt/Report/Passes.h"
#include "quant-opt/Simulate/Passes.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"

using namespace mlir;

void qnn::registerAllDialects(DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<QnnDialect>();
  registerExternalModels(registry);
  registerBufferizationModels(registry);
}

void qnn::registerAllPasses() {
  mlir::registerAllPasses();
  registerQnnPasses();
}

void qnn::registerQnnPasses() {
  registerAnalysisPasses();
  registerImportPasses();
  registerNormalizePasses();
  registerNormalizePipeline();
  registerEqualizePasses();
  registerCalibratePasses();
  registerCalibratePipeline();
  registerSimulatePasses();
  registerRefinePasses();
  registerReportPasses();
  registerInsertQdqPasses();
  registerIntegerizePasses();
  registerLowerCommonPasses();
  registerLowerX86Passes();
  registerLowerNvptxPasses();
  registerLowerToX86Pipeline();
  registerLowerToNvptxPipeline();
  registerQuantizeStaticPipeline();
}
