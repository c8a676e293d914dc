//===- VerifyImported.cpp - Check that a module is in the Imported form -------------------------------------------===//
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Import/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_VERIFYIMPORTEDPASS
#include "quant-opt/Import/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {

bool isElement(Type type) {
  return type.isInteger(8) || type.isInteger(16) || type.isInteger(32) || type.isInteger(64) || isa<FloatType>(type);
}

/// Why the type may not be a value's in the Imported form; empty if it may.
StringRef getTypeFault(Type type, bool isInterface) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return isInterface || isa<ShapedType>(type) ? "expected a ranked tensor" : "";
  if (!tensor.hasStaticShape())
    return "expected a static shape";
  Type element = tensor.getElementType();
  if (element.isInteger(1))
    return "expected i8 for bool";
  if (!isElement(element) && (isInterface || !isa<quant::QuantizedType>(element)))
    return "expected elements of i8, i16, i32, i64 or a float type";
  return "";
}

class VerifyImportedPass : public qnn::impl::VerifyImportedPassBase<VerifyImportedPass> {
public:
  void runOnOperation() override {
    FunctionOpInterface model;
    for (FunctionOpInterface function : getOperation().getOps<FunctionOpInterface>()) {
      if (function.isExternal() || !function.isPublic())
        continue;
      if (model) {
        function->emitError("expected one public function, found a second beside '") << model.getName() << "'";
        return signalPassFailure();
      }
      model = function;
    }
    if (!model) {
      getOperation()->emitError("expected one public function with a body, found none");
      return signalPassFailure();
    }
    if (failed(verifyInterface(model)) || failed(verifyBody(model)))
      signalPassFailure();
  }

private:
  LogicalResult verifyInterface(FunctionOpInterface function) {
    llvm::StringMap<std::string> names;
    auto verify = [&](Type type, DictionaryAttr attrs, const Twine &what) -> LogicalResult {
      if (StringRef fault = getTypeFault(type, /*isInterface=*/true); !fault.empty())
        return function->emitError() << what << " is " << type << ": " << fault;
      for (StringRef key : {"qnn.name", "qnn.type"})
        if (!attrs || !attrs.getAs<StringAttr>(key))
          return function->emitError() << what << " has no string attribute '" << key << "'";
      StringRef name = attrs.getAs<StringAttr>("qnn.name").getValue();
      if (!names.try_emplace((what.str()[0] == 'a' ? "in " : "out ") + name.str(), what.str()).second)
        return function->emitError() << what << " has the name '" << name << "' of another";
      return success();
    };
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
      if (failed(verify(type, function.getArgAttrDict(i), "argument " + Twine(i))))
        return failure();
    for (auto [i, type] : llvm::enumerate(function.getResultTypes()))
      if (failed(verify(type, function.getResultAttrDict(i), "result " + Twine(i))))
        return failure();
    return success();
  }

  LogicalResult verifyBody(FunctionOpInterface function) {
    WalkResult result = function.getFunctionBody().walk([&](Operation *op) {
      bool isReturn = op->getParentOp() == function && op->hasTrait<OpTrait::IsTerminator>();
      if (!isReturn && !isa<BarrierOp>(op) &&
          !isa_and_nonnull<arith::ArithDialect, linalg::LinalgDialect, math::MathDialect, quant::QuantDialect,
                           tensor::TensorDialect>(op->getDialect())) {
        op->emitOpError("is not of the Imported form: expected operations of linalg, tensor, arith, math or quant");
        return WalkResult::interrupt();
      }
      for (Type type : op->getResultTypes()) {
        if (StringRef fault = getTypeFault(type, /*isInterface=*/false); !fault.empty()) {
          op->emitOpError("is not of the Imported form: its result is ") << type << ": " << fault;
          return WalkResult::interrupt();
        }
      }
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }
};

} // namespace
