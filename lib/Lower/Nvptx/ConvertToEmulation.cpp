//===- ConvertToEmulation.cpp - A GPU's kernels become LLVM dialect for the CPU, one thread a call ---------------===//
#include "KernelConversion.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/Nvptx/Passes.h"

#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Transforms/DialectConversion.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_CONVERTTOEMULATIONPASS
#include "quant-opt/Lower/Nvptx/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// The fields of `quant_opt_thread`, by the bytes at which they lie.
enum ThreadField {
  kThread = 0,
  kBlock = 4,
  kSharedMemory = 8,
  kBarrier = 16,
  kExchange = 24,
  kCopy = 32,
  kCommit = 40,
  kWait = 48,
  kMultiply = 56
};

/// The kernel's last argument, whatever the function has been converted to.
static Value getThread(Operation *op) {
  auto function = op->getParentOfType<FunctionOpInterface>();
  return function.getArgument(function.getNumArguments() - 1);
}

static Value loadField(OpBuilder &builder, Operation *op, ThreadField field, Type type) {
  Location loc = op->getLoc();
  Value thread = getThread(op);
  Value address = LLVM::GEPOp::create(builder, loc, thread.getType(), builder.getI8Type(), thread,
                                      ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(field)});
  auto load = LLVM::LoadOp::create(builder, loc, type, address);
  // A thread stays where it is.
  load.setInvariant(true);
  return load;
}

static Type getPointer(OpBuilder &builder) { return LLVM::LLVMPointerType::get(builder.getContext()); }

/// Calls a function of the thread's with the thread and `arguments`.
static Value callThread(OpBuilder &builder, Operation *op, ThreadField field, Type result, ValueRange arguments) {
  SmallVector<Value> operands{loadField(builder, op, field, getPointer(builder)), getThread(op)};
  SmallVector<Type> types{getPointer(builder)};
  llvm::append_range(operands, arguments);
  llvm::append_range(types, arguments.getTypes());
  auto call = LLVM::CallOp::create(builder, op->getLoc(), LLVM::LLVMFunctionType::get(result, types), operands);
  return call.getNumResults() ? call.getResult() : Value();
}

static Type getVoid(OpBuilder &builder) { return LLVM::LLVMVoidType::get(builder.getContext()); }

namespace {
template <typename Op, ThreadField field> struct LowerPosition : public ConvertOpToLLVMPattern<Op> {
  using ConvertOpToLLVMPattern<Op>::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(Op op, typename Op::Adaptor, ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, loadField(rewriter, op, field, rewriter.getI32Type()));
    return success();
  }
};

struct LowerBarrier : public ConvertOpToLLVMPattern<gpu::BarrierOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(gpu::BarrierOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    callThread(rewriter, op, kBarrier, getVoid(rewriter), {});
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerShuffle : public ConvertOpToLLVMPattern<gpu::ShuffleOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(gpu::ShuffleOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Type i32 = rewriter.getI32Type();
    if (op.getMode() != gpu::ShuffleMode::XOR || op.getValue().getType() != i32)
      return rewriter.notifyMatchFailure(op, "expected an exchange of i32 by exclusive or");
    Value result = callThread(rewriter, op, kExchange, i32, {adaptor.getValue(), adaptor.getOffset()});
    rewriter.replaceOp(op, {result, LLVM::ConstantOp::create(rewriter, op.getLoc(), rewriter.getBoolAttr(true))});
    return success();
  }
};

/// The scalar model of the dot product: four products, each of two extended bytes, added in i32.
struct LowerDot4 : public ConvertOpToLLVMPattern<Dot4Op> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(Dot4Op op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const override {
    auto type = cast<VectorType>(op.getType());
    if (type.getNumElements() != 1)
      return rewriter.notifyMatchFailure(op, "expected four bytes");
    Location loc = op.getLoc();
    Type i32 = rewriter.getI32Type();
    auto constant = [&](int32_t value) -> Value {
      return LLVM::ConstantOp::create(rewriter, loc, rewriter.getI32IntegerAttr(value));
    };
    Value sum = LLVM::ExtractElementOp::create(rewriter, loc, adaptor.getAcc(), constant(0));
    for (int32_t i = 0; i < 4; ++i) {
      Value x = LLVM::ExtractElementOp::create(rewriter, loc, adaptor.getLhs(), constant(i));
      Value y = LLVM::ExtractElementOp::create(rewriter, loc, adaptor.getRhs(), constant(i));
      x = op.getLhsUnsigned() ? LLVM::ZExtOp::create(rewriter, loc, i32, x).getResult()
                              : LLVM::SExtOp::create(rewriter, loc, i32, x).getResult();
      y = LLVM::SExtOp::create(rewriter, loc, i32, y);
      sum = LLVM::AddOp::create(rewriter, loc, sum, LLVM::MulOp::create(rewriter, loc, x, y));
    }
    Value poison = LLVM::PoisonOp::create(rewriter, loc, type);
    rewriter.replaceOpWithNewOp<LLVM::InsertElementOp>(op, poison, sum, constant(0));
    return success();
  }
};

