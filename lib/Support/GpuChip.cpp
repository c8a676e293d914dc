//===- GpuChip.cpp - The NVIDIA GPUs that kernels can be compiled for --------------------------------------------===//
#include "quant-opt/Support/GpuChip.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::qnn;

static constexpr GpuChip kChips[] = {{61}, {70}, {75}, {80}, {86}, {89}, {90}};

ArrayRef<GpuChip> qnn::getAllGpuChips() { return kChips; }

std::optional<GpuChip> qnn::parseGpuChip(StringRef name) {
  for (GpuChip chip : kChips)
    if (chip.getName() == name)
      return chip;
  return std::nullopt;
}

std::string qnn::listGpuChips() {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleaveComma(kChips, os, [&](GpuChip chip) { os << chip.getName(); });
  return text;
}
