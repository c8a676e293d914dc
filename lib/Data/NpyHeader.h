//===- NpyHeader.h - The text in front of a .npy array ------------------------------------------------------------===//
#ifndef QUANT_OPT_LIB_DATA_NPYHEADER_H
#define QUANT_OPT_LIB_DATA_NPYHEADER_H

#include "quant-opt/Data/ArrayFile.h"

namespace mlir::qnn {

/// A header may be no longer than this.
constexpr size_t kMaxNpyHeader = 64 * 1024;
/// Magic, version and the length of the longest form.
constexpr size_t kMaxNpyPrefix = 12;

/// The size in bytes of magic, version and length field, given at least the first seven bytes; fails if they are not a
/// .npy file's.
llvm::Expected<size_t> getNpyPrefixSize(StringRef start);

/// The size of the header's text, given the whole prefix.
llvm::Expected<size_t> getNpyTextSize(StringRef prefix);

/// Reads the text: a Python dictionary with 'descr', 'fortran_order' and 'shape'. The name is left empty.
llvm::Expected<ArrayInfo> parseNpyText(StringRef text);

/// Prefix and text for an array, a multiple of 64 bytes long.
std::string makeNpyHeader(const ArrayInfo &info);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_DATA_NPYHEADER_H
