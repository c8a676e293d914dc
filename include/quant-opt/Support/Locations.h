//===- Locations.h - The node name that an operation's location carries -------------------------------------------===//
#ifndef QUANT_OPT_SUPPORT_LOCATIONS_H
#define QUANT_OPT_SUPPORT_LOCATIONS_H

#include "mlir/IR/Location.h"
#include <string>

namespace mlir::qnn {

/// The name of the source node in `loc`: of a name location its name, of a fused one the first name found; of a file
/// location "file:line:column" without the folder, so that nothing depends on where a file lies; otherwise empty.
std::string getNodeName(Location loc);

} // namespace mlir::qnn

#endif // QUANT_OPT_SUPPORT_LOCATIONS_H