/// Shared memory is a range of the block's, one after the other.
struct LowerShared : public ConvertOpToLLVMPattern<memref::AllocaOp> {
  LowerShared(const LLVMTypeConverter &converter, DenseMap<Operation *, int64_t> &offsets)
      : ConvertOpToLLVMPattern(converter, /*benefit=*/2), offsets(offsets) {}

  LogicalResult matchAndRewrite(memref::AllocaOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    if (!isWorkgroup(op.getType()))
      return rewriter.notifyMatchFailure(op, "expected shared memory");
    Location loc = op.getLoc();
    Value base = loadField(rewriter, op, kSharedMemory, getPointer(rewriter));
    Value address = LLVM::GEPOp::create(rewriter, loc, base.getType(), rewriter.getI8Type(), base,
                                        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(offsets.lookup(op))});
    rewriter.replaceOp(op, static_cast<Value>(MemRefDescriptor::fromStaticShape(rewriter, loc, *getTypeConverter(),
                                                                                op.getType(), address)));
    return success();
  }

  DenseMap<Operation *, int64_t> &offsets;
};

/// Copies no earlier than the wait; what is beyond the source's elements becomes zero.
struct LowerAsyncCopy : public ConvertOpToLLVMPattern<nvgpu::DeviceAsyncCopyOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(nvgpu::DeviceAsyncCopyOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    auto srcType = cast<MemRefType>(op.getSrc().getType()), dstType = cast<MemRefType>(op.getDst().getType());
    Value src = getStridedElementPtr(rewriter, loc, srcType, adaptor.getSrc(), adaptor.getSrcIndices());
    Value dst = getStridedElementPtr(rewriter, loc, dstType, adaptor.getDst(), adaptor.getDstIndices());
    int32_t elementBytes = srcType.getElementTypeBitWidth() / 8;
    auto constant = [&](int64_t value) -> Value {
      return LLVM::ConstantOp::create(rewriter, loc, rewriter.getI32IntegerAttr(value));
    };
    Value size = constant(op.getDstElements().getZExtValue() * elementBytes), read = size;
    if (Value elements = adaptor.getSrcElements())
      read = LLVM::MulOp::create(rewriter, loc, elements, constant(elementBytes));
    callThread(rewriter, op, kCopy, getVoid(rewriter), {dst, src, size, read});
    rewriter.replaceOp(op, constant(0));
    return success();
  }
};

struct LowerAsyncGroup : public ConvertOpToLLVMPattern<nvgpu::DeviceAsyncCreateGroupOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(nvgpu::DeviceAsyncCreateGroupOp op, OpAdaptor,
                                ConversionPatternRewriter &rewriter) const override {
    callThread(rewriter, op, kCommit, getVoid(rewriter), {});
    rewriter.replaceOp(op, LLVM::ConstantOp::create(rewriter, op.getLoc(), rewriter.getI32IntegerAttr(0)));
    return success();
  }
};

struct LowerAsyncWait : public ConvertOpToLLVMPattern<nvgpu::DeviceAsyncWaitOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(nvgpu::DeviceAsyncWaitOp op, OpAdaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Value pending =
        LLVM::ConstantOp::create(rewriter, op.getLoc(), rewriter.getI32IntegerAttr(op.getNumGroups().value_or(0)));
    callThread(rewriter, op, kWait, getVoid(rewriter), {pending});
    rewriter.eraseOp(op);
    return success();
  }
};

