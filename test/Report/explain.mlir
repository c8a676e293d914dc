// One layer as text, found by any of its nodes; operations in float say why, and misspelt names what was meant.
// RUN: quant-opt %s "--qnn-explain=node=fc" -o /dev/null 2>&1 | FileCheck %s
// RUN: quant-opt %s "--qnn-explain=node=relu" -o /dev/null 2>&1 | FileCheck %s
// RUN: quant-opt %s "--qnn-explain=node=softmax" -o /dev/null 2>&1 | FileCheck %s --check-prefix=FLOAT
// RUN: not quant-opt %s "--qnn-explain=node=rellu" 2>&1 | FileCheck %s --check-prefix=MISSPELT

// CHECK: layer "fc": contraction in i8, with "relu"
// CHECK-NEXT: weight [2, 4]
// CHECK-NEXT: stored as i8, per channel (2)
// CHECK-NEXT: scale 0.01 to 0.1
// CHECK-NEXT: bytes 32 -> 16
// CHECK-NEXT: own error SQNR {{[0-9.]+}} dB, rounding {{.*}}, clipping 0 (mean squares), 0 % clipped
// CHECK-NEXT: reads "x" [1, 4]
// CHECK-NEXT: range -1 to 3 by min-max
// CHECK-NEXT: stored as u8, per tensor, scale 0.0156863, zero point 64: holds -1.00392 to 2.99608
// CHECK-NEXT: its result stays f32
// FLOAT: "softmax" stays float: {{.+}}
// MISSPELT: error: no layer holds a node "rellu", did you mean "relu"?
#id = affine_map<(n, oc) -> (n, oc)>
#rows = affine_map<(n, oc, k) -> (n, k)>
#cols = affine_map<(n, oc, k) -> (oc, k)>
#out = affine_map<(n, oc, k) -> (n, oc)>
func.func @an_explanation(%x: tensor<1x4xf32> {qnn.name = "x", qnn.type = "float"}) -> (tensor<1x2xf32> {qnn.name = "y", qnn.type = "float"}) {
  %r = qnn.range %x [-1.0], [3.0] method "min-max" : tensor<1x4xf32>
  %w = arith.constant dense<[[1.27, -0.635, 0.0, 0.01], [-12.7, 0.1, 0.2, 0.3]]> : tensor<2x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%r, %w : tensor<1x4xf32>, tensor<2x4xf32>) outs(%f : tensor<1x2xf32>) {
  ^bb0(%a0: f32, %w0: f32, %c: f32):
    %p = arith.mulf %a0, %w0 : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32> loc("fc")
  %v = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %a, %zero : f32
    linalg.yield %0 : f32
  } -> tensor<1x2xf32> loc("relu")
  %s = linalg.softmax dimension(1) ins(%v : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32> loc("softmax")
  return %s : tensor<1x2xf32>
}
