// RUN: split-file %s %t
// RUN: not quant-opt %t/model.mlir --qnn-annotate-ranges 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not quant-opt %t/model.mlir --qnn-annotate-ranges=ranges=%t/absent.json 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not quant-opt %t/model.mlir --qnn-annotate-ranges=ranges=%t/unknown.json 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not quant-opt %t/model.mlir --qnn-annotate-ranges=ranges=%t/missing.json 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not quant-opt %t/model.mlir --qnn-annotate-ranges=ranges=%t/axis.json 2>&1 | FileCheck %s --check-prefix=AXIS
// RUN: not quant-opt %t/model.mlir --qnn-annotate-ranges=ranges=%t/count.json 2>&1 | FileCheck %s --check-prefix=COUNT

// NONE: error: no range table: give ranges=FILE.json, as --qnn-calibrate writes it
// ABSENT: error: {{.*}}absent.json: No such file or directory
// UNKNOWN: error: {{.*}}unknown.json has a range for edge "images", which the model lacks, did you mean "image"?
// MISSING: error: {{.*}}missing.json has no range for 1 of 1 edges: "image"
// AXIS: error: range of edge "image": expected an axis of 'tensor<1x4xf32>', found 2
// COUNT: error: ranges of edge "image": expected 4 along axis 1 of 'tensor<1x4xf32>', found 2

//--- unknown.json
{ "version": 1, "edges": [ { "name": "image", "lo": -1, "hi": 3 }, { "name": "images", "lo": -1, "hi": 3 } ] }
//--- missing.json
{ "version": 1, "edges": [] }
//--- axis.json
{ "version": 1, "edges": [ { "name": "image", "axis": 2, "lo": [-1], "hi": [3] } ] }
//--- count.json
{ "version": 1, "edges": [ { "name": "image", "axis": -1, "lo": [-1, 0], "hi": [3, 1] } ] }
//--- model.mlir
func.func @model(%x: tensor<1x4xf32> {qnn.name = "image", qnn.type = "float"}) -> (tensor<1x2xf32> {qnn.name = "y", qnn.type = "float"}) {
  %w = arith.constant dense<[[1.0, -1.0], [0.5, 0.25], [2.0, 0.0], [1.0, 1.0]]> : tensor<4x2xf32>
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %zero = linalg.fill ins(%c : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32> loc("fc")
  return %y : tensor<1x2xf32>
}
