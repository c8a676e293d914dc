/*===- Block.c - The threads of a block as coroutines
 * --------------------------------------------------------------===*/
#include "Block.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kStackBytes = 64 * 1024, kWarp = 32, kMaxCopies = 256 };

typedef enum { kReady, kAtBarrier, kAtExchange, kAtProduct, kDone } State;

typedef struct {
  void *to;
  const void *from;
  int32_t bytes, read, group;
} Copy;

/* A thread of the block, with a stack of its own. */
typedef struct {
  quant_opt_thread thread; /* first: generated code sees only this */
  State state;
  void *stackPointer;
  char *stack;
  int32_t given, lanes, received; /* of an exchange */
  int32_t *words;                 /* of a product */
  int32_t group, numCopies;
  Copy copies[kMaxCopies];
} Fiber;

static Fiber *fibers;
static void *schedulerStackPointer;
static Fiber *running;
static quant_opt_emulated_kernel runningKernel;
static void **runningParameters;
static char sharedMemory[kMaxSharedBytes] __attribute__((aligned(64)));

/* Saves the registers that a call preserves, and continues where `to` was left. */
void quant_opt_switch(void **from, void *to);
__asm__(
    ".text\n.globl quant_opt_switch\n.hidden quant_opt_switch\n.type quant_opt_switch,@function\nquant_opt_switch:\n"
    "push %rbp\npush %rbx\npush %r12\npush %r13\npush %r14\npush %r15\n"
    "mov %rsp, (%rdi)\nmov %rsi, %rsp\n"
    "pop %r15\npop %r14\npop %r13\npop %r12\npop %rbx\npop %rbp\nret\n"
    ".size quant_opt_switch, .-quant_opt_switch\n");

static void fail(const Fiber *fiber, const char *what) {
  fprintf(stderr, "emulated GPU: block %d, thread %d: %s\n", fiber->thread.block, fiber->thread.thread, what);
  abort();
}

static void suspend(Fiber *fiber, State state) {
  fiber->state = state;
  quant_opt_switch(&fiber->stackPointer, schedulerStackPointer);
}

static void atBarrier(quant_opt_thread *thread) { suspend((Fiber *)thread, kAtBarrier); }

static int32_t exchange(quant_opt_thread *thread, int32_t value, int32_t lanes) {
  Fiber *fiber = (Fiber *)thread;
  fiber->given = value;
  fiber->lanes = lanes;
  suspend(fiber, kAtExchange);
  return fiber->received;
}

static void multiply(quant_opt_thread *thread, int32_t words[10]) {
  Fiber *fiber = (Fiber *)thread;
  fiber->words = words;
  suspend(fiber, kAtProduct);
}

/* The fragments' places are those of the PTX manual: lane / 4 is a row of the left side and a channel of the right. */
static void multiplyWarp(Fiber *warp) {
  uint8_t left[16][32];
  int8_t right[8][32];
  for (int lane = 0; lane < kWarp; ++lane) {
    const int32_t *words = warp[lane].words;
    for (int i = 0; i < 4; ++i)
      memcpy(&left[lane / 4 + i % 2 * 8][lane % 4 * 4 + i / 2 * 16], &words[i], 4);
    for (int i = 0; i < 2; ++i)
      memcpy(&right[lane / 4][lane % 4 * 4 + i * 16], &words[4 + i], 4);
  }
  for (int lane = 0; lane < kWarp; ++lane)
    for (int i = 0; i < 4; ++i) {
      const uint8_t *row = left[lane / 4 + i / 2 * 8];
      const int8_t *channel = right[lane % 4 * 2 + i % 2];
      uint32_t sum = (uint32_t)warp[lane].words[6 + i];
      for (int k = 0; k < 32; ++k)
        sum += (uint32_t)(row[k] * channel[k]);
      warp[lane].words[6 + i] = (int32_t)sum;
    }
}

static void copyLater(quant_opt_thread *thread, void *to, const void *from, int32_t bytes, int32_t read) {
  Fiber *fiber = (Fiber *)thread;
  if (fiber->numCopies == kMaxCopies)
    fail(fiber, "too many asynchronous copies wait to be done");
  fiber->copies[fiber->numCopies++] = (Copy){to, from, bytes, read, fiber->group};
}

static void commit(quant_opt_thread *thread) { ++((Fiber *)thread)->group; }

