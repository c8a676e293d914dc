//===- TrialBuild.h - The module that a simulation runs -----------------------------------------------------------===//
#ifndef QUANT_OPT_LIB_SIMULATE_TRIALBUILD_H
#define QUANT_OPT_LIB_SIMULATE_TRIALBUILD_H

#include "quant-opt/Simulate/Simulation.h"

namespace mlir::qnn {

/// How many arguments of rank 0 an edge's fake quantization has: scale, least and greatest q - zero point. A scale of 0
/// lets the edge pass.
constexpr unsigned kEdgeArguments = 3;

/// What the trial build's function takes after the model's own arguments, in this order.
struct TrialArguments {
  /// For each layer with a weight.
  struct Layer {
    unsigned layer;
    unsigned weight, bias; ///< numbers of the arguments
  };
  std::vector<Layer> layers;
  /// The first of the arguments of edge 0; edge i's follow those of edge i - 1.
  unsigned firstEdge = 0;
  unsigned numArguments = 0;
};

struct TrialTap {
  Tap tap;
  std::string name; ///< the observe's
  int64_t size;
};

/// Turns `function`, in the Normalized form, into the trial build. `chosen` refers to its operations.
TrialArguments makeTrialBuild(FunctionOpInterface function, const ChosenParams &chosen,
                              const SimulationOptions &options, std::vector<TrialTap> &taps);

/// Takes out what a run does not read, so that trial builds that compute the same are equal: constants that became
/// arguments, and what passes noted.
void dropNotes(ModuleOp trial);

} // namespace mlir::qnn

#endif // QUANT_OPT_LIB_SIMULATE_TRIALBUILD_H
