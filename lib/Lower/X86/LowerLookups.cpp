//===- LowerLookups.cpp - qnn.lookup becomes byte permutes, shuffles or loads of one CPU path --------------------===//
#include "TargetPath.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/X86/Passes.h"
#include "quant-opt/Support/CpuPath.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_LOWERLOOKUPSPASS
#include "quant-opt/Lower/X86/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

/// Bytes that a shuffle within 128 bits can choose from, and that a permute of two registers can.
static constexpr int64_t kShuffled = 16, kPermuted = 128;

namespace {
/// Builds the replacement of one qnn.lookup.
class LookupLowering {
public:
  LookupLowering(OpBuilder &builder, LookupOp op, CpuPath path)
      : b(builder), loc(op.getLoc()), op(op), path(path),
        table(cast<DenseElementsAttr>(op.getTable()).getValues<int8_t>().begin(),
              cast<DenseElementsAttr>(op.getTable()).getValues<int8_t>().end()) {}

  Value lower() {
    auto type = dyn_cast<VectorType>(op.getType());
    if (!type)
      return load(op.getInput());
    int64_t count = type.getNumElements(), registerBytes = getVectorBits(path) / 8;
    if (count > registerBytes || registerBytes == kShuffled)
      return loadEach(type);
    if (hasBytePermutes(path))
      return narrow(permute(widen(64)), count);
    int64_t size = count <= 16 ? 16 : count <= 32 ? 32 : 64;
    return narrow(shuffle(widen(size)), count);
  }

private:
  Value constant(ArrayRef<int8_t> bytes) {
    auto type = VectorType::get(bytes.size(), b.getI8Type());
    return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, bytes));
  }
  Value splat(Type type, int8_t byte) {
    return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(cast<ShapedType>(type), byte));
  }
  Value call(StringRef name, Type type, ValueRange operands) {
    return LLVM::CallIntrinsicOp::create(b, loc, type, b.getStringAttr(name), operands).getResult(0);
  }
  /// The operand in a vector of `size` bytes, the first ones it.
  Value widen(int64_t size) {
    Value input = op.getInput();
    int64_t count = cast<VectorType>(input.getType()).getNumElements();
    if (count == size)
      return input;
    SmallVector<int64_t> order(size, vector::ShuffleOp::kPoisonIndex);
    std::iota(order.begin(), order.begin() + count, 0);
    return vector::ShuffleOp::create(b, loc, input, input, order);
  }
  Value narrow(Value value, int64_t count) {
    if (cast<VectorType>(value.getType()).getNumElements() == count)
      return value;
    SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, count));
    return vector::ShuffleOp::create(b, loc, value, value, order);
  }

  /// Each half of the table lies in two registers.
  Value permute(Value x) {
    Value halves[2];
    for (int64_t half = 0; half < 2; ++half) {
      ArrayRef<int8_t> bytes = ArrayRef(table).slice(half * kPermuted, kPermuted);
      halves[half] = call("llvm.x86.avx512.vpermi2var.qi.512", x.getType(),
                          {constant(bytes.take_front(64)), x, constant(bytes.drop_front(64))});
    }
    Value isUpper = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, x, splat(x.getType(), 0));
    return arith::SelectOp::create(b, loc, isUpper, halves[1], halves[0]);
  }

  /// A shuffle chooses by the low four bits and gives zero where the top bit is set. So, of what x - 16 i chooses from
  /// the differences of neighbouring sixteens, the sum (of bits) over all i that leave it positive is the entry of x;
  /// the rest of the table is the same for x - 128. Saturation keeps negative what became so.
  Value shuffle(Value x) {
    int64_t size = cast<VectorType>(x.getType()).getNumElements();
    StringRef shuffleName = size == 16   ? "llvm.x86.ssse3.pshuf.b.128"
                            : size == 32 ? "llvm.x86.avx2.pshuf.b"
                                         : "llvm.x86.avx512.pshuf.b.512";
    Value sixteen = splat(x.getType(), 16), sum;
    for (int64_t half = 0; half < 2; ++half) {
      Value at = half ? arith::XOrIOp::create(b, loc, x, splat(x.getType(), -128)).getResult() : x;
      for (int64_t i = 0; i < kPermuted; i += kShuffled) {
        SmallVector<int8_t> bytes;
        for (int64_t lane = 0; lane < size; ++lane) {
          int64_t entry = half * kPermuted + i + lane % kShuffled;
          bytes.push_back(i ? table[entry] ^ table[entry - kShuffled] : table[entry]);
        }
        if (i)
          at = LLVM::SSubSat::create(b, loc, at.getType(), at, sixteen);
        Value chosen = call(shuffleName, x.getType(), {constant(bytes), at});
        sum = sum ? arith::XOrIOp::create(b, loc, sum, chosen).getResult() : chosen;
      }
    }
    return sum;
  }

  Value loadEach(VectorType type) {
    Value result = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
    for (int64_t i = 0; i < type.getNumElements(); ++i) {
      Value byte = vector::ExtractOp::create(b, loc, op.getInput(), ArrayRef<int64_t>{i});
      result = vector::InsertOp::create(b, loc, load(byte), result, ArrayRef<int64_t>{i});
    }
    return result;
  }

  Value load(Value byte) {
    auto pointer = LLVM::LLVMPointerType::get(b.getContext());
    Value base = LLVM::AddressOfOp::create(b, loc, pointer, getGlobal().getSymName());
    Value offset = arith::ExtUIOp::create(b, loc, b.getI64Type(), byte);
    Value address =
        LLVM::GEPOp::create(b, loc, pointer, b.getI8Type(), base, ValueRange{offset}, LLVM::GEPNoWrapFlags::inbounds);
    return LLVM::LoadOp::create(b, loc, b.getI8Type(), address);
  }

  /// The table in memory, once for all lookups in it.
  LLVM::GlobalOp getGlobal() {
    Operation *symbols = SymbolTable::getNearestSymbolTable(op);
    Block &body = symbols->getRegion(0).front();
    int64_t number = 0;
    for (auto global : body.getOps<LLVM::GlobalOp>()) {
      number += global.getSymName().starts_with("qnn_table_");
      if (global.getValueAttr() == op.getTable())
        return global;
    }
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&body);
    auto type = LLVM::LLVMArrayType::get(b.getI8Type(), table.size());
    return LLVM::GlobalOp::create(b, loc, type, /*isConstant=*/true, LLVM::Linkage::Internal,
                                  "qnn_table_" + std::to_string(number), op.getTable(), /*alignment=*/64);
  }

  OpBuilder &b;
  Location loc;
  LookupOp op;
  CpuPath path;
  SmallVector<int8_t> table;
};

struct LowerLookups : public qnn::impl::LowerLookupsPassBase<LowerLookups> {
  using LowerLookupsPassBase::LowerLookupsPassBase;
  void runOnOperation() override {
    FailureOr<CpuPath> target = readTargetPath(getOperation(), path);
    if (failed(target))
      return signalPassFailure();
    SmallVector<LookupOp> ops;
    getOperation()->walk([&](LookupOp op) { ops.push_back(op); });
    for (LookupOp op : ops) {
      if (auto type = dyn_cast<VectorType>(op.getType()); type && type.getRank() != 1) {
        op.emitOpError("expected a scalar or a vector of one dimension");
        return signalPassFailure();
      }
      OpBuilder builder(op);
      op.getResult().replaceAllUsesWith(LookupLowering(builder, op, *target).lower());
      op.erase();
    }
  }
};
} // namespace
