// A layer that stays float gets the float model's weight and bias back; one that is quantized keeps those chosen for it.
// RUN: quant-opt %s --qnn-restore-floats | FileCheck %s
// RUN: sed -e 's/"f32"/"i8"/' %s | quant-opt --qnn-restore-floats | FileCheck %s --check-prefix=CHOSEN

#id = affine_map<(n, oc) -> (n, oc)>
#vec = affine_map<(n, oc) -> (oc)>
#rows = affine_map<(n, oc, k) -> (n, k)>
#cols = affine_map<(n, oc, k) -> (oc, k)>
#out = affine_map<(n, oc, k) -> (n, oc)>

// CHECK-LABEL: @a_layer_was_changed_and_stays_float
// CHECK-NOT: method "least-squares"
// CHECK: arith.constant dense<{{\[\[}}4.000000e-01, 1.100000e+00]]> : tensor<1x2xf32>
// CHECK: qnn.precision = "f32"
// CHECK-NOT: qnn.float
// CHECK: arith.constant dense<3.000000e+00> : tensor<1xf32>
// CHECK: qnn.range {{.*}} method "mse"
// CHOSEN-LABEL: @a_layer_was_changed_and_stays_float
// CHOSEN: arith.constant dense<{{\[\[}}5.000000e-01, 1.000000e+00]]> : tensor<1x2xf32>
// CHOSEN: method "least-squares"
// CHOSEN: arith.constant dense<2.500000e+00> : tensor<1xf32>
// CHOSEN: qnn.precision = "i8"
// CHOSEN-NOT: qnn.float
func.func @a_layer_was_changed_and_stays_float(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %r = qnn.range %x [-1.0], [3.0] method "mse" : tensor<1x2xf32>
  %w = arith.constant dense<[[0.5, 1.0]]> : tensor<1x2xf32>
  %c = qnn.range %w [-1.0], [1.0] method "least-squares" : tensor<1x2xf32>
  %b = arith.constant dense<2.5> : tensor<1xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %y = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%r, %c : tensor<1x2xf32>, tensor<1x2xf32>) outs(%f : tensor<1x1xf32>)
      attrs = {qnn.precision = "f32", qnn.float_weight = dense<[[0.4, 1.1]]> : tensor<1x2xf32>, qnn.float_bias = dense<3.0> : tensor<1xf32>} {
  ^bb0(%a0: f32, %w0: f32, %c0: f32):
    %p = arith.mulf %a0, %w0 : f32
    %s = arith.addf %c0, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x1xf32>
  %z = linalg.generic {indexing_maps = [#id, #vec, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y, %b : tensor<1x1xf32>, tensor<1xf32>) outs(%e : tensor<1x1xf32>) {
  ^bb0(%c0: f32, %b0: f32, %o: f32):
    %s = arith.addf %c0, %b0 : f32
    linalg.yield %s : f32
  } -> tensor<1x1xf32>
  %q = qnn.range %z [-1.0], [3.0] method "mse" : tensor<1x1xf32>
  return %q : tensor<1x1xf32>
}
