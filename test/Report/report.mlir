// What the IR says of each layer and edge stands in the JSON, and the module is not changed.
// RUN: quant-opt %s "--qnn-report=out=%t.html" -o %t.mlir
// RUN: quant-opt %s -o %t.before.mlir
// RUN: cmp %t.before.mlir %t.mlir
// RUN: FileCheck %s --input-file=%t.json
// RUN: %python %S/Inputs/check_report.py %t.html %t.json %source/docs/report.schema.json | FileCheck %s --check-prefix=VALID
// RUN: quant-opt %s "--qnn-report=out=%t.2.html activation-type=i8 activation-scheme=symmetric weight-scheme=per-tensor weight-bits=4" -o %t.mlir
// RUN: cmp %t.before.mlir %t.mlir
// RUN: FileCheck %s --input-file=%t.2.json --check-prefix=SCHEME

// VALID: valid: 1 layers, 1 edges, 1 float, no data
// CHECK: "name": "a_report"
// CHECK: "float_weight_bytes": 32
// CHECK-NEXT: "stored_weight_bytes": 16
// CHECK: "decisions": [
// CHECK: "text": "keeps its </script> bias"
// CHECK: "sqnr_before_db": 20.5
// CHECK: "layers": [
// CHECK: "name": "fc"
// CHECK: "role": "contraction"
// CHECK: "precision": "i8"
// CHECK: "output": null
// CHECK: "granularity": "per-channel"
// CHECK: "min_scale": 0.01
// CHECK-NEXT: "max_scale": 0.1
// CHECK: "clipping_mse": 0
// CHECK: "edges": [
// CHECK: "name": "x"
// CHECK: "storage": "u8"
// CHECK: "lo": -1
// CHECK-NEXT: "hi": 3
// CHECK-NEXT: "method": "min-max"
// CHECK-NEXT: "scale": 0.015686275
// CHECK-NEXT: "zero_point": 64
// CHECK: "float": [
// CHECK: "name": "softmax"
// CHECK: "reason": "{{.+}}"
// SCHEME: "activation_type": "i8"
// SCHEME: "activation_scheme": "symmetric"
// SCHEME: "weight_scheme": "per-tensor"
// SCHEME: "bits": 4
// SCHEME: "storage": "i8"
#id = affine_map<(n, oc) -> (n, oc)>
#rows = affine_map<(n, oc, k) -> (n, k)>
#cols = affine_map<(n, oc, k) -> (oc, k)>
#out = affine_map<(n, oc, k) -> (n, oc)>
module attributes {qnn.decisions = [{layer = "fc", pass = "qnn-correct-bias", sqnr_after = 20.5, sqnr_before = 20.5, text = "keeps its </script> bias"}]} {
  func.func @a_report(%x: tensor<1x4xf32> {qnn.name = "x", qnn.type = "float"}) -> (tensor<1x2xf32> {qnn.name = "y", qnn.type = "float"}) {
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
    %s = linalg.softmax dimension(1) ins(%y : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32> loc("softmax")
    return %s : tensor<1x2xf32>
  }
}
