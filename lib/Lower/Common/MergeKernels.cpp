//===- MergeKernels.cpp - One kernel for steps that differ in nothing but numbers ---------------------------------===//
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/Common/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/MapVector.h"
#include <map>

namespace mlir::qnn {
#define GEN_PASS_DEF_MERGEKERNELSPASS
#include "quant-opt/Lower/Common/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// The number that a scalar constant or every element of a vector constant is; none if there is no such.
static TypedAttr getNumber(Attribute constant) {
  if (auto dense = dyn_cast<DenseElementsAttr>(constant))
    return dense.isSplat() ? dyn_cast<TypedAttr>(dense.getSplatValue<Attribute>()) : TypedAttr();
  return dyn_cast<TypedAttr>(constant);
}

/// Whether code for the constant is as good with any other number in its place, or with one that it learns only when
/// it runs.
static bool isReplaceable(OpOperand &use, Attribute constant) {
  Operation *op = use.getOwner();
  Type type = getElementTypeOrSelf(use.get().getType());
  if (!getNumber(constant) || !(type.isF32() || type.isInteger(8) || type.isInteger(16) || type.isInteger(32)))
    return false;
  // Sums and bounds; products of floats. What divides or shifts by a number, or multiplies integers, is better off if
  // it knows the number, and intrinsics may not do without.
  if (isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::AddIOp, arith::SubIOp, arith::CmpFOp, arith::CmpIOp,
          arith::SelectOp, arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp, arith::MinNumFOp, arith::MaxSIOp,
          arith::MinSIOp, arith::MaxUIOp, arith::MinUIOp, LLVM::FMAOp, LLVM::SAddSat, math::FmaOp, vector::FMAOp,
          vector::BroadcastOp>(op))
    return true;
  if (auto store = dyn_cast<memref::StoreOp>(op))
    return use.get() == store.getValueToStore();
  if (auto store = dyn_cast<vector::StoreOp>(op))
    return use.get() == store.getValueToStore();
  return false;
}

namespace {
/// A kernel as what all of its like share, and the numbers that are its own.
struct Reading {
  func::FuncOp kernel;
  /// Addresses of uniqued things and small numbers, in the order of the code.
  std::vector<const void *> form;
  SmallVector<OpOperand *> uses;
  SmallVector<TypedAttr> numbers;
};

class Reader {
public:
  /// Nothing if the kernel holds what has no place in a form.
  static std::optional<Reading> read(func::FuncOp kernel) {
    Reader reader;
    reader.reading.kernel = kernel;
    reader.append(kernel.getFunctionType());
    reader.append(kernel.getArgAttrsAttr());
    reader.append(kernel->getDiscardableAttrDictionary());
    if (failed(reader.read(kernel.getBody())))
      return std::nullopt;
    return std::move(reader.reading);
  }

private:
  void append(Attribute attr) { reading.form.push_back(attr.getAsOpaquePointer()); }
  void append(Type type) { reading.form.push_back(type.getAsOpaquePointer()); }
  void append(size_t number) { reading.form.push_back(reinterpret_cast<const void *>(number)); }
  void number(Value value) {
    numbers.try_emplace(value, numbers.size());
    append(value.getType());
  }

  LogicalResult read(Region &region);
  LogicalResult read(Operation &op);

  Reading reading;
  DenseMap<Value, size_t> numbers;
};
} // namespace

LogicalResult Reader::read(Region &region) {
  if (region.getBlocks().size() > 1)
    return failure();
  append(region.getBlocks().size());
  for (Block &block : region) {
    append(block.getNumArguments());
    for (Value argument : block.getArguments())
      number(argument);
    for (Operation &op : block)
      // Constants are read where they are used: one may serve two uses here and only one there.
      if (!op.hasTrait<OpTrait::ConstantLike>() && failed(read(op)))
        return failure();
  }
  append(size_t(0));
  return success();
}

LogicalResult Reader::read(Operation &op) {
  reading.form.push_back(op.getName().getAsOpaquePointer());
  append(op.getAttrDictionary());
  append(op.getNumOperands());
  for (OpOperand &use : op.getOpOperands()) {
    Attribute constant;
    if (!matchPattern(use.get(), m_Constant(&constant))) {
      append(numbers.lookup(use.get()));
      continue;
    }
    append(use.get().getType());
    if (!isReplaceable(use, constant)) {
      append(constant);
      continue;
    }
    reading.uses.push_back(&use);
    reading.numbers.push_back(getNumber(constant));
  }
  append(op.getNumResults());
  for (Value result : op.getResults())
    number(result);
  append(op.getNumRegions());
  for (Region &region : op.getRegions())
    if (failed(read(region)))
      return failure();
  return success();
}

namespace {
struct MergeKernels : public qnn::impl::MergeKernelsPassBase<MergeKernels> {
  using MergeKernelsPassBase::MergeKernelsPassBase;

