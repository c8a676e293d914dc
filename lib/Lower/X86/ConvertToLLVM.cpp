//===- ConvertToLLVM.cpp - The Lowered form becomes LLVM dialect for one CPU path --------------------------------===//
#include "TargetPath.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/X86/Passes.h"
#include "quant-opt/Support/CpuPath.h"

#include "mlir/Analysis/DataLayoutAnalysis.h"
#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorTransforms.h"
#include "mlir/Transforms/DialectConversion.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_CONVERTTOLLVMPASS
#include "quant-opt/Lower/X86/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// The fields of `quant_opt_frame`, in its order.
enum class FrameField { Inputs, Outputs, Workspace, Weights, Observer, Observe };

static Value loadPointer(OpBuilder &builder, Location loc, Value base, int64_t index) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Value address =
      LLVM::GEPOp::create(builder, loc, pointer, pointer, base, ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)},
                          LLVM::GEPNoWrapFlags::inbounds);
  auto load = LLVM::LoadOp::create(builder, loc, pointer, address);
  // Frame and pointer arrays do not change during a call.
  load.setInvariant(true);
  return load;
}

static Value loadField(OpBuilder &builder, Operation *op, FrameField field) {
  // Inside a step, whose first argument is the frame, whatever the function has been converted to.
  auto function = op->getParentOfType<FunctionOpInterface>();
  return loadPointer(builder, op->getLoc(), function.getArgument(0), static_cast<int64_t>(field));
}

namespace {
struct LowerBuffer : public ConvertOpToLLVMPattern<BufferOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(BufferOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    int64_t position = op.getPosition();
    Value pointer;
    switch (op.getKind()) {
    case BufferKind::Input:
    case BufferKind::Output: {
      FrameField field = op.getKind() == BufferKind::Input ? FrameField::Inputs : FrameField::Outputs;
      pointer = loadPointer(rewriter, loc, loadField(rewriter, op, field), position);
      break;
    }
    case BufferKind::Workspace:
    case BufferKind::Weights: {
      FrameField field = op.getKind() == BufferKind::Workspace ? FrameField::Workspace : FrameField::Weights;
      pointer = loadField(rewriter, op, field);
      Value offset = LLVM::ConstantOp::create(rewriter, loc, rewriter.getI64Type(), position);
      pointer = LLVM::GEPOp::create(rewriter, loc, pointer.getType(), rewriter.getI8Type(), pointer, ValueRange{offset},
                                    LLVM::GEPNoWrapFlags::inbounds);
      break;
    }
    }
    rewriter.replaceOp(op, static_cast<Value>(MemRefDescriptor::fromStaticShape(rewriter, loc, *getTypeConverter(),
                                                                                op.getType(), pointer)));
    return success();
  }
};

struct LowerObserveBuffer : public ConvertOpToLLVMPattern<ObserveBufferOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(ObserveBufferOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value observer = loadField(rewriter, op, FrameField::Observer),
          callee = loadField(rewriter, op, FrameField::Observe);
    Value data = MemRefDescriptor(adaptor.getBuffer()).alignedPtr(rewriter, loc);
    auto type = cast<MemRefType>(op.getBuffer().getType());
    Value edge = LLVM::ConstantOp::create(rewriter, loc, rewriter.getI32Type(), op.getEdge());
    Value count = LLVM::ConstantOp::create(rewriter, loc, rewriter.getI64Type(), type.getNumElements());
    auto signature = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(rewriter.getContext()),
                                                 {observer.getType(), edge.getType(), data.getType(), count.getType()});
    LLVM::CallOp::create(rewriter, loc, signature, ValueRange{callee, observer, edge, data, count});
    rewriter.eraseOp(op);
    return success();
  }
};

/// A constant of bf16, which is i16 from here on.
struct LowerBf16Constant : public ConvertOpToLLVMPattern<arith::ConstantOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(arith::ConstantOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isBF16())
      return rewriter.notifyMatchFailure(op, "expected bf16");
    Type type = getTypeConverter()->convertType(op.getType());
    Attribute bits;
    if (auto elements = dyn_cast<DenseElementsAttr>(op.getValue()))
      bits = elements.bitcast(rewriter.getI16Type());
    else
      bits = IntegerAttr::get(type, cast<FloatAttr>(op.getValue()).getValue().bitcastToAPInt());
    rewriter.replaceOpWithNewOp<LLVM::ConstantOp>(op, type, bits);
    return success();
  }
};

struct ConvertToLLVM : public qnn::impl::ConvertToLLVMPassBase<ConvertToLLVM> {
  using ConvertToLLVMPassBase::ConvertToLLVMPassBase;

