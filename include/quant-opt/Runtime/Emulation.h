/*===- Emulation.h - What one emulated thread of a GPU sees: shared by generated code and the emulator -----------===*/
#ifndef QUANT_OPT_RUNTIME_EMULATION_H
#define QUANT_OPT_RUNTIME_EMULATION_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a thread is, and how it meets the others. Generated code reads the fields by position: keep the order. */
typedef struct quant_opt_thread {
  int32_t thread; /* in its block */
  int32_t block;  /* in the grid */
  char *shared;   /* the block's shared memory, 16-byte aligned */
  void (*barrier)(struct quant_opt_thread *);
  /* What the thread of the same warp whose lane differs by exclusive or with `lanes` gave. */
  int32_t (*exchange)(struct quant_opt_thread *, int32_t value, int32_t lanes);
  /* Copies no earlier than `wait` demands: `read` bytes, then zeros up to `bytes`. */
  void (*copy)(struct quant_opt_thread *, void *to, const void *from, int32_t bytes, int32_t read);
  void (*commit)(struct quant_opt_thread *);                /* ends a group of copies */
  void (*wait)(struct quant_opt_thread *, int32_t pending); /* finishes all groups but the last `pending` ones */
  /* mma.sync of the warp, m16n8k32, u8 by s8, wrapping: four words of the left side, two of the right, four sums, which
   * the result replaces. */
  void (*multiply)(struct quant_opt_thread *, int32_t words[10]);
} quant_opt_thread;

/* Does what one thread does. `parameters` is what cuLaunchKernel takes: a pointer to each argument. */
typedef void (*quant_opt_emulated_kernel)(void **parameters, quant_opt_thread *thread);

#ifdef __cplusplus
}
#endif

#endif /* QUANT_OPT_RUNTIME_EMULATION_H */
