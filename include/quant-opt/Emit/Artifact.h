//===- Artifact.h - Turns a lowered program into a shared library or object with its C header --------------------===//
#ifndef QUANT_OPT_EMIT_ARTIFACT_H
#define QUANT_OPT_EMIT_ARTIFACT_H

#include "quant-opt/Emit/Program.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace mlir::qnn {

enum class ArtifactKind { Object, Shared };

struct EmitOptions {
  ArtifactKind kind = ArtifactKind::Shared;
  /// SHA-256 of the model file in hexadecimal, for NAME_info.
  std::string sourceHash;
  /// The library's soname; empty for none.
  std::string soname;
  /// Code is compiled by this many threads; 0 are as many as there are cores.
  unsigned threads = 0;
};

/// The relocatable objects of each of a program's paths, in their order.
struct MachineCode {
  std::vector<std::vector<llvm::SmallVector<char, 0>>> objects;
};

/// Compiles every path of `program` on at most `threads` threads, or all cores if 0; the bytes do not depend on it.
/// Takes the paths' modules.
llvm::Expected<MachineCode> compileProgram(Program &program, unsigned threads = 0);

/// Links the program's paths, the tables, the weights and the runtime into one file of the given kind, which defines
/// only the functions of `emitHeader`. The same program gives the same bytes. Takes the program's weights.
llvm::Expected<std::vector<char>> linkArtifact(Program &program, MachineCode code, const EmitOptions &options);

/// Both.
llvm::Expected<std::vector<char>> emitArtifact(Program &program, const EmitOptions &options);

/// The self-contained C header of the model: the structures, the functions, and the parts of the ABI they need.
std::string emitHeader(const Program &program);

/// The optimised LLVM IR of every path, one module after the other, as text.
llvm::Expected<std::string> emitLLVMText(Program &program);

} // namespace mlir::qnn

#endif // QUANT_OPT_EMIT_ARTIFACT_H
