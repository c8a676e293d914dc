//===- RoundFunctions.cpp - State that arguments of functions are quantized ---------------------------------------===//
#include "quant-opt/Analysis/RoundFunctions.h"
#include "quant-opt/Calibrate/Passes.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

namespace mlir::qnn {
#define GEN_PASS_DEF_ROUNDFUNCTIONSPASS
#include "quant-opt/Calibrate/Passes.h.inc"
} // namespace mlir::qnn

using namespace mlir;
using namespace mlir::qnn;

namespace {
class RoundFunctions : public qnn::impl::RoundFunctionsPassBase<RoundFunctions> {
public:
  void runOnOperation() override {
    getOperation()->walk<WalkOrder::PreOrder>([](FunctionOpInterface function) {
      if (!function.isExternal())
        function->setAttr(kRoundFunctionsAttr, UnitAttr::get(function.getContext()));
      return WalkResult::skip();
    });
  }
};
} // namespace
