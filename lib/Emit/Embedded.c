/*===- Embedded.c - Files of this project that are part of every artifact ----------------------------------------===*/

#define EMBED(symbol, path)                                                                                            \
  __asm__(".pushsection .rodata\n"                                                                                     \
          ".p2align 4\n"                                                                                               \
          ".globl " #symbol "\n" #symbol ":\n"                                                                         \
          ".incbin \"" path "\"\n"                                                                                     \
          ".globl " #symbol "_end\n" #symbol "_end:\n"                                                                 \
          ".byte 0\n"                                                                                                  \
          ".popsection\n")

EMBED(quant_opt_embedded_runtime, QUANT_OPT_RUNTIME_BITCODE);
EMBED(quant_opt_embedded_gpu_runtime, QUANT_OPT_GPU_RUNTIME_BITCODE);
EMBED(quant_opt_embedded_abi, QUANT_OPT_ABI_HEADER);

/* A translation unit may not be empty. */
typedef int quant_opt_embedded_unit;
