//===- SimulateTest.h - A model of two layers, and its simulation ------------------------------------------------===//
#ifndef QUANT_OPT_TEST_UNIT_SIMULATE_SIMULATETEST_H
#define QUANT_OPT_TEST_UNIT_SIMULATE_SIMULATETEST_H

#include "quant-opt/Pipelines/Calibrate.h"
#include "quant-opt/Pipelines/RegisterAll.h"
#include "quant-opt/Simulate/Simulation.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

namespace mlir::qnn {

/// relu(x * first + bias) * second: [1, 4] to [1, 3] to [1, 2]. The edges are "x" and "relu".
inline constexpr const char *kTwoLayers = R"(
#rows = affine_map<(n, oc, k) -> (n, k)>
#cols = affine_map<(n, oc, k) -> (oc, k)>
#out = affine_map<(n, oc, k) -> (n, oc)>
#id = affine_map<(n, oc) -> (n, oc)>
#vec = affine_map<(n, oc) -> (oc)>
func.func @model(%x: tensor<1x4xf32> {qnn.name = "x", qnn.type = "float"}) -> (tensor<1x2xf32> {qnn.name = "y", qnn.type = "float"}) {
  %r = qnn.range %x [-1.0], [3.0] method "min-max" : tensor<1x4xf32>
  %w0 = arith.constant dense<[[1.27, -0.635, 0.0, 0.01], [-12.7, 0.1, 0.2, 0.3], [0.5, 0.25, -0.75, 1.0]]> : tensor<3x4xf32>
  %w1 = arith.constant dense<[[0.3, -0.2, 0.9], [0.7, 0.6, -0.1]]> : tensor<2x3xf32>
  %b = arith.constant dense<[0.5, 14.0, -0.25]> : tensor<3xf32>
  %zero = arith.constant 0.0 : f32
  %e3 = tensor.empty() : tensor<1x3xf32>
  %e2 = tensor.empty() : tensor<1x2xf32>
  %f3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<1x3xf32>) -> tensor<1x3xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %a = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%r, %w0 : tensor<1x4xf32>, tensor<3x4xf32>) outs(%f3 : tensor<1x3xf32>) {
  ^bb0(%l: f32, %w: f32, %c: f32):
    %p = arith.mulf %l, %w : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x3xf32> loc("first")
  %biased = linalg.generic {indexing_maps = [#id, #vec, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a, %b : tensor<1x3xf32>, tensor<3xf32>) outs(%e3 : tensor<1x3xf32>) {
  ^bb0(%c: f32, %b0: f32, %o: f32):
    %s = arith.addf %c, %b0 : f32
    linalg.yield %s : f32
  } -> tensor<1x3xf32> loc("bias")
  %relu = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%biased : tensor<1x3xf32>) outs(%e3 : tensor<1x3xf32>) {
  ^bb0(%c: f32, %o: f32):
    %z = arith.constant 0.0 : f32
    %s = arith.maximumf %c, %z : f32
    linalg.yield %s : f32
  } -> tensor<1x3xf32> loc("relu")
  %h = qnn.range %relu [0.0], [31.875] method "min-max" : tensor<1x3xf32>
  %y = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%h, %w1 : tensor<1x3xf32>, tensor<2x3xf32>) outs(%f2 : tensor<1x2xf32>) {
  ^bb0(%l: f32, %w: f32, %c: f32):
    %p = arith.mulf %l, %w : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32> loc("second")
  return %y : tensor<1x2xf32>
})";

class SimulateTest : public testing::Test {
protected:
  static MLIRContext &getContext() {
    static MLIRContext *context = [] {
      DialectRegistry registry;
      registerAllDialects(registry);
      return new MLIRContext(registry);
    }();
    return *context;
  }

  static std::unique_ptr<Simulation> simulate(SimulationOptions options = {}, const char *source = kTwoLayers) {
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(source, &getContext());
    EXPECT_TRUE(bool(module));
    FailureOr<std::unique_ptr<Simulation>> simulation = Simulation::create(*module, options, compileObserved);
    EXPECT_TRUE(succeeded(simulation));
    return succeeded(simulation) ? std::move(*simulation) : nullptr;
  }
};

} // namespace mlir::qnn

#endif // QUANT_OPT_TEST_UNIT_SIMULATE_SIMULATETEST_H
