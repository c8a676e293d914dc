//===- ArrayFile.h - Reading .npy and .npz files, array by array and piece by piece -------------------------------===//
//
// The files are untrusted: object arrays (pickle) and structured types are refused, headers are capped at 64 KiB, a
// shape must account for exactly the bytes that are there, and an archive is read by its central directory alone.
//
//===---------------------------------------------------------------------------------------------------------------===//
#ifndef QUANT_OPT_DATA_ARRAYFILE_H
#define QUANT_OPT_DATA_ARRAYFILE_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace mlir::qnn {

/// An array in a file: dense, row-major, little-endian.
struct ArrayInfo {
  std::string name; // empty in a .npy file
  std::string type; // ONNX's name of the element type
  std::vector<int64_t> shape;

  int64_t getNumElements() const;
  int64_t getNumBytes() const;
};

/// Reads one array from its beginning to its end, in constant memory.
class ArrayStream {
public:
  class Source;
  ArrayStream(ArrayInfo info, std::unique_ptr<Source> source);
  ArrayStream(ArrayStream &&);
  ~ArrayStream();

  const ArrayInfo &getInfo() const { return info; }
  /// Fills `bytes` with the next bytes of the array. At the array's end its checksum is verified, if it has one.
  llvm::Error read(MutableArrayRef<char> bytes);
  /// Passes over the next `count` bytes.
  llvm::Error skip(int64_t count);

private:
  ArrayInfo info;
  std::unique_ptr<Source> source;
  int64_t remaining;
};

/// A .npy or .npz file; the content decides which.
class ArrayFile {
public:
  static llvm::Expected<ArrayFile> open(StringRef path);
  ArrayFile(ArrayFile &&);
  ~ArrayFile();

  /// The arrays' names in the order of the file: one empty name for a .npy file.
  ArrayRef<std::string> getNames() const;
  /// Opens an array. Fails with the nearest name if there is none called `name`, and if it is not an array this program
  /// can read.
  llvm::Expected<ArrayStream> openArray(StringRef name) const;
  /// The whole array at once; `info` receives what it is.
  llvm::Expected<std::vector<char>> readArray(StringRef name, ArrayInfo &info) const;

private:
  struct State;
  explicit ArrayFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

/// An array to be written.
struct NamedArray {
  ArrayInfo info;
  ArrayRef<char> bytes;
};

/// Writes an uncompressed .npz with fixed time stamps, so that equal arrays give equal files. The file appears whole or
/// not at all.
llvm::Error writeNpz(StringRef path, ArrayRef<NamedArray> arrays);
/// Writes one array as .npy.
llvm::Error writeNpy(StringRef path, const NamedArray &array);

} // namespace mlir::qnn

#endif // QUANT_OPT_DATA_ARRAYFILE_H
