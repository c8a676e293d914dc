//===- Interrupt.h - Turns the first SIGINT into a question that a loop can ask -----------------------------------===//
#ifndef QUANT_OPT_LIB_CALIBRATE_INTERRUPT_H
#define QUANT_OPT_LIB_CALIBRATE_INTERRUPT_H

#include <csignal>

namespace mlir::qnn {

/// While one lives, SIGINT only sets a flag; a second SIGINT acts as it would without. One at a time.
class InterruptGuard {
public:
  InterruptGuard();
  ~InterruptGuard();
  static bool wasInterrupted();

private:
  struct sigaction previous;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_CALIBRATE_INTERRUPT_H
