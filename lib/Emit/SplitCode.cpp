//===- SplitCode.cpp - One path's code as modules that compile side by side ---------------------------------------===//
#include "CodeGen.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::qnn;

/// Modules that one path may become, and the operations that one should have: LLVM takes some tenths of a second for as
/// many. Neither depends on the machine, so that the artifact does not.
constexpr size_t kMostModules = 8, kLeastOperations = 4000;

namespace {
/// Functions and the operations in all of them.
struct Part {
  SmallVector<Operation *> functions;
  size_t numOperations = 0;
};
} // namespace

static bool isDefinition(Operation &op) {
  auto function = dyn_cast<LLVM::LLVMFuncOp>(op);
  return function && !function.isExternal();
}

/// Functions that need to be in one module, because one calls the other.
static SmallVector<Part> findComponents(ModuleOp module, const SymbolTable &symbols) {
  llvm::EquivalenceClasses<Operation *> calls;
  for (Operation &op : *module.getBody()) {
    if (!isDefinition(op))
      continue;
    calls.insert(&op);
    if (std::optional<SymbolTable::UseRange> uses = SymbolTable::getSymbolUses(&op))
      for (SymbolTable::SymbolUse use : *uses)
        if (Operation *used = symbols.lookup(use.getSymbolRef().getRootReference()); used && isDefinition(*used))
          calls.unionSets(&op, used);
  }
  llvm::MapVector<Operation *, Part> components;
  for (Operation &op : *module.getBody()) {
    if (!isDefinition(op))
      continue;
    Part &component = components[calls.getLeaderValue(&op)];
    component.functions.push_back(&op);
    op.walk([&](Operation *) { ++component.numOperations; });
  }
  return llvm::to_vector(llvm::make_second_range(components.takeVector()));
}

/// Copies what the module's functions name and do not find in it: declarations and constants.
static void copyNeeded(ModuleOp from, const SymbolTable &symbols, ModuleOp part) {
  OpBuilder builder = OpBuilder::atBlockBegin(part.getBody());
  llvm::SmallSetVector<Operation *, 8> needed;
  auto collect = [&](Operation *op) {
    if (std::optional<SymbolTable::UseRange> uses = SymbolTable::getSymbolUses(op))
      for (SymbolTable::SymbolUse use : *uses)
        if (Operation *used = symbols.lookup(use.getSymbolRef().getRootReference());
            used && used->getParentOp() == from)
          needed.insert(used);
  };
  for (Operation &function : *part.getBody())
    collect(&function);
  for (size_t i = 0; i < needed.size(); ++i)
    collect(needed[i]);
  for (Operation *op : needed)
    builder.clone(*op);
}

SmallVector<OwningOpRef<ModuleOp>> qnn::splitCode(OwningOpRef<ModuleOp> module) {
  SymbolTable symbols(*module);
  SmallVector<Part> components = findComponents(*module, symbols);
  size_t numOperations = 0;
  for (const Part &component : components)
    numOperations += component.numOperations;
  const size_t numParts = std::min({numOperations / kLeastOperations, components.size(), kMostModules});
  SmallVector<OwningOpRef<ModuleOp>> result;
  if (numParts < 2) {
    result.push_back(std::move(module));
    return result;
  }
  // The largest first, each to the part that has least.
  SmallVector<size_t> order = llvm::to_vector(llvm::seq(components.size()));
  llvm::sort(order, [&](size_t a, size_t b) {
    return std::make_pair(components[b].numOperations, a) < std::make_pair(components[a].numOperations, b);
  });
  SmallVector<Part> parts(numParts);
  for (size_t next : order) {
    Part &component = components[next];
    Part &least = *std::min_element(parts.begin(), parts.end(),
                                    [](const Part &a, const Part &b) { return a.numOperations < b.numOperations; });
    least.numOperations += component.numOperations;
    least.functions.append(component.functions);
  }
  for (Part &part : parts) {
    OwningOpRef<ModuleOp> made = ModuleOp::create(module->getLoc());
    (*made)->setAttrs((*module)->getAttrDictionary());
    for (Operation *function : part.functions) {
      function->remove();
      made->getBody()->push_back(function);
    }
    result.push_back(std::move(made));
  }
  for (OwningOpRef<ModuleOp> &part : result)
    copyNeeded(*module, symbols, *part);
  return result;
}
