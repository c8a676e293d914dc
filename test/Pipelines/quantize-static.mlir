// A module that states ranges goes down to the Integer form without calibration; every choice of the scheme reaches InsertQdq.
// RUN: quant-opt %s --quantize-static | FileCheck %s
// RUN: quant-opt %s --quantize-static="activation-type=i8" | FileCheck %s --check-prefix=I8
// RUN: quant-opt %s --quantize-static="activation-scheme=symmetric weight-scheme=per-tensor" | FileCheck %s --check-prefix=SYM
// RUN: quant-opt %s --quantize-static="exclude=fc" | FileCheck %s --check-prefix=EXCLUDE
// RUN: quant-opt %s --quantize-static="layer=kind:linear=f32" | FileCheck %s --check-prefix=EXCLUDE
// RUN: not quant-opt %s --quantize-static="ranges=%t.json" 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not quant-opt %s --qnn-insert-qdq --quantize-static 2>&1 | FileCheck %s --check-prefix=QUANTIZED

// CHECK: qnn.quantize {{.*}} zero_point 64 clamp [0, 255] unsigned
// CHECK: qnn.certificate
// I8: qnn.quantize {{.*}} zero_point -64 clamp [-128, 127] : f32
// I8: arith.extsi
// SYM: qnn.quantize {{.*}} zero_point 128 clamp [0, 255] unsigned
// SYM: arith.constant dense<{{\[\[}}13, -6, 0, 0], [-127, 1, 2, 3]]> : tensor<2x4xi8>
// EXCLUDE-NOT: i8
// EXCLUDE: return
// TWICE: error: the model states ranges already, so that neither calibration data nor a range table can be used
// QUANTIZED: error: the model is quantized already; compile it without --quantize

#rows = affine_map<(n, oc, k) -> (n, k)>
#cols = affine_map<(n, oc, k) -> (oc, k)>
#out = affine_map<(n, oc, k) -> (n, oc)>

func.func @main(%x: tensor<1x4xf32> {qnn.name = "x", qnn.type = "float"})
    -> (tensor<1x2xf32> {qnn.name = "y", qnn.type = "float"}) {
  %r = qnn.range %x [-1.0], [3.0] method "minmax" : tensor<1x4xf32>
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
  return %y : tensor<1x2xf32>
}
