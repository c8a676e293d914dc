//===- OutlineSteps.cpp - Each top-level loop nest becomes a step of the program ---------------------------------===//
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/Common/Passes.h"
#include "quant-opt/Lower/Common/StepAttributes.h"
#include "quant-opt/Support/Locations.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_OUTLINESTEPSPASS
#include "quant-opt/Lower/Common/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {
/// What an operation needs from outside: buffers, which become a kernel's arguments, and operations to compute it
/// again.
struct Captures {
  SmallVector<BufferOp> buffers;
  llvm::SetVector<Operation *> ops;
};
} // namespace

/// Collects the values from outside `root` that `op` and the operations in its regions use, in an order that can be
/// cloned.
static LogicalResult collect(Operation *root, Operation *op, Captures &captures) {
  WalkResult result = op->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands()) {
      Operation *def = operand.getDefiningOp();
      if (!def) {
        if (root->isProperAncestor(operand.getParentBlock()->getParentOp()) ||
            operand.getParentBlock()->getParentOp() == root)
          continue;
        root->emitOpError("reads an argument of the function; run --qnn-bind-buffers first");
        return WalkResult::interrupt();
      }
      if (root->isAncestor(def) || op->isAncestor(def) || captures.ops.contains(def))
        continue;
      if (auto buffer = dyn_cast<BufferOp>(def)) {
        if (!llvm::is_contained(captures.buffers, buffer))
          captures.buffers.push_back(buffer);
        continue;
      }
      if (!isPure(def)) {
        InFlightDiagnostic diag = root->emitOpError("reads a value that is not computed from buffers alone");
        diag.attachNote(def->getLoc()) << "the value is made here";
        return WalkResult::interrupt();
      }
      if (failed(collect(root, def, captures)))
        return WalkResult::interrupt();
      captures.ops.insert(def);
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// The trip count if `op` is a loop over one dimension from 0 whose iterations are independent; nothing otherwise.
static std::optional<int64_t> getTripCount(scf::ForallOp op) {
  if (!op || op.getRank() != 1 || op.getNumResults() != 0 || !isZeroInteger(op.getMixedLowerBound()[0]) ||
      !isOneInteger(op.getMixedStep()[0]))
    return std::nullopt;
  return getConstantIntValue(op.getMixedUpperBound()[0]);
}

/// One line on loops that say nothing about themselves: their extents, outermost first, and the types of the buffers.
static std::string describeLoops(Operation *op, ArrayRef<BufferOp> buffers) {
  SmallVector<std::string> extents, types;
  for (Operation *loop = op; loop;) {
    Operation *inner = nullptr;
    if (auto like = dyn_cast<LoopLikeOpInterface>(loop)) {
      std::optional<SmallVector<OpFoldResult>> lows = like.getLoopLowerBounds(), highs = like.getLoopUpperBounds(),
                                               steps = like.getLoopSteps();
      for (auto [low, high, step] : llvm::zip(*lows, *highs, *steps)) {
        std::optional<int64_t> a = getConstantIntValue(low), b = getConstantIntValue(high),
                               c = getConstantIntValue(step);
        extents.push_back(a && b && c ? std::to_string(llvm::divideCeil(std::max<int64_t>(*b - *a, 0), *c)) : "?");
      }
      for (Operation &nested : like.getLoopRegions().front()->front())
        if (!inner && isa<LoopLikeOpInterface>(nested))
          inner = &nested;
    }
    loop = inner;
  }
  for (BufferOp buffer : buffers) {
    std::string type;
    llvm::raw_string_ostream(type) << cast<MemRefType>(buffer.getType()).getElementType();
    if (!llvm::is_contained(types, type))
      types.push_back(type);
  }
  std::string what = extents.empty() ? op->getName().getStringRef().str() : "loops " + llvm::join(extents, " x ");
  return what + " on " + llvm::join(types, ", ");
}

/// Says of each buffer argument what holds in every step that calls the kernel with buffers placed like these.
static void annotateArguments(func::FuncOp kernel, ArrayRef<BufferOp> buffers) {
  Builder builder(kernel.getContext());
  for (unsigned i = 0, e = buffers.size(); i < e; ++i) {
    BufferOp buffer = buffers[i];
    bool alone = llvm::none_of(buffers, [&](BufferOp other) { return other != buffer && buffer.overlaps(other); });
    if (alone)
      kernel.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(), builder.getUnitAttr());
    int64_t bytes = buffer.getByteSize();
    if (bytes > 0)
      kernel.setArgAttr(i, LLVM::LLVMDialect::getDereferenceableAttrName(), builder.getI64IntegerAttr(bytes));
    if (buffer.getKind() == BufferKind::Workspace || buffer.getKind() == BufferKind::Weights)
      if (int64_t position = buffer.getPosition(); position % 64 == 0)
        kernel.setArgAttr(i, LLVM::LLVMDialect::getAlignAttrName(), builder.getI64IntegerAttr(64));
  }
}

static llvm::hash_code hashOf(func::FuncOp kernel) {
  llvm::hash_code hash = llvm::hash_combine(kernel.getFunctionType(), kernel.getArgAttrsAttr());
  kernel.getBody().walk([&](Operation *op) {
    hash = llvm::hash_combine(hash, op->getName(), op->getRawDictionaryAttrs(), op->getNumOperands());
    for (Type type : op->getResultTypes())
      hash = llvm::hash_combine(hash, type);
  });
  return hash;
}

namespace {
struct OutlineSteps : public qnn::impl::OutlineStepsPassBase<OutlineSteps> {
  using OutlineStepsPassBase::OutlineStepsPassBase;