static void waitForCopies(quant_opt_thread *thread, int32_t pending) {
  Fiber *fiber = (Fiber *)thread;
  int32_t kept = 0;
  for (int32_t i = 0; i < fiber->numCopies; ++i) {
    Copy *copy = &fiber->copies[i];
    if (copy->group >= fiber->group - pending) {
      fiber->copies[kept++] = *copy;
      continue;
    }
    if (copy->read)
      memcpy(copy->to, copy->from, copy->read);
    memset((char *)copy->to + copy->read, 0, copy->bytes - copy->read);
  }
  fiber->numCopies = kept;
}

/* Where a new thread starts. Its stack is used again by the next thread that has the same place. */
static void start(void) {
  for (;;) {
    runningKernel(runningParameters, &running->thread);
    suspend(running, kDone);
  }
}

static void prepare(Fiber *fiber) {
  if (fiber->stack)
    return;
  fiber->stack = aligned_alloc(64, kStackBytes);
  if (!fiber->stack)
    fail(fiber, "out of memory for a stack");
  /* Six registers, the address to return to, and the alignment that a call leaves. */
  void **top = (void **)(fiber->stack + kStackBytes) - 1;
  *top = NULL;
  *--top = (void *)start;
  for (int i = 0; i < 6; ++i)
    *--top = NULL;
  fiber->stackPointer = top;
}

/* Lets every warp go on whose threads all gave a value, and all threads if all are at the barrier. */
static void release(int32_t threads) {
  int32_t atTheBarrier = 0;
  for (int32_t first = 0; first < threads; first += kWarp) {
    int32_t atTheExchange = 0, atTheProduct = 0, size = threads - first < kWarp ? threads - first : kWarp;
    for (int32_t i = 0; i < size; ++i) {
      atTheBarrier += fibers[first + i].state == kAtBarrier;
      atTheExchange += fibers[first + i].state == kAtExchange;
      atTheProduct += fibers[first + i].state == kAtProduct;
    }
    if (atTheProduct == kWarp)
      multiplyWarp(&fibers[first]);
    else if (atTheExchange != size)
      continue;
    for (int32_t i = 0; i < size && atTheExchange; ++i) {
      Fiber *fiber = &fibers[first + i];
      if ((i ^ fiber->lanes) >= size)
        fail(fiber, "exchanges with a lane that is not there");
      fiber->received = fibers[first + (i ^ fiber->lanes)].given;
    }
    for (int32_t i = 0; i < size; ++i)
      fibers[first + i].state = kReady;
  }
  if (atTheBarrier == threads)
    for (int32_t i = 0; i < threads; ++i)
      fibers[i].state = kReady;
}

void quant_opt_run_block(quant_opt_emulated_kernel kernel, void **parameters, int32_t block, int32_t threads) {
  if (!fibers)
    fibers = calloc(kMaxBlockThreads, sizeof(Fiber));
  if (!fibers)
    abort();
  runningKernel = kernel;
  runningParameters = parameters;
  /* What no thread wrote is not zero. */
  memset(sharedMemory, 0xA5, sizeof(sharedMemory));
  for (int32_t i = 0; i < threads; ++i) {
    Fiber *fiber = &fibers[i];
    fiber->thread =
        (quant_opt_thread){i, block, sharedMemory, atBarrier, exchange, copyLater, commit, waitForCopies, multiply};
    fiber->state = kReady;
    fiber->group = fiber->numCopies = 0;
    prepare(fiber);
  }
  int32_t done = 0;
  for (int32_t pass = 0; done < threads; ++pass) {
    int32_t ran = 0;
    /* Forwards and backwards in turn, so that results which depend on the order do not go unseen. */
    for (int32_t i = 0; i < threads; ++i) {
      Fiber *fiber = &fibers[pass % 2 ? threads - 1 - i : i];
      if (fiber->state != kReady)
        continue;
      running = fiber;
      quant_opt_switch(&schedulerStackPointer, fiber->stackPointer);
      done += fiber->state == kDone;
      ++ran;
    }
    if (!ran)
      for (int32_t i = 0; i < threads; ++i)
        if (fibers[i].state != kDone)
          fail(&fibers[i], fibers[i].state == kAtBarrier ? "waits at a barrier that others never reach"
                                                         : "waits for threads of its warp that do something else");
    release(threads);
  }
}
