//===- MeasureRanges.h - Runs a model with observers on data and makes the range table ----------------------------===//
#ifndef QUANT_OPT_CALIBRATE_MEASURERANGES_H
#define QUANT_OPT_CALIBRATE_MEASURERANGES_H

#include "quant-opt/Calibrate/RangeTable.h"
#include "quant-opt/Dialect/Qnn/IR/Qnn.h"
#include "quant-opt/Emit/Program.h"
#include "quant-opt/Runtime/Frame.h"

#include "mlir/IR/BuiltinOps.h"
#include <functional>
#include <memory>
#include <optional>

namespace mlir::qnn {

/// Receives the values on an edge in one of several runs, or in a lane of runs that follow each other.
using ObserveRunFn = function_ref<void(size_t run, int32_t edge, const float *data, int64_t count)>;

/// What a lane's next run reads, valid until the lane asks again; nothing if no run is left for it.
using NextInputsFn = function_ref<std::optional<ArrayRef<const void *>>(size_t lane)>;

/// Stands for the observer of one of several runs.
struct NumberedObserver {
  ObserveRunFn observe;
  size_t run = 0;
  bool wasCalled = false;

  static void call(void *opaque, int32_t edge, const float *data, int64_t count) {
    auto *self = static_cast<NumberedObserver *>(opaque);
    self->wasCalled = true;
    self->observe(self->run, edge, data, count);
  }
};

/// A float model that gives the values on its edges to an observer as it runs.
class ObservedModel {
public:
  virtual ~ObservedModel() = default;
  virtual ArrayRef<TensorInfo> getInputs() const = 0;
  virtual ArrayRef<TensorInfo> getOutputs() const { return {}; }
  /// The bytes of each output after the last run, row-major.
  virtual ArrayRef<const void *> getOutputData() const { return {}; }
  /// Edge i of `observe` is the i-th of these.
  virtual ArrayRef<std::string> getObservedEdges() const = 0;
  virtual void run(ArrayRef<const void *> inputs, void *observer, quant_opt_observe_fn observe) = 0;
  /// Runs each of `inputs` without an observer, several at once where the model can, and calls `consume` with its
  /// number and its outputs for each in their order.
  virtual void runMany(ArrayRef<ArrayRef<const void *>> inputs,
                       function_ref<void(size_t number, ArrayRef<const void *> outputs)> consume) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      run(inputs[i], nullptr, [](void *, int32_t, const float *, int64_t) {});
      consume(i, getOutputData());
    }
  }
  /// How many lanes `observeMany` has.
  virtual size_t getConcurrency() const { return 1; }
  /// Runs what `next` gives, in up to `getConcurrency()` lanes at once that do not wait for each other. `next` is
  /// called by one thread at a time. `observe` gets the number of the lane first; it is called by several threads, but
  /// by one for a lane. Outputs are not kept.
  virtual void observeMany(NextInputsFn next, ObserveRunFn observe) {
    NumberedObserver observer{observe};
    while (std::optional<ArrayRef<const void *>> inputs = next(observer.run)) {
      run(*inputs, &observer, NumberedObserver::call);
      observer.run = (observer.run + 1) % getConcurrency();
    }
  }
  /// Runs all of `inputs` side by side: each of the model's steps for all of them, in their order, before the next one.
  /// `observe` gets the number of the run first. After each step in which it was called, `settle` may change what the
  /// inputs point to; the steps that follow read that. Outputs are not kept.
  virtual llvm::Error runTogether(ArrayRef<ArrayRef<const void *>> inputs, ObserveRunFn observe,
                                  function_ref<void()> settle) = 0;
};

/// Compiles a module in the Normalized form with `qnn.observe` on its edges; emits errors. `module` may be changed.
using CompileObservedFn = std::function<FailureOr<std::unique_ptr<ObservedModel>>(ModuleOp module)>;

struct CalibrateOptions {
  std::string data; ///< .npz with an array for each input, or .npy for a model's only input
  numerics::RangeOptions ranges;
  bool perChannel = false; ///< a pair for each index of an edge's innermost dimension, by min-max
  int64_t maxSamples = 0;  ///< 0 takes all
  uint64_t seed = 0;       ///< chooses which samples when there are more than asked for; 0 takes the first
  bool holdOut = false;    ///< leaves out the held-out samples of `splitSamples`
  std::string rangesOut;   ///< where the table is written; empty writes none
  bool sketches = true;    ///< whether it holds the sketches
  std::string resume; ///< a table of the same model whose measurement is continued, or computed anew by another method
  std::vector<std::string> merge; ///< tables of the same model, measured on other data, that are added
};

/// An edge to be measured, with the size of its innermost dimension (0 for a scalar).
struct ObservedEdge {
  std::string name;
  int64_t channels;
};

/// Measures the ranges of `edges`. `compile` is only called if there is data left to run. After an interrupt (SIGINT)
/// the table of what was measured is written if `rangesOut` says where, and the error tells how to go on.
llvm::Expected<RangeTable> measureRanges(StringRef modelName, StringRef modelSha256, ArrayRef<ObservedEdge> edges,
                                         const CalibrateOptions &options,
                                         function_ref<FailureOr<std::unique_ptr<ObservedModel>>()> compile);

/// The whole of Calibrate on a module in the Normalized form: observe a copy, compile it, run it, write the table, and
/// leave the module in the Calibrated form. Emits errors.
FailureOr<RangeTable> calibrateModule(ModuleOp module, const CalibrateOptions &options,
                                      const CompileObservedFn &compile);

/// Puts a `qnn.observe` on every quantized edge of every function in `root`, without ranges from then on. Returns them
/// in program order.
std::vector<ObserveOp> insertObservers(Operation *root);

/// Puts a `qnn.range` on every quantized edge of `module`. A table's edge that the model lacks, and an edge that the
/// table lacks, are emitted as errors. `source` names the table in messages.
LogicalResult annotateRanges(ModuleOp module, const RangeTable &table, StringRef source);

/// SHA-256 of a file's bytes, in hexadecimal.
llvm::Expected<std::string> hashFile(StringRef path);
/// SHA-256 of a module without its locations, in hexadecimal.
std::string hashModule(ModuleOp module);

} // namespace mlir::qnn

#endif // QUANT_OPT_CALIBRATE_MEASURERANGES_H
