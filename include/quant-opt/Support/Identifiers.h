//===- Identifiers.h - C identifiers made from names of models and tensors ---------------------------------------===//
#ifndef QUANT_OPT_SUPPORT_IDENTIFIERS_H
#define QUANT_OPT_SUPPORT_IDENTIFIERS_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace mlir::qnn {

/// A C identifier made of any text: letters, digits and underscores stay, the rest becomes underscores; never empty,
/// never a keyword of C or C++, never one that begins with an underscore.
std::string makeIdentifier(llvm::StringRef text);

} // namespace mlir::qnn

#endif // QUANT_OPT_SUPPORT_IDENTIFIERS_H
