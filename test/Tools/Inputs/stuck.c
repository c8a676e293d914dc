/* Kernels that a GPU would hang on, for the emulated one: half of the threads wait for the others, which have ended. */
#include "quant-opt/Runtime/Emulation.h"

void kernel_0(void **parameters, quant_opt_thread *thread) {
  (void)parameters;
#ifdef EXCHANGE
  if (thread->thread % 2)
    thread->exchange(thread, 1, 1);
#else
  if (thread->thread % 2)
    thread->barrier(thread);
#endif
}
