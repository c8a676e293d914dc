//===- TargetPath.h - The CPU path that a pass is told to lower for ----------------------------------------------===//
#ifndef QUANT_OPT_LIB_LOWER_X86_TARGETPATH_H
#define QUANT_OPT_LIB_LOWER_X86_TARGETPATH_H

#include "quant-opt/Support/CpuPath.h"

#include "mlir/IR/Operation.h"

namespace mlir::qnn {

/// The path called `name` in a pass's options; emits an error on `op` that lists all paths if there is none.
inline FailureOr<CpuPath> readTargetPath(Operation *op, StringRef name) {
  if (std::optional<CpuPath> path = parseCpuPath(name))
    return *path;
  InFlightDiagnostic diagnostic = op->emitError("unknown CPU path '") << name << "'; expected ";
  ArrayRef<CpuPath> all = getAllCpuPaths();
  for (CpuPath path : all.drop_back())
    diagnostic << getCpuPathName(path) << (path == all.drop_back().back() ? " " : ", ");
  return diagnostic << "or " << getCpuPathName(all.back());
}

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_LOWER_X86_TARGETPATH_H
