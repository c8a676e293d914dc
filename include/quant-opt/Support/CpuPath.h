//===- CpuPath.h - The x86 code paths that one artifact may hold --------------------------------------------------===//
#ifndef QUANT_OPT_SUPPORT_CPUPATH_H
#define QUANT_OPT_SUPPORT_CPUPATH_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <vector>

namespace mlir::qnn {

/// Best first: the runtime takes the first path whose features the CPU has. Avx512Vbmi is Avx512Vnni with byte
/// permutes: only programs with lookups hold code for it, so that CPUs without them keep their dot products. Avx512Bf16
/// is Avx512Vbmi with `vdpbf16ps`: only programs with bf16 contractions hold code for it.
enum class CpuPath { Avx512Bf16, Avx512Vbmi, Avx512Vnni, AvxVnni, Avx512, Avx2, X86_64 };

/// All paths, best first.
ArrayRef<CpuPath> getAllCpuPaths();

/// The name users type, as in `QUANT_OPT_CPU=avx512vnni`: avx512bf16, avx512vbmi, avx512vnni, avxvnni, avx512, avx2,
/// x86-64.
StringRef getCpuPathName(CpuPath path);

/// The path of that name, if there is one.
std::optional<CpuPath> parseCpuPath(StringRef name);

/// What LLVM needs to generate code for the path: "+avx512f,+avx512bw,…". No path names a CPU model.
StringRef getCpuFeatures(CpuPath path);

/// Bits of the widest vector register the path should use: 512, 256 or 128.
unsigned getVectorBits(CpuPath path);

/// How many vector registers the path has.
unsigned getNumVectorRegisters(CpuPath path);

/// Whether the path has `vpdpbusd` for bytes.
bool hasByteDotProducts(CpuPath path);

/// Whether the path has `vpermi2b`, which chooses bytes from two registers.
bool hasBytePermutes(CpuPath path);

/// Whether the path has `vdpbf16ps` for pairs of bf16.
bool hasBf16DotProducts(CpuPath path);

/// Whether this machine can run the path.
bool hostSupports(CpuPath path);

/// The best path this machine can run.
CpuPath getHostCpuPath();

} // namespace mlir::qnn

#endif // QUANT_OPT_SUPPORT_CPUPATH_H
