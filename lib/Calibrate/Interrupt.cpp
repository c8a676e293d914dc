//===- Interrupt.cpp - Turns the first SIGINT into a question that a loop can ask ---------------------------------===//
#include "Interrupt.h"

using namespace mlir::qnn;

// A signal handler can only reach a global of this type.
static volatile std::sig_atomic_t interrupted;

static void onInterrupt(int) { interrupted = 1; }

InterruptGuard::InterruptGuard() {
  interrupted = 0;
  struct sigaction action = {};
  action.sa_handler = onInterrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, &previous);
}

InterruptGuard::~InterruptGuard() { sigaction(SIGINT, &previous, nullptr); }

bool InterruptGuard::wasInterrupted() { return interrupted; }