  void runOnOperation() override {
    FailureOr<CpuPath> cpu = readTargetPath(getOperation(), path);
    if (failed(cpu))
      return signalPassFailure();
    MLIRContext *context = &getContext();
    if (failed(simplifyVectors()) || failed(convert(context)))
      return signalPassFailure();
    annotateLoops();
    annotateFunctions(*cpu);
  }

  /// Control flow's lowering keeps a loop's annotation only as a discardable attribute of the branch back.
  void annotateLoops() {
    StringRef name = LLVM::BrOp::getLoopAnnotationAttrName(OperationName("llvm.br", &getContext()));
    getOperation().walk([&](LLVM::BrOp branch) {
      if (auto annotation =
              dyn_cast_or_null<LLVM::LoopAnnotationAttr>(branch->removeDiscardableAttr("llvm.loop_annotation")))
        branch->setAttr(name, annotation);
    });
  }

  /// Multi-dimensional vector operations become one-dimensional ones, strided views become offsets.
  LogicalResult simplifyVectors() {
    RewritePatternSet patterns(&getContext());
    vector::populateVectorToVectorCanonicalizationPatterns(patterns);
    vector::populateVectorBroadcastLoweringPatterns(patterns);
    vector::populateVectorContractLoweringPatterns(patterns, vector::VectorContractLowering::Dot);
    vector::populateVectorMaskOpLoweringPatterns(patterns);
    vector::populateVectorShapeCastLoweringPatterns(patterns);
    vector::populateVectorInterleaveLoweringPatterns(patterns);
    vector::populateVectorTransposeLoweringPatterns(patterns, vector::VectorTransposeLowering::EltWise);
    vector::populateVectorMaskMaterializationPatterns(patterns, /*force32BitVectorIndices=*/false);
    vector::populateVectorInsertExtractStridedSliceTransforms(patterns);
    vector::populateVectorStepLoweringPatterns(patterns);
    vector::populateVectorRankReducingFMAPattern(patterns);
    vector::populateVectorTransferLoweringPatterns(patterns, /*maxTransferRank=*/1);
    memref::populateExpandStridedMetadataPatterns(patterns);
    populateAffineToStdConversionPatterns(patterns);
    arith::populateArithExpandOpsPatterns(patterns);
    arith::populateExpandBFloat16Patterns(patterns);
    return applyPatternsGreedily(getOperation(), std::move(patterns));
  }

  LogicalResult convert(MLIRContext *context) {
    LowerToLLVMOptions options(context);
    options.useBarePtrCallConv = true;
    options.overrideIndexBitwidth(64);
    LLVMTypeConverter converter(context, options);
    // Nothing computes in bf16 any more. As a float it would be legalized by calls to library functions on CPUs
    // without it.
    converter.addConversion([](BFloat16Type type) { return IntegerType::get(type.getContext(), 16); });
    converter.addConversion([](VectorType type) -> std::optional<Type> {
      if (!type.getElementType().isBF16() || type.getRank() != 1)
        return std::nullopt;
      return type.clone(IntegerType::get(type.getContext(), 16));
    });
    RewritePatternSet patterns(context);
    patterns.add<LowerBuffer, LowerObserveBuffer>(converter);
    patterns.add<LowerBf16Constant>(converter, /*benefit=*/2);
    populateSCFToControlFlowConversionPatterns(patterns);
    cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
    populateFuncToLLVMConversionPatterns(converter, patterns);
    arith::populateArithToLLVMConversionPatterns(converter, patterns);
    index::populateIndexToLLVMConversionPatterns(converter, patterns);
    ub::populateUBToLLVMConversionPatterns(converter, patterns);
    // Before the C library's functions, which take vectors apart: an absolute value is one instruction.
    populateMathToLLVMConversionPatterns(converter, patterns, /*approximateLog1p=*/false, /*benefit=*/2);
    populateMathToLibmConversionPatterns(patterns);
    populateVectorToLLVMConversionPatterns(converter, patterns);
    populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
    LLVMConversionTarget target(*context);
    target.addLegalOp<ModuleOp, ProgramOp, StepOp>();
    return applyFullConversion(getOperation(), target, std::move(patterns));
  }

  void annotateFunctions(CpuPath cpu) {
    Builder builder(&getContext());
    StringRef features = getCpuFeatures(cpu);
    auto width = builder.getStrArrayAttr({"prefer-vector-width", std::to_string(getVectorBits(cpu))});
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>()) {
      if (function.isExternal())
        continue;
      if (!features.empty())
        function.setTargetFeaturesAttr(LLVM::TargetFeaturesAttr::get(&getContext(), features));
      function.setPassthroughAttr(builder.getArrayAttr({width, builder.getStringAttr("nounwind")}));
      if (SymbolTable::getSymbolVisibility(function) == SymbolTable::Visibility::Private)
        function.setLinkage(LLVM::Linkage::Internal);
    }
  }
};
} // namespace
