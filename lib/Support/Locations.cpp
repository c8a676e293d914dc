//===- Locations.cpp - The node name that an operation's location carries -----------------------------------------===//
#include "quant-opt/Support/Locations.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Path.h"

using namespace mlir;

std::string qnn::getNodeName(Location loc) {
  return TypeSwitch<LocationAttr, std::string>(loc)
      .Case([](NameLoc name) { return name.getName().str(); })
      .Case([](FileLineColLoc file) {
        return llvm::sys::path::filename(file.getFilename()).str() + ":" + std::to_string(file.getLine()) + ":" +
               std::to_string(file.getColumn());
      })
      .Case([](CallSiteLoc call) { return getNodeName(call.getCallee()); })
      .Case([](FusedLoc fused) {
        for (Location part : fused.getLocations())
          if (std::string name = getNodeName(part); !name.empty())
            return name;
        return std::string();
      })
      .Default([](LocationAttr) { return std::string(); });
}
