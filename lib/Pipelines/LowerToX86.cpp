//===- LowerToX86.cpp - From a model on tensors to LLVM dialect for x86 ------------------------------------------===//
#include "quant-opt/Pipelines/LowerToX86.h"
#include "ReleaseConstants.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/Common/Passes.h"
#include "quant-opt/Lower/X86/Passes.h"
#include "quant-opt/Support/Packing.h"
#include "quant-opt/Support/Weights.h"

#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::qnn;

void qnn::buildLowerCommonPipeline(OpPassManager &manager, bool ownsConstants) {
  OpPassManager &functions = manager.nest<func::FuncOp>();
  // Other front ends may leave arithmetic on whole tensors, which has no loops yet.
  functions.addPass(createConvertElementwiseToLinalgPass());
  // Before other fusion, so that elementwise work goes to the contraction that made its operand.
  functions.addPass(createFormContractionsPass());
  functions.addPass(createFoldConversionsPass());
  functions.addPass(createPackWeightsPass());
  functions.addPass(createFuseElementwisePass());
  functions.addPass(createCSEPass());
  // While scales are still constants, and bodies as long as they get.
  functions.addPass(createProveRangesPass());
  // After fusion, which sees through pads no more than contractions do; and after the last CSE on tensors, which would
  // make pads of one shape share their fill and so force copies of it.
  functions.addPass(createDecomposeDataMovementPass());
  // Why here: weights are packed, and are about to be copied once more.
  if (ownsConstants)
    manager.addPass(createReleaseConstantsPass());
  // Every tensor constant left here is one that runs read: packed weights, biases, tables.
  manager.addPass(createBindBuffersPass());
  manager.addPass(createBufferizePass());
  // Bufferization leaves dead and repeated views, which would lengthen lifetimes.
  OpPassManager &buffers = manager.nest<func::FuncOp>();
  buffers.addPass(createCanonicalizerPass());
  buffers.addPass(createCSEPass());
  // Before the arena folds reshapes of buffers, which collapsing makes.
  buffers.addPass(createCollapseLoopsPass());
  manager.addPass(createPlanArenaPass());
  // Two names for one range would hide from outlining that nothing else overlaps it.
  manager.nest<func::FuncOp>().addPass(createCSEPass());
}

void qnn::buildLowerToStepsPipeline(OpPassManager &manager, CpuPath path, StringRef prefix) {
  std::string pathName = getCpuPathName(path).str();
  OpPassManager &functions = manager.nest<func::FuncOp>();
  functions.addPass(createLowerContractionsPass({pathName}));
  // Before the general loops, which would gather one side or the other.
  functions.addPass(createInterleavePacksPass());
  functions.addPass(createTileTransposesPass({pathName}));
  functions.addPass(createLowerByteLoopsPass({pathName}));
  functions.addPass(createLowerToLoopsPass());
  // Once all layers are loops; a kernel is shared as a whole.
  functions.addPass(createJoinStepsPass());
  manager.addPass(createOutlineStepsPass({prefix.str()}));
  // After outlining, so that a shared kernel is expanded once.
  OpPassManager &arithmetic = manager.nest<func::FuncOp>();
  arithmetic.addPass(createShareDivisorsPass({pathName}));
  arithmetic.addPass(createExpandArithPass({pathName}));
  // Which arithmetic it is may follow from scales and zero points; from here on they are numbers like any other.
  manager.addPass(createMergeKernelsPass());
  OpPassManager &kernels = manager.nest<func::FuncOp>();
  kernels.addPass(createExpandMathPass({/*scaling=*/getVectorBits(path) == 512}));
  kernels.addPass(createExpandFmaPass({pathName}));
  kernels.addPass(createWidenShortFloatsPass({pathName}));
  // Index arithmetic of kernels, once they no longer differ.
  kernels.addPass(createCSEPass());
  manager.addPass(createVerifyLoweredPass());
}

void qnn::buildConvertToLLVMPipeline(OpPassManager &manager, CpuPath path) {
  manager.addPass(createLowerDot4Pass({getCpuPathName(path).str()}));
  manager.addPass(createLowerLookupsPass({getCpuPathName(path).str()}));
  ConvertToLLVMPassOptions options;
  options.path = getCpuPathName(path).str();
  manager.addPass(createConvertToLLVMPass(options));
}

void qnn::buildLowerToX86Pipeline(OpPassManager &manager, const LowerToX86Options &options) {
  std::optional<CpuPath> path = options.path == "host" ? getHostCpuPath() : parseCpuPath(options.path);
  buildLowerCommonPipeline(manager);
  buildLowerToStepsPipeline(manager, path.value_or(CpuPath::X86_64), options.prefix);
  manager.addPass(createLowerDot4Pass({getCpuPathName(path.value_or(CpuPath::X86_64)).str()}));
  manager.addPass(createLowerLookupsPass({getCpuPathName(path.value_or(CpuPath::X86_64)).str()}));
  // An unknown name is refused where a diagnostic can be emitted: by the pass.
  ConvertToLLVMPassOptions convert;
  convert.path = path ? getCpuPathName(*path).str() : options.path.getValue();
  manager.addPass(createConvertToLLVMPass(convert));
}

