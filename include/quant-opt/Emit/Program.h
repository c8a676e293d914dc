//===- Program.h - A lowered model, ready to be emitted: what Lower hands to Emit ---------------------------------===//
#ifndef QUANT_OPT_EMIT_PROGRAM_H
#define QUANT_OPT_EMIT_PROGRAM_H

#include "quant-opt/Support/CpuPath.h"
#include "quant-opt/Support/Packing.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <memory>
#include <string>
#include <vector>

namespace mlir::qnn {

/// An input or output of the model, row-major and dense in the model's own layout.
struct TensorInfo {
  std::string name;
  std::string type; // ONNX element type: "float", "uint8", "int64", "bool", …; bool is one byte, 0 or 1
  std::vector<int64_t> shape;
  /// Of a parameter that runs read packed; only who runs the program in this process can give it so.
  std::shared_ptr<const Packing> packing = nullptr;
};

/// One step of the program: a function `void symbol(ptr frame, i64 begin, i64 end)`.
struct ProgramStep {
  std::string symbol;
  int64_t count;
  std::string layer;
  int64_t shared = -1;   // the fastest iterations, which threads share; all if negative, one thread does all if 0
  std::string plan = {}; // how it computes, in one line; empty if nothing was said
  int64_t macs = 0;      // multiply-adds, 0 if not known
};

/// The program's code for one CPU path.
struct ProgramCode {
  CpuPath path;
  OwningOpRef<ModuleOp> module; // LLVM dialect
  std::vector<ProgramStep> steps;
};

/// A model after Lower. Weights and workspace are laid out once and shared by all paths.
struct Program {
  std::string name;
  std::vector<TensorInfo> inputs, outputs;
  std::vector<std::string>
      observedEdges;                // edge i is what quant_opt_observe_fn calls i; empty unless edges are observed
  std::vector<float> observedSteps; // their scales, 0 where not quantized; empty if none is
  int64_t workspaceBytes = 0;
  std::vector<char> weights; // every constant at a 64-byte aligned offset
  std::vector<ProgramCode> codes;
};

} // namespace mlir::qnn

#endif // QUANT_OPT_EMIT_PROGRAM_H
