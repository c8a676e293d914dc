// What fits no plan stays a linalg.generic, and a remark says why.
// RUN: quant-opt %s --qnn-form-contractions --remarks-filter=qnn --remark-policy=all 2>&1 | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

// CHECK-DAG: stays a loop nest: the accumulator is neither i32 nor f32
func.func @doubles_stay_loops(%a: tensor<4x8xf64>, %b: tensor<16x8xf64>, %init: tensor<4x16xf64>) -> tensor<4x16xf64> {
  %y = linalg.generic {indexing_maps = [#mk, #nk, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : tensor<4x8xf64>, tensor<16x8xf64>) outs(%init : tensor<4x16xf64>) {
  ^bb0(%x: f64, %z: f64, %c: f64):
    %p = arith.mulf %x, %z : f64
    %s = arith.addf %c, %p : f64
    linalg.yield %s : f64
  } -> tensor<4x16xf64>
  return %y : tensor<4x16xf64>
}

// CHECK-DAG: stays a loop nest: a factor is neither an extended byte nor a float operand
func.func @wide_integers_stay_loops(%a: tensor<4x8xi32>, %b: tensor<16x8xi32>, %init: tensor<4x16xi32>) -> tensor<4x16xi32> {
  %y = linalg.generic {indexing_maps = [#mk, #nk, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : tensor<4x8xi32>, tensor<16x8xi32>) outs(%init : tensor<4x16xi32>) {
  ^bb0(%x: i32, %z: i32, %c: i32):
    %p = arith.muli %x, %z : i32
    %s = arith.addi %c, %p : i32
    linalg.yield %s : i32
  } -> tensor<4x16xi32>
  return %y : tensor<4x16xi32>
}

// CHECK-DAG: stays a loop nest: a depthwise contraction of two activations
func.func @depthwise_needs_constant_weights(%a: tensor<5x16xf32>, %b: tensor<3x16xf32>, %init: tensor<3x16xf32>) -> tensor<3x16xf32> {
  %y = linalg.generic {indexing_maps = [affine_map<(h, c, k) -> (h + k, c)>, affine_map<(h, c, k) -> (k, c)>, affine_map<(h, c, k) -> (h, c)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : tensor<5x16xf32>, tensor<3x16xf32>) outs(%init : tensor<3x16xf32>) {
  ^bb0(%x: f32, %z: f32, %c: f32):
    %p = arith.mulf %x, %z : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<3x16xf32>
  return %y : tensor<3x16xf32>
}

// CHECK-DAG: stays a loop nest: dot products without reuse
func.func @sums_of_squares_stay_loops(%a: tensor<5x16xf32>, %init: tensor<f32>) -> tensor<f32> {
  %y = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> ()>],
      iterator_types = ["reduction", "reduction"]}
      ins(%a, %a : tensor<5x16xf32>, tensor<5x16xf32>) outs(%init : tensor<f32>) {
  ^bb0(%x: f32, %z: f32, %c: f32):
    %p = arith.mulf %x, %z : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<f32>
  return %y : tensor<f32>
}

// CHECK-DAG: stays a loop nest: a shape is dynamic
func.func @dynamic_shapes_stay_loops(%a: tensor<?x8xf32>, %b: tensor<16x8xf32>, %init: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %y = linalg.generic {indexing_maps = [#mk, #nk, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : tensor<?x8xf32>, tensor<16x8xf32>) outs(%init : tensor<?x16xf32>) {
  ^bb0(%x: f32, %z: f32, %c: f32):
    %p = arith.mulf %x, %z : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// CHECK-DAG: stays a loop nest: a loop is empty
func.func @empty_contractions_stay_loops(%a: tensor<4x0xf32>, %b: tensor<16x0xf32>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %y = linalg.generic {indexing_maps = [#mk, #nk, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : tensor<4x0xf32>, tensor<16x0xf32>) outs(%init : tensor<4x16xf32>) {
  ^bb0(%x: f32, %z: f32, %c: f32):
    %p = arith.mulf %x, %z : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// CHECK-DAG: stays a loop nest: the side that would be packed is a window
func.func @windows_on_the_packed_side_stay_loops(%a: tensor<4x8xf32>, %b: tensor<23xf32>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %y = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n + k)>, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : tensor<4x8xf32>, tensor<23xf32>) outs(%init : tensor<4x16xf32>) {
  ^bb0(%x: f32, %z: f32, %c: f32):
    %p = arith.mulf %x, %z : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// CHECK-DAG: stays a loop nest: the channels of a depthwise contraction are not contiguous in lhs
func.func @interleaved_depthwise_channels_stay_loops(%a: tensor<16x5xf32>, %b: tensor<3x16xf32>, %init: tensor<3x16xf32>) -> tensor<3x16xf32> {
  %y = linalg.generic {indexing_maps = [affine_map<(h, c, k) -> (c, h + k)>, affine_map<(h, c, k) -> (k, c)>, affine_map<(h, c, k) -> (h, c)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : tensor<16x5xf32>, tensor<3x16xf32>) outs(%init : tensor<3x16xf32>) {
  ^bb0(%x: f32, %z: f32, %c: f32):
    %p = arith.mulf %x, %z : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<3x16xf32>
  return %y : tensor<3x16xf32>
}

// CHECK-DAG: stays a loop nest: no loop of rhs is contiguous in the result
func.func @strided_results_stay_loops(%a: tensor<4x11xf32>, %b: tensor<16x8xf32>, %init: tensor<16x4xf32>) -> tensor<16x4xf32> {
  %y = linalg.generic {indexing_maps = [affine_map<(n, m, k) -> (m, m + k)>, affine_map<(n, m, k) -> (n, k)>, affine_map<(n, m, k) -> (n, m)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : tensor<4x11xf32>, tensor<16x8xf32>) outs(%init : tensor<16x4xf32>) {
  ^bb0(%x: f32, %z: f32, %c: f32):
    %p = arith.mulf %x, %z : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<16x4xf32>
  return %y : tensor<16x4xf32>
}

// CHECK-DAG: stays outside the contraction's epilogue: the channels of an epilogue operand are not contiguous
func.func @transposed_operands_stay_outside(%a: tensor<4x8xf32>, %b: tensor<16x8xf32>, %r: tensor<16x4xf32>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %y = linalg.generic {indexing_maps = [#mk, #nk, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : tensor<4x8xf32>, tensor<16x8xf32>) outs(%init : tensor<4x16xf32>) {
  ^bb0(%x: f32, %z: f32, %c: f32):
    %p = arith.mulf %x, %z : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x16xf32>
  %e = tensor.empty() : tensor<4x16xf32>
  %q = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n, m)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%y, %r : tensor<4x16xf32>, tensor<16x4xf32>) outs(%e : tensor<4x16xf32>) {
  ^bb0(%x: f32, %z: f32, %o: f32):
    %s = arith.addf %x, %z : f32
    linalg.yield %s : f32
  } -> tensor<4x16xf32>
  return %q : tensor<4x16xf32>
}
