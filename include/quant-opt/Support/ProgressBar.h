//===- ProgressBar.h - Shows how far long work is, with an estimate of what remains ------------------------------===//
#ifndef QUANT_OPT_SUPPORT_PROGRESSBAR_H
#define QUANT_OPT_SUPPORT_PROGRESSBAR_H

#include "mlir/Support/LLVM.h"
#include <chrono>
#include <string>

namespace mlir::qnn {

/// On a terminal one line that is redrawn, with the time that remains; elsewhere one line per 10 %. Work that takes
/// less than a second shows nothing. Writes to standard error.
class ProgressBar {
public:
  ProgressBar(StringRef title, int64_t total);
  ~ProgressBar();

  /// States that `done` of the total are done.
  void update(int64_t done);

private:
  std::string title;
  int64_t total;
  int64_t shown = -1; // percent last drawn
  bool terminal;
  bool drawn = false;
  std::chrono::steady_clock::time_point start;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_SUPPORT_PROGRESSBAR_H
