//===- CpuPath.cpp - The x86 code paths that one artifact may hold ------------------------------------------------===//
#include "quant-opt/Support/CpuPath.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir;
using namespace mlir::qnn;

namespace {
struct PathInfo {
  CpuPath path;
  StringRef name;
  StringRef features;
  unsigned vectorBits;
};
} // namespace

#define QUANT_OPT_AVX2 "+sse4.2,+popcnt,+avx,+avx2,+fma,+f16c,+bmi,+bmi2,+lzcnt"
#define QUANT_OPT_AVX512 QUANT_OPT_AVX2 ",+avx512f,+avx512bw,+avx512dq,+avx512vl,+avx512cd"

static const PathInfo paths[] = {
    {CpuPath::Avx512Bf16, "avx512bf16", QUANT_OPT_AVX512 ",+avx512vnni,+avx512vbmi,+avx512bf16", 512},
    {CpuPath::Avx512Vbmi, "avx512vbmi", QUANT_OPT_AVX512 ",+avx512vnni,+avx512vbmi", 512},
    {CpuPath::Avx512Vnni, "avx512vnni", QUANT_OPT_AVX512 ",+avx512vnni", 512},
    {CpuPath::AvxVnni, "avxvnni", QUANT_OPT_AVX2 ",+avxvnni", 256},
    {CpuPath::Avx512, "avx512", QUANT_OPT_AVX512, 512},
    {CpuPath::Avx2, "avx2", QUANT_OPT_AVX2, 256},
    {CpuPath::X86_64, "x86-64", "", 128},
};

static const PathInfo &getInfo(CpuPath path) { return paths[static_cast<size_t>(path)]; }

ArrayRef<CpuPath> qnn::getAllCpuPaths() {
  static const CpuPath all[] = {CpuPath::Avx512Bf16, CpuPath::Avx512Vbmi, CpuPath::Avx512Vnni, CpuPath::AvxVnni,
                                CpuPath::Avx512,     CpuPath::Avx2,       CpuPath::X86_64};
  return all;
}

StringRef qnn::getCpuPathName(CpuPath path) { return getInfo(path).name; }

std::optional<CpuPath> qnn::parseCpuPath(StringRef name) {
  for (const PathInfo &info : paths)
    if (info.name == name)
      return info.path;
  return std::nullopt;
}

StringRef qnn::getCpuFeatures(CpuPath path) { return getInfo(path).features; }

unsigned qnn::getVectorBits(CpuPath path) { return getInfo(path).vectorBits; }

unsigned qnn::getNumVectorRegisters(CpuPath path) { return getVectorBits(path) == 512 ? 32 : 16; }

bool qnn::hasByteDotProducts(CpuPath path) { return getCpuFeatures(path).contains("vnni"); }

bool qnn::hasBytePermutes(CpuPath path) { return getCpuFeatures(path).contains("vbmi"); }

bool qnn::hasBf16DotProducts(CpuPath path) { return getCpuFeatures(path).contains("bf16"); }

bool qnn::hostSupports(CpuPath path) {
  static const llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
  SmallVector<StringRef> needed;
  getCpuFeatures(path).split(needed, ',', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  return llvm::all_of(needed, [&](StringRef feature) { return host.lookup(feature.drop_front()); });
}

CpuPath qnn::getHostCpuPath() {
  for (CpuPath path : getAllCpuPaths())
    if (hostSupports(path))
      return path;
  return CpuPath::X86_64;
}
