//===- Sha256.h - Hashes of files and weights ---------------------------------------------------------*- C++ -*-===//
#ifndef QUANT_OPT_SUPPORT_SHA256_H
#define QUANT_OPT_SUPPORT_SHA256_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/SHA256.h"
#include <array>
#include <string>

namespace mlir::qnn {

/// SHA-256 (FIPS 180-4) of bytes that come in pieces, by the CPU's own instructions where it has them: weights are
/// hundreds of megabytes, of which portable code does some 250 in a second.
class Sha256 {
public:
  Sha256();
  void update(llvm::StringRef bytes);
  /// In hexadecimal, lower case. Nothing may be added after that.
  std::string finish();

  static std::string hash(llvm::StringRef bytes);

private:
  const bool isNative;
  llvm::SHA256 portable;
  std::array<uint32_t, 8> state;
  /// The bytes of a block that has begun; their number is `length` modulo 64.
  std::array<char, 64> begun;
  uint64_t length = 0;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_SUPPORT_SHA256_H
