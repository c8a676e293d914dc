//===- GpuChip.h - The NVIDIA GPUs that kernels can be compiled for ----------------------------------------------===//
#ifndef QUANT_OPT_SUPPORT_GPUCHIP_H
#define QUANT_OPT_SUPPORT_GPUCHIP_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace mlir::qnn {

/// A compute capability: 75 is sm_75. All that are known have `dp4a`.
struct GpuChip {
  unsigned version = 75;

  std::string getName() const { return "sm_" + std::to_string(version); }
  /// What LLVM needs beside the name: the oldest PTX version that knows the chip and what kernels use.
  StringRef getFeatures() const { return version >= 90 ? "+ptx80" : "+ptx78"; }
  bool hasAsyncCopy() const { return version >= 80; }
};

/// The chips known, oldest first.
ArrayRef<GpuChip> getAllGpuChips();

/// The chip that is called `sm_75` and so on, if there is one.
std::optional<GpuChip> parseGpuChip(StringRef name);

/// "sm_61, sm_70, …", for messages.
std::string listGpuChips();

} // namespace mlir::qnn

#endif // QUANT_OPT_SUPPORT_GPUCHIP_H
