//===- ProgressBar.cpp - Shows how far long work is, with an estimate of what remains ----------------------------===//
#include "quant-opt/Support/ProgressBar.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::qnn;

/// Work that is done sooner, in seconds, needs no report; a log wants less than a person who waits.
static constexpr double kTerminalDelay = 1, kLogDelay = 5;

ProgressBar::ProgressBar(StringRef title, int64_t total)
    : title(title), total(total), terminal(llvm::sys::Process::StandardErrIsDisplayed()),
      start(std::chrono::steady_clock::now()) {}

ProgressBar::~ProgressBar() {
  if (drawn && terminal)
    llvm::errs() << "\r\033[K";
}

void ProgressBar::update(int64_t done) {
  if (total <= 0)
    return;
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  int64_t percent = 100 * std::min(done, total) / total;
  int64_t step = terminal ? percent : percent / 10 * 10;
  if (seconds < (terminal ? kTerminalDelay : kLogDelay) || step == shown)
    return;
  shown = step;
  drawn = true;
  double remaining = done > 0 ? seconds * (total - done) / done : 0;
  if (terminal) {
    constexpr int64_t width = 30;
    std::string bar(width * percent / 100, '#');
    bar.resize(width, '.');
    llvm::errs() << '\r' << title << " [" << bar << "] " << percent << " %, " << llvm::format("%.0f", remaining)
                 << " s left\033[K";
  } else {
    llvm::errs() << title << ": " << step << " %, " << done << " of " << total << ", "
                 << llvm::format("%.0f", remaining) << " s left\n";
  }
}
