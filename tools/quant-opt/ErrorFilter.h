//===- ErrorFilter.h - Makes what stock code prints to standard error safe for terminals and readers -------------===//
#ifndef QUANT_OPT_TOOLS_QUANTOPT_ERRORFILTER_H
#define QUANT_OPT_TOOLS_QUANTOPT_ERRORFILTER_H

#include <thread>

namespace mlir::qnn {

/// While it lives, text written to standard error passes through a filter: control characters are escaped, and the line
/// of source that the stock diagnostics repeat is left out when it is long, as a weight in text is.
class ErrorFilter {
public:
  ErrorFilter();
  ~ErrorFilter();

private:
  int original = -1; // where standard error went before
  std::thread reader;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_TOOLS_QUANTOPT_ERRORFILTER_H
