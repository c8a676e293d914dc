//===- Decisions.cpp - What passes decided for accuracy, and what they measured ----------------------------------===//
#include "quant-opt/Support/Decisions.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::qnn;

static constexpr llvm::StringLiteral kAttribute = "qnn.decisions";

void qnn::recordDecision(ModuleOp module, const Decision &decision) {
  Builder builder(module.getContext());
  SmallVector<NamedAttribute> fields = {builder.getNamedAttr("pass", builder.getStringAttr(decision.pass)),
                                        builder.getNamedAttr("layer", builder.getStringAttr(decision.layer)),
                                        builder.getNamedAttr("text", builder.getStringAttr(decision.text))};
  if (decision.sqnrBefore)
    fields.push_back(builder.getNamedAttr("sqnr_before", builder.getF64FloatAttr(*decision.sqnrBefore)));
  if (decision.sqnrAfter)
    fields.push_back(builder.getNamedAttr("sqnr_after", builder.getF64FloatAttr(*decision.sqnrAfter)));
  SmallVector<Attribute> list;
  if (auto known = module->getAttrOfType<ArrayAttr>(kAttribute))
    llvm::append_range(list, known);
  list.push_back(builder.getDictionaryAttr(fields));
  module->setAttr(kAttribute, builder.getArrayAttr(list));
}

std::vector<Decision> qnn::getDecisions(ModuleOp module) {
  std::vector<Decision> result;
  auto list = module->getAttrOfType<ArrayAttr>(kAttribute);
  if (!list)
    return result;
  for (Attribute entry : list) {
    auto fields = dyn_cast<DictionaryAttr>(entry);
    if (!fields)
      continue;
    auto text = [&](StringRef name) {
      auto attr = fields.getAs<StringAttr>(name);
      return attr ? attr.str() : std::string();
    };
    auto number = [&](StringRef name) -> std::optional<double> {
      auto attr = fields.getAs<FloatAttr>(name);
      return attr ? std::optional<double>(attr.getValueAsDouble()) : std::nullopt;
    };
    result.push_back({text("pass"), text("layer"), text("text"), number("sqnr_before"), number("sqnr_after")});
  }
  return result;
}

void qnn::dropDecisions(ModuleOp module) { module->removeAttr(kAttribute); }
