// The argument of a function has a range of its own where this is asked for, and not where the function reads something else too.
// RUN: quant-opt %s --qnn-round-functions --qnn-insert-observers | FileCheck %s
// RUN: quant-opt %s --qnn-insert-observers | FileCheck %s --check-prefix=OFF
// RUN: quant-opt %s --qnn-round-functions --qnn-form-lookups | FileCheck %s --check-prefix=GONE
// RUN: quant-opt %s --calibrate="calibration-data=%S/Inputs/one.npy round-functions=true" | FileCheck %s --check-prefix=FLOW
// GONE-LABEL: func.func @a_function_of_what_a_contraction_made
// GONE-NOT: qnn.round_functions
// GONE: return
// FLOW-COUNT-4: qnn.range

// CHECK-LABEL: func.func @a_function_of_what_a_contraction_made
// CHECK-SAME: qnn.round_functions
// CHECK-DAG: qnn.observe %{{.*}} as "x"
// CHECK-DAG: qnn.observe %{{.*}} as "first"
// CHECK-DAG: qnn.observe %{{.*}} as "tanh"
// CHECK-DAG: qnn.observe %{{.*}} as "quotient"
// CHECK-NOT: qnn.observe
// OFF-COUNT-3: qnn.observe
// OFF-NOT: qnn.observe
func.func @a_function_of_what_a_contraction_made(%x: tensor<1x4xf32> {qnn.name = "x", qnn.type = "float"}) -> tensor<1x4xf32> {
  %w = arith.constant dense<0.25> : tensor<4x4xf32>
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x4xf32>
  %zero = linalg.fill ins(%c : f32) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<1x4xf32>) -> tensor<1x4xf32> loc("first")
  %1 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%0 : tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = math.tanh %a : f32
    linalg.yield %t : f32
  } -> tensor<1x4xf32> loc("tanh")
  %2 = linalg.matmul ins(%1, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<1x4xf32>) -> tensor<1x4xf32> loc("second")
  // A division by what is not constant is no function of one value.
  %3 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%2, %x : tensor<1x4xf32>, tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %t = arith.divf %a, %b : f32
    linalg.yield %t : f32
  } -> tensor<1x4xf32> loc("quotient")
  %4 = linalg.matmul ins(%3, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<1x4xf32>) -> tensor<1x4xf32> loc("third")
  return %4 : tensor<1x4xf32>
}
