//===- LowerDot4.cpp - qnn.dot4 becomes the instructions of one CPU path -----------------------------------------===//
#include "TargetPath.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Lower/X86/Passes.h"
#include "quant-opt/Support/CpuPath.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_LOWERDOT4PASS
#include "quant-opt/Lower/X86/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {
/// Builds the replacement of one qnn.dot4.
class Dot4Lowering {
public:
  Dot4Lowering(OpBuilder &builder, Dot4Op op, CpuPath path)
      : b(builder), loc(op.getLoc()), op(op), path(path), accType(cast<VectorType>(op.getAcc().getType())),
        bytesType(cast<VectorType>(op.getLhs().getType())), lanes(accType.getNumElements()) {}

  Value lower() {
    bool vnni = hasByteDotProducts(path);
    bool hasRegister = (lanes == 4 || lanes == 8 || lanes == 16) && lanes * 32 <= getVectorBits(path);
    if (!hasRegister)
      return lowerToArith();
    return vnni ? lowerToVnni() : lowerToPairs();
  }

private:
  Value splat(VectorType type, int64_t value) {
    Attribute element =
        IntegerAttr::get(type.getElementType(), APInt(type.getElementTypeBitWidth(), value, true, true));
    return arith::ConstantOp::create(b, loc, cast<TypedAttr>(DenseElementsAttr::get(type, element)));
  }
  Value call(StringRef name, Type type, ValueRange operands) {
    return LLVM::CallIntrinsicOp::create(b, loc, type, b.getStringAttr(name), operands).getResult(0);
  }

  Value lowerToVnni() {
    std::string name = ("llvm.x86.avx512.vpdpbusd." + Twine(32 * lanes)).str();
    if (op.getLhsUnsigned())
      return call(name, accType, {op.getAcc(), op.getLhs(), op.getRhs()});
    // lhs + 128 is unsigned: what that adds, 128 * sum(rhs), is subtracted again.
    Value top = splat(bytesType, -128);
    Value sum = call(name, accType, {op.getAcc(), arith::XOrIOp::create(b, loc, op.getLhs(), top), op.getRhs()});
    Value excess = call(name, accType, {splat(accType, 0), top, op.getRhs()});
    return arith::SubIOp::create(b, loc, sum, excess);
  }

  /// Even or odd bytes as 16-bit integers, in the place of their pair.
  Value widen(Value bytes, bool odd, bool isUnsigned) {
    auto pairsType = VectorType::get(2 * lanes, b.getI16Type());
    Value pairs = vector::BitCastOp::create(b, loc, pairsType, bytes), eight = splat(pairsType, 8);
    if (isUnsigned)
      return odd ? arith::ShRUIOp::create(b, loc, pairs, eight).getResult()
                 : arith::AndIOp::create(b, loc, pairs, splat(pairsType, 0xff)).getResult();
    if (!odd)
      pairs = arith::ShLIOp::create(b, loc, pairs, eight);
    return arith::ShRSIOp::create(b, loc, pairs, eight);
  }

  /// Products of even bytes and of odd bytes, each pair summed to 32 bits by pmaddwd: at most 2 * 255 * 128, so exact.
  Value lowerToPairs() {
    StringRef name = lanes == 16  ? "llvm.x86.avx512.pmaddw.d.512"
                     : lanes == 8 ? "llvm.x86.avx2.pmadd.wd"
                                  : "llvm.x86.sse2.pmadd.wd";
    Value sum = op.getAcc();
    for (bool odd : {false, true}) {
      Value lhs = widen(op.getLhs(), odd, op.getLhsUnsigned()), rhs = widen(op.getRhs(), odd, /*isUnsigned=*/false);
      sum = arith::AddIOp::create(b, loc, sum, call(name, accType, {lhs, rhs}));
    }
    return sum;
  }

  /// Byte `j` of each lane, extended to i32.
  Value extractByte(Value words, int64_t j, bool isUnsigned) {
    if (j != 3)
      words = arith::ShLIOp::create(b, loc, words, splat(accType, 24 - 8 * j));
    Value shift = splat(accType, 24);
    return isUnsigned ? arith::ShRUIOp::create(b, loc, words, shift).getResult()
                      : arith::ShRSIOp::create(b, loc, words, shift).getResult();
  }

  Value lowerToArith() {
    Value lhs = vector::BitCastOp::create(b, loc, accType, op.getLhs());
    Value rhs = vector::BitCastOp::create(b, loc, accType, op.getRhs());
    Value sum = op.getAcc();
    for (int64_t j = 0; j < 4; ++j) {
      Value product =
          arith::MulIOp::create(b, loc, extractByte(lhs, j, op.getLhsUnsigned()), extractByte(rhs, j, false));
      sum = arith::AddIOp::create(b, loc, sum, product);
    }
    return sum;
  }

  OpBuilder &b;
  Location loc;
  Dot4Op op;
  CpuPath path;
  VectorType accType, bytesType;
  int64_t lanes;
};

struct LowerDot4 : public qnn::impl::LowerDot4PassBase<LowerDot4> {
  using LowerDot4PassBase::LowerDot4PassBase;
  void runOnOperation() override {
    FailureOr<CpuPath> target = readTargetPath(getOperation(), path);
    if (failed(target))
      return signalPassFailure();
    SmallVector<Dot4Op> ops;
    getOperation()->walk([&](Dot4Op op) { ops.push_back(op); });
    for (Dot4Op op : ops) {
      OpBuilder builder(op);
      op.getResult().replaceAllUsesWith(Dot4Lowering(builder, op, *target).lower());
      op.erase();
    }
  }
};
} // namespace
