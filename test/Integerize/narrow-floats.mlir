// Contractions that asked for bf16 read both operands rounded, those that asked for f16 read their weight from f16.
// RUN: quant-opt %s --qnn-narrow-floats --qnn-verify-integer | FileCheck %s
// RUN: quant-opt %s --qnn-narrow-floats --remark-format=emitRemark --remarks-filter=qnn -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

#rows = affine_map<(n, oc, k) -> (n, k)>
#cols = affine_map<(n, oc, k) -> (oc, k)>
#out = affine_map<(n, oc, k) -> (n, oc)>

// CHECK-LABEL: @bf16_operands_are_rounded_and_summed_in_f32
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<1x4xf32>
func.func @bf16_operands_are_rounded_and_summed_in_f32(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.00390625, -2.0, 3.0, 4.0], [5.0, 6.0, -7.0, 8.0]]> : tensor<2x4xf32>
  // CHECK: %[[R:.*]] = linalg.generic {{.*}} ins(%[[X]] : tensor<1x4xf32>) outs(%{{.*}} : tensor<1x4xbf16>)
  // CHECK: arith.truncf %{{.*}} : f32 to bf16
  // 1.00390625 is half way between two bf16, of which 1.0 is even.
  // CHECK: %[[W:.*]] = arith.constant dense<{{\[\[}}1.000000e+00, -2.000000e+00, 3.000000e+00, 4.000000e+00], [{{.*}}]]> : tensor<2x4xbf16>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  // CHECK: linalg.generic {{.*}} ins(%[[R]], %[[W]] : tensor<1x4xbf16>, tensor<2x4xbf16>) outs(%{{.*}} : tensor<1x2xf32>)
  // CHECK-NOT: qnn.precision
  // CHECK-COUNT-2: arith.extf %{{.*}} : bf16 to f32
  // CHECK: arith.mulf %{{.*}} : f32
  // CHECK: arith.addf %{{.*}} : f32
  %y = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"], qnn.precision = "bf16"}
      ins(%x, %w : tensor<1x4xf32>, tensor<2x4xf32>) outs(%f : tensor<1x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// CHECK-LABEL: @rounding_moves_before_a_pad_that_nothing_else_reads
// CHECK: arith.truncf
// CHECK: tensor.pad
// CHECK: tensor.yield %{{.*}} : bf16
// CHECK: ins(%{{.*}}, %{{.*}} : tensor<1x4xbf16>, tensor<2x4xbf16>)
func.func @rounding_moves_before_a_pad_that_nothing_else_reads(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.0, -2.0, 3.0, 4.0], [5.0, 6.0, -7.0, 8.0]]> : tensor<2x4xf32>
  %zero = arith.constant 0.0 : f32
  %padded = tensor.pad %x low[0, 1] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } : tensor<1x2xf32> to tensor<1x4xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"], qnn.precision = "bf16"}
      ins(%padded, %w : tensor<1x4xf32>, tensor<2x4xf32>) outs(%f : tensor<1x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// CHECK-LABEL: @f16_is_the_storage_of_weights
// CHECK: ins(%{{.*}}, %{{.*}} : tensor<1x4xf32>, tensor<2x4xf16>)
// CHECK: arith.extf %{{.*}} : f16 to f32
func.func @f16_is_the_storage_of_weights(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.0, -2.0, 3.0, 4.0], [5.0, 6.0, -7.0, 8.0]]> : tensor<2x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"], qnn.precision = "f16"}
      ins(%x, %w : tensor<1x4xf32>, tensor<2x4xf32>) outs(%f : tensor<1x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// CHECK-LABEL: @what_f16_cannot_hold_stays_f32
// REMARK: its weight holds 100000{{.*}}, and 65504 is the largest f16
// REMARK: f16 is the storage of weights, and it has none
// CHECK-NOT: f16
// CHECK: return
func.func @what_f16_cannot_hold_stays_f32(%x: tensor<1x4xf32>, %v: tensor<2x4xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %w = arith.constant dense<[[100000.0, -2.0, 3.0, 4.0], [5.0, 6.0, -7.0, 8.0]]> : tensor<2x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"], qnn.precision = "f16"}
      ins(%x, %w : tensor<1x4xf32>, tensor<2x4xf32>) outs(%f : tensor<1x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  %z = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"], qnn.precision = "f16"}
      ins(%x, %v : tensor<1x4xf32>, tensor<2x4xf32>) outs(%f : tensor<1x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  return %y, %z : tensor<1x2xf32>, tensor<1x2xf32>
}
