//===- ConvertToNvvm.cpp - Kernels become LLVM and NVVM dialect for one NVIDIA GPU -------------------------------===//
#include "KernelConversion.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/Nvptx/Passes.h"
#include "quant-opt/Support/GpuChip.h"

#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/NVGPUToNVVM/NVGPUToNVVM.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Transforms/DialectConversion.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_CONVERTTONVVMPASS
#include "quant-opt/Lower/Nvptx/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// Address space of shared memory.
static constexpr unsigned kShared = 3;

namespace {
template <typename Op, typename Register> struct LowerPosition : public ConvertOpToLLVMPattern<Op> {
  using ConvertOpToLLVMPattern<Op>::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(Op op, typename Op::Adaptor, ConversionPatternRewriter &rewriter) const override {
    if (op.getDimension() != gpu::Dimension::x)
      return rewriter.notifyMatchFailure(op, "expected dimension x");
    rewriter.replaceOpWithNewOp<Register>(op, rewriter.getI32Type());
    return success();
  }
};

struct LowerBarrier : public ConvertOpToLLVMPattern<gpu::BarrierOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(gpu::BarrierOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<NVVM::Barrier0Op>(op);
    return success();
  }
};

/// Of whole warps only, by exclusive or of lanes.
struct LowerShuffle : public ConvertOpToLLVMPattern<gpu::ShuffleOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(gpu::ShuffleOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    if (op.getMode() != gpu::ShuffleMode::XOR || !op.getValue().getType().isInteger(32))
      return rewriter.notifyMatchFailure(op, "expected an exchange of i32 by exclusive or");
    Location loc = op.getLoc();
    auto constant = [&](int32_t value) -> Value {
      return LLVM::ConstantOp::create(rewriter, loc, rewriter.getI32IntegerAttr(value));
    };
    Value result = NVVM::ShflOp::create(rewriter, loc, rewriter.getI32Type(), constant(-1), adaptor.getValue(),
                                        adaptor.getOffset(), constant(31), NVVM::ShflKind::bfly, UnitAttr());
    rewriter.replaceOp(op, {result, LLVM::ConstantOp::create(rewriter, loc, rewriter.getBoolAttr(true))});
    return success();
  }
};

struct LowerDot4 : public ConvertOpToLLVMPattern<Dot4Op> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(Dot4Op op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const override {
    auto type = cast<VectorType>(op.getType());
    if (type.getNumElements() != 1)
      return rewriter.notifyMatchFailure(op, "expected four bytes");
    Location loc = op.getLoc();
    Value zero = LLVM::ConstantOp::create(rewriter, loc, rewriter.getI32IntegerAttr(0));
    Value acc = LLVM::ExtractElementOp::create(rewriter, loc, adaptor.getAcc(), zero);
    auto kind = op.getLhsUnsigned() ? NVVM::DotAccumulateType::UNSIGNED : NVVM::DotAccumulateType::SIGNED;
    Value sum = NVVM::DotAccumulate4WayOp::create(rewriter, loc, rewriter.getI32Type(), adaptor.getLhs(), kind,
                                                  adaptor.getRhs(), NVVM::DotAccumulateType::SIGNED, acc);
    Value poison = LLVM::PoisonOp::create(rewriter, loc, type);
    rewriter.replaceOpWithNewOp<LLVM::InsertElementOp>(op, poison, sum, zero);
    return success();
  }
};

/// Shared memory is a global of its own, which the linker places.
struct LowerShared : public ConvertOpToLLVMPattern<memref::AllocaOp> {
  LowerShared(const LLVMTypeConverter &converter, unsigned &count)
      : ConvertOpToLLVMPattern(converter, /*benefit=*/2), count(count) {}

  LogicalResult matchAndRewrite(memref::AllocaOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    MemRefType type = op.getType();
    if (!isWorkgroup(type) || !type.hasStaticShape())
      return rewriter.notifyMatchFailure(op, "expected shared memory");
    Location loc = op.getLoc();
    auto module = op->getParentOfType<ModuleOp>();
    Type array =
        LLVM::LLVMArrayType::get(getTypeConverter()->convertType(type.getElementType()), type.getNumElements());
    LLVM::GlobalOp global;
    {
      OpBuilder::InsertionGuard guard(rewriter);
      rewriter.setInsertionPointToStart(module.getBody());
      global = LLVM::GlobalOp::create(rewriter, loc, array, /*isConstant=*/false, LLVM::Linkage::Internal,
                                      "shared_" + std::to_string(count++), Attribute(), /*alignment=*/16, kShared);
    }
    auto pointer = LLVM::LLVMPointerType::get(rewriter.getContext(), kShared);
    Value address = LLVM::AddressOfOp::create(rewriter, loc, pointer, global.getSymName());
    rewriter.replaceOp(
        op, static_cast<Value>(MemRefDescriptor::fromStaticShape(rewriter, loc, *getTypeConverter(), type, address)));
    return success();
  }

  unsigned &count;
};

struct ConvertToNvvm : public qnn::impl::ConvertToNvvmPassBase<ConvertToNvvm> {
  using ConvertToNvvmPassBase::ConvertToNvvmPassBase;

  void runOnOperation() override {
    std::optional<GpuChip> target = parseGpuChip(chip);
    if (!target) {
      getOperation().emitError("unknown GPU '") << chip << "'; expected one of " << listGpuChips();
      return signalPassFailure();
    }
    if (failed(checkKernels(getOperation())) || failed(simplifyKernels(getOperation())) || failed(convert()))
      return signalPassFailure();
    annotateFunctions(*target);
  }

  LogicalResult convert() {
    MLIRContext *context = &getContext();
    LLVMTypeConverter converter(context, getKernelOptions(context));
    RewritePatternSet patterns(context);
    unsigned numShared = 0;
    populateKernelPatterns(converter, patterns, kShared);
    populateNVGPUToNVVMConversionPatterns(converter, patterns);
    converter.addConversion([&](nvgpu::DeviceAsyncTokenType) { return IntegerType::get(context, 32); });
    patterns.add<LowerPosition<gpu::ThreadIdOp, NVVM::ThreadIdXOp>, LowerPosition<gpu::BlockIdOp, NVVM::BlockIdXOp>,
                 LowerBarrier, LowerShuffle, LowerDot4>(converter);
    patterns.add<LowerShared>(converter, numShared);
    LLVMConversionTarget target(*context);
    target.addLegalDialect<NVVM::NVVMDialect>();
    target.addLegalOp<ModuleOp, ProgramOp, LaunchOp>();
    return applyFullConversion(getOperation(), target, std::move(patterns));
  }

  void annotateFunctions(GpuChip target) {
    Builder builder(&getContext());
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>()) {
      if (function.isExternal())
        continue;
      int32_t block = 0;
      if (auto size = dyn_cast_or_null<IntegerAttr>(function->removeDiscardableAttr(kBlockSizeAttr)))
        block = size.getInt();
      function->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(), builder.getUnitAttr());
      if (block)
        function->setAttr(NVVM::NVVMDialect::getMaxntidAttrName(), builder.getDenseI32ArrayAttr({block}));
      function.setTargetFeaturesAttr(LLVM::TargetFeaturesAttr::get(&getContext(), target.getFeatures()));
    }
  }
};
} // namespace
