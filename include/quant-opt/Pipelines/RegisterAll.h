//===- RegisterAll.h - Everything a tool needs registered ---------------------------------------------------------===//
#ifndef QUANT_OPT_PIPELINES_REGISTERALL_H
#define QUANT_OPT_PIPELINES_REGISTERALL_H

namespace mlir {
class DialectRegistry;
namespace qnn {

/// Adds the dialects of every form, from Imported to Lowered, with the external models of our interfaces.
void registerAllDialects(DialectRegistry &registry);

/// Registers the passes and pipelines of this project under their command-line names.
void registerQnnPasses();

/// The same and all of upstream's.
void registerAllPasses();

} // namespace qnn
} // namespace mlir

#endif // QUANT_OPT_PIPELINES_REGISTERALL_H
