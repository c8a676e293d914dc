// RUN: quant-opt %s --qnn-form-contractions --qnn-pack-weights --canonicalize | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

// One block of 16 channels, one group of 4 values to sum: channel c's values are the bytes 4c to 4c + 3, zero where there are none.
// CHECK-LABEL: @constant_bytes_are_packed_by_fours
// CHECK: qnn.contract ins(%{{.*}}, %{{.*}} : tensor<4x3xi8>, tensor<1x1x16x4xi8>)
// CHECK-SAME: packed_k = array<i64: 2>, run_dims = 1 : i64
func.func @constant_bytes_are_packed_by_fours(%a: tensor<4x3xi8>) -> tensor<4x2xi32> {
  %w = arith.constant dense<[[1, 2, 3], [-1, -2, -3]]> : tensor<2x3xi8>
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<4x2xi32>
  %init = linalg.fill ins(%zero : i32) outs(%e : tensor<4x2xi32>) -> tensor<4x2xi32>
  %acc = linalg.generic {indexing_maps = [#mk, #nk, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %w : tensor<4x3xi8>, tensor<2x3xi8>) outs(%init : tensor<4x2xi32>) {
  ^bb0(%x: i8, %y: i8, %c: i32):
    %a1 = arith.extui %x : i8 to i32
    %w1 = arith.extsi %y : i8 to i32
    %p = arith.muli %a1, %w1 : i32
    %s = arith.addi %c, %p : i32
    linalg.yield %s : i32
  } -> tensor<4x2xi32>
  return %acc : tensor<4x2xi32>
}

// Three rows of three taps are padded to four, twice: from the first tap and from one before it; 5 channels are padded to 16.
// CHECK-LABEL: @depthwise_taps_are_packed_by_fours
// CHECK: qnn.contract ins(%{{.*}}, %{{.*}} : tensor<6x6x5xi8>, tensor<1x3x2x1x16x4xi8>)
// CHECK-SAME: packed_k = array<i64: 3, 4>, run_dims = 2 : i64
func.func @depthwise_taps_are_packed_by_fours(%a: tensor<6x6x5xi8>) -> tensor<4x4x5xi32> {
  %w = arith.constant dense<2> : tensor<5x3x3xi8>
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<4x4x5xi32>
  %init = linalg.fill ins(%zero : i32) outs(%e : tensor<4x4x5xi32>) -> tensor<4x4x5xi32>
  %acc = linalg.generic {indexing_maps = [affine_map<(h, w, c, y, x) -> (h + y, w + x, c)>, affine_map<(h, w, c, y, x) -> (c, y, x)>, affine_map<(h, w, c, y, x) -> (h, w, c)>],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%a, %w : tensor<6x6x5xi8>, tensor<5x3x3xi8>) outs(%init : tensor<4x4x5xi32>) {
  ^bb0(%x: i8, %y: i8, %c: i32):
    %a1 = arith.extui %x : i8 to i32
    %w1 = arith.extsi %y : i8 to i32
    %p = arith.muli %a1, %w1 : i32
    %s = arith.addi %c, %p : i32
    linalg.yield %s : i32
  } -> tensor<4x4x5xi32>
  return %acc : tensor<4x4x5xi32>
}

// A right side that the model computes is padded and packed by tensor operations.
// CHECK-LABEL: @an_activation_is_packed_when_the_model_runs
// CHECK: tensor.pad %{{.*}} low[0, 0] high[2, 12]
// CHECK: linalg.generic
// CHECK: qnn.contract ins(%{{.*}}, %{{.*}} : tensor<3x6xi8>, tensor<2x2x16x4xi8>)
func.func @an_activation_is_packed_when_the_model_runs(%a: tensor<3x6xi8>, %b: tensor<6x20xi8>) -> tensor<3x20xi32> {
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<3x20xi32>
  %init = linalg.fill ins(%zero : i32) outs(%e : tensor<3x20xi32>) -> tensor<3x20xi32>
  %acc = linalg.generic {indexing_maps = [#mk, affine_map<(m, n, k) -> (k, n)>, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : tensor<3x6xi8>, tensor<6x20xi8>) outs(%init : tensor<3x20xi32>) {
  ^bb0(%x: i8, %y: i8, %c: i32):
    %a1 = arith.extui %x : i8 to i32
    %w1 = arith.extsi %y : i8 to i32
    %p = arith.muli %a1, %w1 : i32
    %s = arith.addi %c, %p : i32
    linalg.yield %s : i32
  } -> tensor<3x20xi32>
  return %acc : tensor<3x20xi32>
}

// CHECK-LABEL: @a_reshaped_constant_takes_its_shape
// CHECK: arith.constant dense<{{.*}}> : tensor<2x2xf32>
// CHECK-NOT: tensor.expand_shape
func.func @a_reshaped_constant_takes_its_shape() -> tensor<2x2xf32> {
  %c = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %y = tensor.expand_shape %c [[0, 1]] output_shape [2, 2] : tensor<4xf32> into tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// What is given long before a run is given as the kernel reads it: 20 channels in two blocks of 16, 6 values to sum.
// CHECK-LABEL: @a_parameter_is_given_packed
// CHECK-SAME: %[[W:[a-z0-9]+]]: tensor<2x6x16xf32> {qnn.packing = {block = 16 : i64, block_stride = 96 : i64, channels = 20 : i64, dims = array<i64: 20, 0, 1, 0, 6, 0, 0, 1>, group_stride = 16 : i64, run = 6 : i64, shape = array<i64: 20, 6>, size = 192 : i64, step = 1 : i64, taps_in_row = 0 : i64}, qnn.parameter}
// CHECK: qnn.contract ins(%{{.*}}, %[[W]] : tensor<3x6xf32>, tensor<2x6x16xf32>)
func.func @a_parameter_is_given_packed(%a: tensor<3x6xf32>, %w: tensor<20x6xf32> {qnn.parameter}) -> tensor<3x20xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x20xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<3x20xf32>) -> tensor<3x20xf32>
  %acc = linalg.generic {indexing_maps = [#mk, #nk, #mn], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %w : tensor<3x6xf32>, tensor<20x6xf32>) outs(%init : tensor<3x20xf32>) {
  ^bb0(%x: f32, %y: f32, %c: f32):
    %p = arith.mulf %x, %y : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<3x20xf32>
  return %acc : tensor<3x20xf32>
}
