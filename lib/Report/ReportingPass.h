//===- ReportingPass.h - What both passes of this stage share -----------------------------------------------------===//
#ifndef QUANT_OPT_LIB_REPORT_REPORTINGPASS_H
#define QUANT_OPT_LIB_REPORT_REPORTINGPASS_H

#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Report/Passes.h"
#include "quant-opt/Report/Report.h"

namespace mlir::qnn {

/// A pass that collects a report; `Base` is the generated class with the options.
template <typename Base> class ReportingPass : public Base {
public:
  template <typename Options>
  ReportingPass(Options options, CompileObservedFn compile) : Base(std::move(options)), compile(std::move(compile)) {}

protected:
  ReportOptions getReportOptions() const {
    ReportOptions options;
    options.scheme.activationType = this->activationType;
    options.scheme.activationScheme = this->activationScheme;
    options.scheme.weightScheme = this->weightScheme;
    options.scheme.weightBits = this->weightBits;
    options.data = this->data;
    options.ranges = this->ranges;
    options.maxSamples = this->maxSamples;
    options.seed = this->seed;
    options.holdOut = this->holdOut;
    options.errorSamples = this->errorSamples;
    options.sensitivity = this->sensitivity;
    return options;
  }

  CompileObservedFn compile;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_REPORT_REPORTINGPASS_H
