// A 16-bit activation is multiplied by its planes: one exact i32 sum for each, put together in the epilogue (planes_c1).
// RUN: quant-opt %s --qnn-integerize --qnn-verify-integer | FileCheck %s

#rows = affine_map<(n, oc, k) -> (n, k)>
#cols = affine_map<(n, oc, k) -> (oc, k)>
#out = affine_map<(n, oc, k) -> (n, oc)>

!x = !quant.uniform<u16:f32, 0.5:258>
!n = !quant.uniform<u8:f32, 128.0:1>
!w = !quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}>
!y = !quant.uniform<u16:f32, 0.5:3>

// CHECK-LABEL: @planes_are_summed_apart
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<1x4xi16>
func.func @planes_are_summed_apart(%x: tensor<1x4xi16>) -> tensor<1x2xi16> {
  %xq = quant.scast %x : tensor<1x4xi16> to tensor<1x4x!x>
  %xf = quant.dcast %xq : tensor<1x4x!x> to tensor<1x4xf32>
  // CHECK: %[[H:.*]] = linalg.generic {{.*}} ins(%[[X]] : tensor<1x4xi16>) outs(%{{.*}} : tensor<1x4xi8>)
  // CHECK: arith.shrui
  // CHECK: arith.trunci
  // CHECK: %[[L:.*]] = linalg.generic {{.*}} ins(%[[X]] : tensor<1x4xi16>) outs(%{{.*}} : tensor<1x4xi8>)
  // CHECK-NOT: arith.shrui
  // CHECK: arith.trunci
  // CHECK: %[[W:.*]] = arith.constant dense<{{\[\[}}1, -2, 3, 4], [5, 6, -7, 8]]> : tensor<2x4xi8>
  %w = arith.constant dense<[[1, -2, 3, 4], [5, 6, -7, 8]]> : tensor<2x4xi8>
  %wq = quant.scast %w : tensor<2x4xi8> to tensor<2x4x!w>
  %wf = quant.dcast %wq : tensor<2x4x!w> to tensor<2x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  // The zero point 258 is 1 in the high plane and 2 in the low one, whose bounds are 254 and 253 a weight.
  // CHECK: arith.constant dense<[-6, -12]> : tensor<2xi32>
  // CHECK: %[[ACCH:.*]] = linalg.generic {{.*}} ins(%[[H]], %[[W]] : tensor<1x4xi8>, tensor<2x4xi8>) {{.*}}qnn.certificate = array<i64: 2540, 6604>
  // CHECK: arith.constant dense<[-12, -24]> : tensor<2xi32>
  // CHECK: %[[ACCL:.*]] = linalg.generic {{.*}} ins(%[[L]], %[[W]] : tensor<1x4xi8>, tensor<2x4xi8>) {{.*}}qnn.certificate = array<i64: 2530, 6578>
  %c = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%xf, %wf : tensor<1x4xf32>, tensor<2x4xf32>) outs(%f : tensor<1x2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  // CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[ACCH]], %[[ACCL]] : tensor<2xf32>, tensor<1x2xi32>, tensor<1x2xi32>) outs(%{{.*}} : tensor<1x2xi16>)
  // CHECK-DAG: %[[FH:.*]] = arith.sitofp
  // CHECK-DAG: %[[SHIFT:.*]] = arith.mulf %[[FH]], %{{.*}} : f32
  // CHECK: arith.addf %[[SHIFT]]
  // CHECK: arith.mulf
  // CHECK: qnn.quantize %{{.*}} zero_point 3 clamp [0, 65535] unsigned : f32, f32 -> i16
  %yq = quant.qcast %c : tensor<1x2xf32> to tensor<1x2x!y>
  %y = quant.scast %yq : tensor<1x2x!y> to tensor<1x2xi16>
  return %y : tensor<1x2xi16>
}

// CHECK-LABEL: @a_narrow_reader_rounds_the_wide_values_again
// CHECK: qnn.dequantize %{{.*}} zero_point 258 unsigned : i16, f32 -> f32
// CHECK: qnn.quantize %{{.*}} zero_point 1 clamp [0, 255] unsigned : f32, f32 -> i8
// CHECK: tensor.pad %{{.*}} low[0, 1] high[0, 1]
// CHECK: tensor.yield %{{.*}} : i8
func.func @a_narrow_reader_rounds_the_wide_values_again(%x: tensor<1x2xi16>) -> tensor<1x4xi8> {
  %xq = quant.scast %x : tensor<1x2xi16> to tensor<1x2x!x>
  %xf = quant.dcast %xq : tensor<1x2x!x> to tensor<1x2xf32>
  %zero = arith.constant 0.0 : f32
  %p = tensor.pad %xf low[0, 1] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } : tensor<1x2xf32> to tensor<1x4xf32>
  %nq = quant.qcast %p : tensor<1x4xf32> to tensor<1x4x!n>
  %n = quant.scast %nq : tensor<1x4x!n> to tensor<1x4xi8>
  return %n : tensor<1x4xi8>
}

// CHECK-LABEL: @moving_operations_work_on_words
// CHECK: tensor.pad %{{.*}} low[0, 1] high[0, 1]
// CHECK: tensor.yield %{{.*}} : i16
// CHECK-NOT: qnn.
func.func @moving_operations_work_on_words(%x: tensor<1x2xi16>) -> tensor<1x4xi16> {
  %xq = quant.scast %x : tensor<1x2xi16> to tensor<1x2x!x>
  %xf = quant.dcast %xq : tensor<1x2x!x> to tensor<1x2xf32>
  %zero = arith.constant 0.0 : f32
  %p = tensor.pad %xf low[0, 1] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } : tensor<1x2xf32> to tensor<1x4xf32>
  %nq = quant.qcast %p : tensor<1x4xf32> to tensor<1x4x!x>
  %n = quant.scast %nq : tensor<1x4x!x> to tensor<1x4xi16>
  return %n : tensor<1x4xi16>
}