  void runOnOperation() override {
    kernels.clear();
    numKernels = nextStep = 0;
    for (auto program : llvm::make_early_inc_range(getOperation().getOps<ProgramOp>())) {
      auto function = getOperation().lookupSymbol<func::FuncOp>(program.getProgramName());
      if (!function)
        continue;
      if (failed(outline(function, program)))
        return signalPassFailure();
      function.erase();
    }
  }

  LogicalResult outline(func::FuncOp function, ProgramOp program) {
    if (program.getSteps().empty())
      program.getSteps().emplaceBlock();
    for (Operation &op : function.front().without_terminator())
      if (!isPure(&op) && failed(makeStep(&op, function, program)))
        return failure();
    return success();
  }

  LogicalResult makeStep(Operation *op, func::FuncOp function, ProgramOp program) {
    auto plan = dyn_cast_if_present<StringAttr>(op->removeDiscardableAttr(kStepPlanAttr));
    auto macs = dyn_cast_if_present<IntegerAttr>(op->removeDiscardableAttr(kStepMacsAttr));
    auto shared = dyn_cast_if_present<IntegerAttr>(op->removeDiscardableAttr(kStepSharedAttr));
    Captures captures;
    if (failed(collect(op, op, captures)))
      return failure();
    Location loc = op->getLoc();
    OpBuilder builder(function);
    Type index = builder.getIndexType();
    auto frame = LLVM::LLVMPointerType::get(builder.getContext());
    auto step = func::FuncOp::create(builder, loc, prefix + "step_" + std::to_string(nextStep++),
                                     builder.getFunctionType({frame, index, index}, {}));
    Block *entry = step.addEntryBlock();
    builder.setInsertionPointToStart(entry);
    std::optional<int64_t> count = getTripCount(dyn_cast<scf::ForallOp>(op));
    IRMapping mapping;
    SmallVector<Value> operands;
    for (BufferOp buffer : captures.buffers)
      operands.push_back(builder.clone(*buffer, mapping)->getResult(0));
    // What looks at the frame itself cannot be shared.
    if (isa<ObserveBufferOp>(op)) {
      for (Operation *inner : captures.ops)
        builder.clone(*inner, mapping);
      builder.clone(*op, mapping);
    } else {
      func::FuncOp kernel = makeKernel(op, captures, count, function);
      operands.append({entry->getArgument(1), entry->getArgument(2)});
      func::CallOp::create(builder, loc, kernel, operands);
    }
    func::ReturnOp::create(builder, loc);
    if (!plan)
      plan = builder.getStringAttr(describeLoops(op, captures.buffers));
    OpBuilder atEnd = OpBuilder::atBlockEnd(&program.getSteps().front());
    ++numSteps;
    StepOp::create(atEnd, loc, step.getSymName(), count.value_or(1), getNodeName(loc), shared, plan, macs);
    return success();
  }

  /// A function of the buffers, begin and end that does `op`; one made before if it is the same.
  func::FuncOp makeKernel(Operation *op, Captures &captures, std::optional<int64_t> count, func::FuncOp function) {
    OpBuilder builder(function);
    SmallVector<Type> types =
        llvm::map_to_vector(captures.buffers, [](BufferOp buffer) -> Type { return buffer.getType(); });
    types.append(2, builder.getIndexType());
    Location loc = op->getLoc();
    auto kernel = func::FuncOp::create(builder, loc, prefix + "kernel_" + std::to_string(numKernels),
                                       builder.getFunctionType(types, {}));
    kernel.setPrivate();
    annotateArguments(kernel, captures.buffers);
    Block *entry = kernel.addEntryBlock();
    builder.setInsertionPointToStart(entry);
    IRMapping mapping;
    for (auto [buffer, arg] : llvm::zip(captures.buffers, entry->getArguments()))
      mapping.map(buffer.getResult(), arg);
    for (Operation *inner : captures.ops)
      builder.clone(*inner, mapping);
    if (count) {
      auto forall = cast<scf::ForallOp>(op);
      for (NamedAttribute attr : forall->getDiscardableAttrs())
        kernel->setDiscardableAttr(attr.getName(), attr.getValue());
      Value one = arith::ConstantIndexOp::create(builder, loc, 1);
      unsigned n = entry->getNumArguments();
      auto loop = scf::ForOp::create(builder, loc, entry->getArgument(n - 2), entry->getArgument(n - 1), one);
      builder.setInsertionPointToStart(loop.getBody());
      mapping.map(forall.getInductionVar(0), loop.getInductionVar());
      for (Operation &inner : forall.getBody()->without_terminator())
        builder.clone(inner, mapping);
      builder.setInsertionPointAfter(loop);
    } else {
      builder.clone(*op, mapping);
    }
    func::ReturnOp::create(builder, loc);

    SmallVector<func::FuncOp> &candidates = kernels[hashOf(kernel)];
    for (func::FuncOp other : candidates)
      if (other.getFunctionType() == kernel.getFunctionType() && other.getArgAttrsAttr() == kernel.getArgAttrsAttr() &&
          other->getDiscardableAttrDictionary() == kernel->getDiscardableAttrDictionary() &&
          OperationEquivalence::isRegionEquivalentTo(&other.getBody(), &kernel.getBody(),
                                                     OperationEquivalence::IgnoreLocations)) {
        kernel.erase();
        ++numShared;
        return other;
      }
    candidates.push_back(kernel);
    ++numKernels;
    return kernel;
  }

  DenseMap<size_t, SmallVector<func::FuncOp>> kernels;
  unsigned numKernels = 0, nextStep = 0;
};
} // namespace