void qnn::registerLowerToX86Pipeline() {
  PassPipelineRegistration<LowerToX86Options>(
      "lower-to-x86", "From a model on tensors to LLVM dialect for one x86 CPU path", buildLowerToX86Pipeline);
}

static LogicalResult run(ModuleOp module, const LowerOptions &options, function_ref<void(OpPassManager &)> build) {
  PassManager manager(module.getContext());
  if (options.configure && failed(options.configure(manager)))
    return failure();
  build(manager);
  return manager.run(module);
}

static ProgramOp findProgram(ModuleOp module) {
  auto programs = module.getOps<ProgramOp>();
  return programs.empty() ? ProgramOp() : *programs.begin();
}

static std::vector<TensorInfo> readSignature(ArrayAttr list) {
  std::vector<TensorInfo> infos;
  for (auto entry : list.getAsRange<DictionaryAttr>()) {
    auto type = cast<RankedTensorType>(entry.getAs<TypeAttr>("tensor").getValue());
    infos.push_back(
        {entry.getAs<StringAttr>("name").str(), entry.getAs<StringAttr>("type").str(), type.getShape().vec()});
    if (auto packed = entry.getAs<DictionaryAttr>("packing")) {
      infos.back().shape = packed.getAs<DenseI64ArrayAttr>("shape").asArrayRef().vec();
      infos.back().packing = std::make_shared<const Packing>(*Packing::fromAttr(packed));
    }
  }
  return infos;
}

/// Leaves out the paths of `vdpbf16ps` and of byte permutes where nothing would use them: the next one is the same code
/// then.
static std::vector<CpuPath> getUsefulPaths(ModuleOp module, ArrayRef<CpuPath> paths) {
  bool hasBf16 = false, hasLookups = false;
  module.walk([&](Operation *op) {
    if (auto contract = dyn_cast<ContractOp>(op))
      hasBf16 |= cast<ShapedType>(contract.getLhs().getType()).getElementType().isBF16();
    hasLookups |= isa<LookupOp>(op);
  });
  std::vector<CpuPath> useful;
  for (CpuPath path : paths) {
    CpuPath chosen = path;
    if (chosen == CpuPath::Avx512Bf16 && !hasBf16)
      chosen = CpuPath::Avx512Vbmi;
    if (chosen == CpuPath::Avx512Vbmi && !hasLookups)
      chosen = CpuPath::Avx512Vnni;
    if (!llvm::is_contained(useful, chosen))
      useful.push_back(chosen);
  }
  return useful;
}

void qnn::readProgram(ProgramOp op, Program &program) {
  program.name = op.getProgramName().str();
  program.inputs = readSignature(op.getInputs());
  program.outputs = readSignature(op.getOutputs());
  program.workspaceBytes = op.getWorkspaceBytes();
  program.observedEdges.clear();
  if (std::optional<ArrayAttr> edges = op.getObservedEdges())
    for (auto edge : edges->getAsRange<StringAttr>())
      program.observedEdges.push_back(edge.str());
  program.observedSteps.clear();
  if (std::optional<ArrayRef<float>> steps = op.getObservedSteps())
    program.observedSteps.assign(steps->begin(), steps->end());
  program.weights.clear();
  if (std::optional<ElementsAttr> weights = op.getWeights())
    program.weights = *readBytes(*weights);
  program.codes.clear();
}

static LogicalResult lowerPath(OwningOpRef<ModuleOp> module, CpuPath path, const LowerOptions &options,
                               Program &program) {
  std::string pathName = getCpuPathName(path).str();
  llvm::replace(pathName, '-', '_');
  std::string prefix = program.name + "_" + pathName + "_";
  if (failed(run(*module, options, [&](OpPassManager &manager) {
        buildLowerToStepsPipeline(manager, path, prefix);
        buildConvertToLLVMPipeline(manager, path);
      })))
    return failure();
  ProgramCode code;
  code.path = path;
  ProgramOp programOp = findProgram(*module);
  for (auto step : programOp.getSteps().getOps<StepOp>())
    code.steps.push_back({step.getFunction().str(), static_cast<int64_t>(step.getCount()), step.getLayer().str(),
                          static_cast<int64_t>(step.getShared().value_or(-1)), step.getPlan().value_or("").str(),
                          static_cast<int64_t>(step.getMacs().value_or(0))});
  programOp.erase();
  code.module = std::move(module);
  program.codes.push_back(std::move(code));
  return success();
}

LogicalResult qnn::lowerToProgram(ModuleOp module, const LowerOptions &options, Program &program) {
  auto release = [&](ArrayRef<Operation *> keep) {
    if (options.releaseConstants)
      releaseConstants(module.getContext(), keep);
  };
  release(module.getOperation());
  if (!options.packParameters)
    dropParameters(module);
  if (failed(run(module, options,
                 [&](OpPassManager &manager) { buildLowerCommonPipeline(manager, options.releaseConstants); })))
    return failure();
  release(module.getOperation());
  readProgram(findProgram(module), program);
  release({});
  for (CpuPath path : getUsefulPaths(module, options.paths))
    if (failed(lowerPath(OwningOpRef<ModuleOp>(module.clone()), path, options, program)))
      return failure();
  return success();
}
