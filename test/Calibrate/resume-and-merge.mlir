// The table of a whole measurement equals that of its parts, merged or resumed, apart from where the data came from.
// RUN: rm -rf %t && mkdir %t
// RUN: quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/three.npz ranges-out=%t/whole.json" -o %t/whole.mlir
// RUN: quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/first.npz ranges-out=%t/first.json" -o /dev/null
// RUN: quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/rest.npz merge=%t/first.json ranges-out=%t/merged.json" -o %t/merged.mlir
// RUN: quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/rest.npz resume=%t/first.json ranges-out=%t/resumed.json" -o %t/resumed.mlir
// RUN: diff %t/whole.mlir %t/merged.mlir
// RUN: diff %t/whole.mlir %t/resumed.mlir
// RUN: sed -n '/"edges"/,$p' %t/whole.json > %t/whole.txt
// RUN: sed -n '/"edges"/,$p' %t/merged.json | diff %t/whole.txt -
// RUN: sed -n '/"edges"/,$p' %t/resumed.json | diff %t/whole.txt -
// RUN: FileCheck %s < %t/merged.json

// More samples of the same file go on where the table ended.
// RUN: quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/three.npz max-samples=1 ranges-out=%t/begun.json" -o /dev/null
// RUN: quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/three.npz resume=%t/begun.json ranges-out=%t/ended.json" -o /dev/null
// RUN: diff %t/whole.json %t/ended.json

// Without new data a table is computed anew, here by another method, and without sketches it is short.
// RUN: quant-opt %s "--qnn-calibrate=resume=%t/whole.json method=min-max ranges-out=%t/anew.json sketches=false" | FileCheck %s --check-prefix=ANEW
// RUN: FileCheck %s --check-prefix=SHORT < %t/anew.json
// RUN: not quant-opt %s "--qnn-calibrate=resume=%t/anew.json" 2>&1 | FileCheck %s --check-prefix=SKETCHES
// RUN: sed 's/"sha256": "[^"]*"/"sha256": "0"/' %t/whole.json > %t/other.json
// RUN: not quant-opt %s "--qnn-calibrate=resume=%t/other.json" 2>&1 | FileCheck %s --check-prefix=OTHER

// Methods that need the extrema alone keep nothing else, which serves both of them.
// RUN: quant-opt %s "--qnn-calibrate=calibration-data=%S/Inputs/three.npz method=min-max ranges-out=%t/extrema.json" | FileCheck %s --check-prefix=ANEW
// RUN: quant-opt %s "--qnn-calibrate=resume=%t/whole.json method=moving-average ranges-out=%t/means.json" -o %t/means.mlir
// RUN: quant-opt %s "--qnn-calibrate=resume=%t/extrema.json method=moving-average ranges-out=%t/means-of-extrema.json" -o %t/means-of-extrema.mlir
// RUN: diff %t/means.mlir %t/means-of-extrema.mlir
// RUN: diff %t/means.json %t/means-of-extrema.json
// RUN: not quant-opt %s "--qnn-calibrate=resume=%t/extrema.json" 2>&1 | FileCheck %s --check-prefix=EXTREMA

// CHECK: "version": 1
// CHECK: "name": "model"
// CHECK: "file": "rest.npz"
// CHECK: "file": "first.npz"
// CHECK: "name": "mse"
// CHECK: "name": "x"
// CHECK: "min": -2,
// CHECK-NEXT: "max": 4,
// CHECK-NEXT: "count": 12
// CHECK: "state":
// ANEW: qnn.range %{{.*}} [-2.000000e+00], [4.000000e+00] method "min-max"
// SHORT: "count": 12
// SHORT-NOT: sketches
// SKETCHES: error: {{.*}}anew.json: the table holds no sketches, so that it cannot be merged or resumed
// EXTREMA: error: {{.*}}extrema.json: the table was measured by a method that keeps extrema only, from which ranges by this method do not follow; measure again, or use method=min-max or method=moving-average
// OTHER: error: {{.*}}other.json: expected ranges of the model with hash {{[0-9a-f]+}}, found those of the model with hash 0
func.func @model(%x: tensor<1x4xf32> {qnn.name = "x", qnn.type = "float"}) -> (tensor<1x2xf32> {qnn.name = "y", qnn.type = "float"}) {
  %w = arith.constant dense<[[1.0, -1.0], [0.5, 0.25], [2.0, 0.0], [1.0, 1.0]]> : tensor<4x2xf32>
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %zero = linalg.fill ins(%c : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<1x2xf32>) -> tensor<1x2xf32> loc("fc")
  return %y : tensor<1x2xf32>
}
