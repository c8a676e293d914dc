//===- Benchmark.h - Measures the latency of a model -------------------------------------------------------------===//
#ifndef QUANT_OPT_TOOLS_QUANTRUN_BENCHMARK_H
#define QUANT_OPT_TOOLS_QUANTRUN_BENCHMARK_H

#include "CompiledModel.h"

namespace mlir::qnn {

/// Fills the model's input buffers with values that any model accepts: small floats and bytes that vary, zeros
/// elsewhere.
void fillSyntheticInputs(CompiledModel &model);

/// Runs the model on what its input buffers hold for about `seconds`, after a warm-up, and prints median and spread.
llvm::Error benchmarkModel(CompiledModel &model, int threads, double seconds);

} // namespace mlir::qnn

#endif // QUANT_OPT_TOOLS_QUANTRUN_BENCHMARK_H
