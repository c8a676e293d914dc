//===- Embedded.h - Files of this project that are part of every artifact, held inside the tools -----------------===//
#ifndef QUANT_OPT_LIB_EMIT_EMBEDDED_H
#define QUANT_OPT_LIB_EMIT_EMBEDDED_H

extern "C" {
extern const char quant_opt_embedded_runtime[], quant_opt_embedded_runtime_end[];         // lib/Runtime as LLVM bitcode
extern const char quant_opt_embedded_gpu_runtime[], quant_opt_embedded_gpu_runtime_end[]; // lib/Runtime/Gpu.c likewise
extern const char quant_opt_embedded_abi[], quant_opt_embedded_abi_end[];                 // Runtime/quant_opt.h
}

#endif // QUANT_OPT_LIB_EMIT_EMBEDDED_H