/// The warp's product, in place on ten words of the thread's own: four of the left side, two of the right, four sums.
struct LowerMma : public ConvertOpToLLVMPattern<NVVM::MmaOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(NVVM::MmaOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const override {
    NVVM::MMAShapeAttr shape = op.getShape();
    if (shape.getM() != 16 || shape.getN() != 8 || shape.getK() != 32 ||
        op.getMultiplicandAPtxType() != NVVM::MMATypes::u8 || op.getMultiplicandBPtxType() != NVVM::MMATypes::s8 ||
        op.getIntOverflowBehavior() != NVVM::MMAIntOverflow::wrapped)
      return rewriter.notifyMatchFailure(op, "expected u8 times s8 in the shape m16n8k32, wrapping");
    Location loc = op.getLoc();
    Type i32 = rewriter.getI32Type(), pointer = getPointer(rewriter);
    SmallVector<Value> words;
    llvm::append_range(words, adaptor.getOperandA());
    llvm::append_range(words, adaptor.getOperandB());
    llvm::append_range(words, adaptor.getOperandC());
    Value memory;
    {
      // Once for the thread, not for each turn of a loop.
      OpBuilder::InsertionGuard guard(rewriter);
      rewriter.setInsertionPointToStart(&op->getParentOfType<FunctionOpInterface>().getFunctionBody().front());
      Value size = LLVM::ConstantOp::create(rewriter, loc, rewriter.getI32IntegerAttr(words.size()));
      memory = LLVM::AllocaOp::create(rewriter, loc, pointer, i32, size, /*alignment=*/16);
    }
    auto at = [&](int32_t i) -> Value {
      return LLVM::GEPOp::create(rewriter, loc, pointer, i32, memory, ArrayRef<LLVM::GEPArg>{i});
    };
    for (auto [i, word] : llvm::enumerate(words))
      LLVM::StoreOp::create(rewriter, loc, word, at(i));
    callThread(rewriter, op, kMultiply, getVoid(rewriter), {memory});
    Value result = LLVM::PoisonOp::create(rewriter, loc, op.getType());
    for (int64_t i = 0; i < 4; ++i)
      result =
          LLVM::InsertValueOp::create(rewriter, loc, result, LLVM::LoadOp::create(rewriter, loc, i32, at(6 + i)), i);
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct ConvertToEmulation : public qnn::impl::ConvertToEmulationPassBase<ConvertToEmulation> {
  using ConvertToEmulationPassBase::ConvertToEmulationPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(checkKernels(module)) || failed(simplifyKernels(module)))
      return signalPassFailure();
    DenseMap<Operation *, int64_t> offsets;
    for (auto kernel : module.getOps<func::FuncOp>()) {
      kernel->removeAttr(kBlockSizeAttr);
      (void)kernel.insertArgument(kernel.getNumArguments(), LLVM::LLVMPointerType::get(&getContext()), {},
                                  kernel.getLoc());
      int64_t offset = 0;
      kernel.walk([&](memref::AllocaOp shared) {
        if (!isWorkgroup(shared.getType()))
          return;
        offsets[shared] = offset;
        offset += llvm::alignTo(BufferOp::getBytesOf(shared.getType()), 16);
      });
    }
    if (failed(convert(offsets)))
      return signalPassFailure();
    for (auto kernel : llvm::make_early_inc_range(module.getOps<LLVM::LLVMFuncOp>()))
      if (!kernel.isExternal())
        addEntry(kernel);
  }

  LogicalResult convert(DenseMap<Operation *, int64_t> &offsets) {
    MLIRContext *context = &getContext();
    LLVMTypeConverter converter(context, getKernelOptions(context));
    RewritePatternSet patterns(context);
    populateKernelPatterns(converter, patterns, /*workgroupSpace=*/0);
    converter.addConversion([&](nvgpu::DeviceAsyncTokenType) { return IntegerType::get(context, 32); });
    patterns.add<LowerPosition<gpu::ThreadIdOp, kThread>, LowerPosition<gpu::BlockIdOp, kBlock>, LowerBarrier,
                 LowerShuffle, LowerDot4, LowerAsyncCopy, LowerAsyncGroup, LowerAsyncWait, LowerMma>(converter);
    patterns.add<LowerShared>(converter, offsets);
    LLVMConversionTarget target(*context);
    target.addLegalOp<ModuleOp, ProgramOp, LaunchOp>();
    return applyFullConversion(getOperation(), target, std::move(patterns));
  }

  /// A function with the kernel's name that reads its arguments as a launch gives them.
  void addEntry(LLVM::LLVMFuncOp kernel) {
    std::string name = kernel.getSymName().str();
    kernel.setSymName(name + "_body");
    kernel.setLinkage(LLVM::Linkage::Internal);
    OpBuilder builder(kernel);
    Location loc = kernel.getLoc();
    Type pointer = getPointer(builder);
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()), {pointer, pointer});
    auto entry = LLVM::LLVMFuncOp::create(builder, loc, name, type);
    Block *block = entry.addEntryBlock(builder);
    builder.setInsertionPointToStart(block);
    SmallVector<Value> arguments;
    ArrayRef<Type> types = kernel.getArgumentTypes();
    for (auto [i, argument] : llvm::enumerate(types.drop_back())) {
      Value slot = LLVM::GEPOp::create(builder, loc, pointer, pointer, block->getArgument(0),
                                       ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i)});
      Value address = LLVM::LoadOp::create(builder, loc, pointer, slot);
      arguments.push_back(LLVM::LoadOp::create(builder, loc, argument, address));
    }
    arguments.push_back(block->getArgument(1));
    LLVM::CallOp::create(builder, loc, kernel, arguments);
    LLVM::ReturnOp::create(builder, loc, ValueRange{});
  }
};
} // namespace