  void runOnOperation() override {
    DenseMap<StringAttr, SmallVector<func::CallOp>> calls;
    getOperation().walk([&](func::CallOp call) { calls[call.getCalleeAttr().getAttr()].push_back(call); });
    // In the order of the first of each, whatever the forms' addresses are.
    llvm::MapVector<std::vector<const void *>, SmallVector<Reading>, std::map<std::vector<const void *>, unsigned>>
        groups;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function.isPrivate() || function.isExternal())
        continue;
      // What is dead differs in nothing that matters.
      function.walk<WalkOrder::PostOrder, ReverseIterator>([](Operation *op) {
        if (isOpTriviallyDead(op))
          op->erase();
      });
      if (std::optional<Reading> reading = Reader::read(function)) {
        std::vector<const void *> form = std::move(reading->form);
        groups[form].push_back(std::move(*reading));
      }
    }
    size_t numKernels = 0;
    for (auto &[form, group] : groups) {
      numKernels += group.size();
      if (group.size() > 1)
        merge(group, calls);
    }
    remark::passed(getOperation().getLoc(), remark::RemarkOpts::name("MergeKernels").category("qnn"))
        << remark::add("{0} kernels do the work of {1}", groups.size(), numKernels);
  }

  /// Makes the first kernel that of all, and lets their steps call it with their numbers.
  void merge(MutableArrayRef<Reading> group, DenseMap<StringAttr, SmallVector<func::CallOp>> &calls) {
    Reading &first = group.front();
    func::FuncOp kernel = first.kernel;
    const Location loc = kernel.getLoc();
    OpBuilder atEntry = OpBuilder::atBlockBegin(&kernel.front());
    // What is equal in each kernel takes one argument; what is equal in all, none.
    std::map<std::vector<const void *>, Value> arguments;
    DenseMap<std::pair<Value, Type>, Value> broadcasts;
    SmallVector<size_t> columns;
    for (auto [i, use] : llvm::enumerate(first.uses)) {
      std::vector<const void *> column;
      for (const Reading &each : group)
        column.push_back(each.numbers[i].getAsOpaquePointer());
      if (llvm::all_equal(column))
        continue;
      Value &argument = arguments[column];
      if (!argument) {
        const unsigned position = kernel.getNumArguments();
        (void)kernel.insertArgument(position, first.numbers[i].getType(), {}, loc);
        argument = kernel.getArgument(position);
        columns.push_back(i);
      }
      Type type = use->get().getType();
      Value value = argument;
      if (isa<VectorType>(type)) {
        Value &broadcast = broadcasts[{argument, type}];
        if (!broadcast)
          broadcast = vector::BroadcastOp::create(atEntry, loc, type, argument);
        value = broadcast;
      }
      use->set(value);
    }
    numArguments += columns.size();
    for (Reading &each : group)
      for (func::CallOp call : calls[each.kernel.getSymNameAttr()]) {
        OpBuilder builder(call);
        SmallVector<Value> operands = llvm::to_vector(call.getOperands());
        for (size_t column : columns)
          operands.push_back(arith::ConstantOp::create(builder, call.getLoc(), each.numbers[column]));
        func::CallOp::create(builder, call.getLoc(), kernel, operands);
        call.erase();
      }
    for (Reading &each : group.drop_front()) {
      each.kernel->erase();
      ++numMerged;
    }
  }
};
} // namespace
