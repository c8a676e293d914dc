//===- KernelConversion.cpp - What a GPU's kernels and their emulation have in common on the way to LLVM ---------===//
#include "KernelConversion.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Support/Locations.h"

#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/GPUCommon/GPUCommonPass.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorTransforms.h"
#include "mlir/Transforms/DialectConversion.h"

using namespace mlir;
using namespace mlir::qnn;

LowerToLLVMOptions qnn::getKernelOptions(MLIRContext *context) {
  LowerToLLVMOptions options(context);
  options.useBarePtrCallConv = true;
  options.overrideIndexBitwidth(32);
  return options;
}

bool qnn::isWorkgroup(MemRefType type) {
  auto space = dyn_cast_or_null<gpu::AddressSpaceAttr>(type.getMemorySpace());
  return space && space.getValue() == gpu::AddressSpace::Workgroup;
}

/// Functions that a GPU computes as this machine's CPU does: exactly rounded ones, and those of bits.
static bool hasCode(Operation *op) {
  if (isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::CopySignOp, math::CountLeadingZerosOp,
          math::CountTrailingZerosOp, math::CtPopOp, math::FloorOp, math::FmaOp, math::IsFiniteOp, math::IsInfOp,
          math::IsNaNOp, math::IsNormalOp, math::RoundEvenOp, math::SqrtOp, math::TruncOp>(op))
    return true;
  return !isa<math::MathDialect>(op->getDialect());
}

LogicalResult qnn::checkKernels(ModuleOp module) {
  WalkResult result = module.walk([](Operation *op) -> WalkResult {
    if (auto observe = dyn_cast<ObserveBufferOp>(op))
      return observe.emitOpError("has no place on a GPU: calibrate on the CPU");
    if (op->getDialect() && !hasCode(op))
      return op->emitOpError("of layer '")
             << getNodeName(op->getLoc()) << "' has no code on a GPU; compile the model for a CPU";
    for (Type type : op->getOperandTypes())
      if (auto memref = dyn_cast<MemRefType>(type);
          memref && memref.hasStaticShape() && memref.getNumElements() > INT32_MAX)
        return op->emitOpError("of layer '")
               << getNodeName(op->getLoc()) << "' cannot run on a GPU: a buffer of more than 2^31 elements";
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

LogicalResult qnn::simplifyKernels(ModuleOp module) {
  RewritePatternSet patterns(module.getContext());
  vector::populateVectorToVectorCanonicalizationPatterns(patterns);
  vector::populateVectorBroadcastLoweringPatterns(patterns);
  vector::populateVectorShapeCastLoweringPatterns(patterns);
  vector::populateVectorInsertExtractStridedSliceTransforms(patterns);
  memref::populateExpandStridedMetadataPatterns(patterns);
  populateAffineToStdConversionPatterns(patterns);
  arith::populateArithExpandOpsPatterns(patterns);
  arith::populateExpandBFloat16Patterns(patterns);
  return applyPatternsGreedily(module, std::move(patterns));
}

void qnn::populateKernelPatterns(LLVMTypeConverter &converter, RewritePatternSet &patterns, unsigned workgroupSpace) {
  populateGpuMemorySpaceAttributeConversions(
      converter, [=](gpu::AddressSpace space) { return space == gpu::AddressSpace::Workgroup ? workgroupSpace : 0; });
  populateSCFToControlFlowConversionPatterns(patterns);
  cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
  populateFuncToLLVMConversionPatterns(converter, patterns);
  arith::populateArithToLLVMConversionPatterns(converter, patterns);
  index::populateIndexToLLVMConversionPatterns(converter, patterns);
  ub::populateUBToLLVMConversionPatterns(converter, patterns);
  populateMathToLLVMConversionPatterns(converter, patterns, /*approximateLog1p=*/false);
  populateVectorToLLVMConversionPatterns(converter, patterns);
  populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
}
