/*===- Block.h - Runs the threads of one block of a GPU on one thread of the CPU ---------------------------------===*/
#ifndef QUANT_OPT_LIB_EMULATION_BLOCK_H
#define QUANT_OPT_LIB_EMULATION_BLOCK_H

#include "quant-opt/Runtime/Emulation.h"

enum { kMaxBlockThreads = 1024, kMaxSharedBytes = 48 * 1024 };

/* Runs block number `block` of a launch: `threads` of them, interleaved at barriers and exchanges. Ends the process
 * with a message where a GPU would hang or read what no thread gave: threads that wait for others which have ended or
 * wait elsewhere. */
void quant_opt_run_block(quant_opt_emulated_kernel kernel, void **parameters, int32_t block, int32_t threads);

#endif /* QUANT_OPT_LIB_EMULATION_BLOCK_H */
