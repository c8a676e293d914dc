//===- MakeLaunches.cpp - Steps become launches of kernels that know their place in a grid -----------------------===//
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/Nvptx/Passes.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_MAKELAUNCHESPASS
#include "quant-opt/Lower/Nvptx/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

static constexpr StringLiteral kBlockSize = "qnn.block_size";
/// Where workspace, weights, and the memory that holds inputs and outputs on the device are aligned at least.
static constexpr int64_t kAlignment = 64;

/// The loop over [begin, end) that is all of the kernel; null if it has another form.
static scf::ForOp findLoop(func::FuncOp kernel) {
  unsigned n = kernel.getNumArguments();
  scf::ForOp found;
  for (Operation &op : kernel.front().without_terminator())
    if (auto loop = dyn_cast<scf::ForOp>(op);
        loop && loop.getLowerBound() == kernel.getArgument(n - 2) && loop.getUpperBound() == kernel.getArgument(n - 1))
      found = loop;
    else if (!isPure(&op))
      return nullptr;
  return found;
}

/// The kernel's index takes the place of its loop. Returns the number of threads in a block.
static int64_t rewriteKernel(func::FuncOp kernel, scf::ForOp loop, int64_t defaultBlock) {
  OpBuilder builder(loop);
  Location loc = loop.getLoc();
  Block &entry = kernel.front();
  auto blockSize = kernel->getAttrOfType<IntegerAttr>(kBlockSize);
  int64_t block = blockSize ? blockSize.getInt() : defaultBlock;
  kernel->setAttr(kBlockSize, builder.getI64IntegerAttr(block));
  kernel.setPublic();

  unsigned n = entry.getNumArguments();
  BlockArgument count = entry.addArgument(builder.getI32Type(), loc);
  Value index = gpu::BlockIdOp::create(builder, loc, gpu::Dimension::x);
  Operation *guarded = nullptr;
  if (!blockSize) {
    Value size = arith::ConstantIndexOp::create(builder, loc, block);
    Value thread = gpu::ThreadIdOp::create(builder, loc, gpu::Dimension::x);
    index = arith::AddIOp::create(builder, loc, arith::MulIOp::create(builder, loc, index, size), thread);
    Value limit = arith::IndexCastOp::create(builder, loc, builder.getIndexType(), count);
    Value inside = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, index, limit);
    guarded = scf::IfOp::create(builder, loc, inside, /*withElseRegion=*/false);
  }
  loop.getInductionVar().replaceAllUsesWith(index);
  loop.getBody()->getTerminator()->erase();
  if (guarded) {
    Block &then = guarded->getRegion(0).front();
    then.getOperations().splice(then.begin(), loop.getBody()->getOperations());
  } else {
    entry.getOperations().splice(loop->getIterator(), loop.getBody()->getOperations());
  }
  loop.erase();
  entry.eraseArguments(n - 2, 2);

  SmallVector<Attribute> argAttrs;
  if (ArrayAttr all = kernel.getAllArgAttrs())
    argAttrs.assign(all.begin(), all.begin() + (n - 2));
  argAttrs.resize(n - 2, builder.getDictionaryAttr({}));
  argAttrs.push_back(builder.getDictionaryAttr({}));
  kernel.setFunctionType(builder.getFunctionType(entry.getArgumentTypes(), {}));
  kernel.setAllArgAttrs(argAttrs);
  return block;
}

namespace {
struct MakeLaunches : public qnn::impl::MakeLaunchesPassBase<MakeLaunches> {
  using MakeLaunchesPassBase::MakeLaunchesPassBase;

  void runOnOperation() override {
    blocks.clear();
    aligned.clear();
    SymbolTable symbols(getOperation());
    for (auto program : getOperation().getOps<ProgramOp>())
      for (auto step : llvm::make_early_inc_range(program.getSteps().getOps<StepOp>()))
        if (failed(convert(step, symbols)))
          return signalPassFailure();
    for (auto &[kernel, arguments] : aligned)
      for (unsigned i = 0; i < arguments.size(); ++i)
        if (arguments[i])
          cast<func::FuncOp>(kernel).setArgAttr(i, LLVM::LLVMDialect::getAlignAttrName(),
                                                Builder(&getContext()).getI64IntegerAttr(kAlignment));
  }

  LogicalResult convert(StepOp step, SymbolTable &symbols) {
    auto function = symbols.lookup<func::FuncOp>(step.getFunction());
    func::CallOp call;
    for (Operation &op : function.front()) {
      if (auto found = dyn_cast<func::CallOp>(op))
        call = found;
      else if (!isa<BufferOp, func::ReturnOp>(op))
        return step.emitOpError("of layer '") << step.getLayer() << "' cannot run on a GPU: it holds " << op.getName();
    }
    auto kernel = call ? symbols.lookup<func::FuncOp>(call.getCallee()) : nullptr;
    if (!kernel)
      return step.emitOpError("of layer '") << step.getLayer() << "' cannot run on a GPU: it calls no kernel";
    auto known = blocks.find(kernel);
    bool hasOwnBlocks = known != blocks.end() ? known->second.second : kernel->hasAttr(kBlockSize);
    if (known == blocks.end()) {
      scf::ForOp loop = findLoop(kernel);
      if (!loop)
        return step.emitOpError("of layer '")
               << step.getLayer() << "' cannot run on a GPU: it is no loop on buffers alone";
      known = blocks.insert({kernel, {rewriteKernel(kernel, loop, blockSize), hasOwnBlocks}}).first;
    }
    int64_t block = known->second.first, count = step.getCount();
    SmallVector<int32_t> kinds;
    SmallVector<int64_t> positions;
    SmallVector<bool> &alignment = aligned[kernel];
    alignment.resize(call.getNumOperands() - 2, true);
    for (auto [i, operand] : llvm::enumerate(call.getOperands().drop_back(2))) {
      auto buffer = operand.getDefiningOp<BufferOp>();
      if (!buffer)
        return step.emitOpError("of layer '")
               << step.getLayer() << "' cannot run on a GPU: it is no loop on buffers alone";
      kinds.push_back(static_cast<int32_t>(buffer.getKind()));
      positions.push_back(buffer.getPosition());
      bool isOwn = buffer.getKind() == BufferKind::Input || buffer.getKind() == BufferKind::Output;
      alignment[i] = alignment[i] && (isOwn || buffer.getPosition() % kAlignment == 0);
    }
    OpBuilder builder(step);
    LaunchOp::create(builder, step.getLoc(), kernel.getSymName(), hasOwnBlocks ? count : llvm::divideCeil(count, block),
                     block, kinds, positions, count, step.getLayer());
    step.erase();
    function.erase();
    return success();
  }

  /// Of each kernel that was rewritten, its threads in a block, and whether its iterations are blocks.
  llvm::MapVector<Operation *, std::pair<int64_t, bool>> blocks;
  /// Of each kernel, which arguments are aligned in every launch.
  llvm::MapVector<Operation *, SmallVector<bool>> aligned;
};
} // namespace
