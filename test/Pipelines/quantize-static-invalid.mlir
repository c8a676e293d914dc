// With neither ranges nor data there is nothing to quantize by, and no data is made up.
// RUN: not quant-opt %s --quantize-static 2>&1 | FileCheck %s
// CHECK: error: static quantization needs ranges: give calibration-data=FILE.npz, or ranges=TABLE.json, or a model on which --calibrate has stated them

func.func @main(%x: tensor<1x4xf32> {qnn.name = "x", qnn.type = "float"})
    -> (tensor<1x4xf32> {qnn.name = "y", qnn.type = "float"}) {
  return %x : tensor<1x4xf32>
}
