// Without samples, or by an unknown method, nothing is done; nor is it where it would not help.
// RUN: not quant-opt %s --qnn-correct-bias 2>&1 | FileCheck %s --check-prefix=NODATA
// RUN: not quant-opt %s --qnn-correct-bias=method=emprical 2>&1 | FileCheck %s --check-prefix=METHOD
// RUN: not quant-opt %s --qnn-correct-bias=search-samples=0 2>&1 | FileCheck %s --check-prefix=SAMPLES
// RUN: %python -c "import numpy; numpy.save('%t.npy', numpy.arange(18, dtype=numpy.float32).reshape(3, 6) - 8)"
// RUN: quant-opt %s --qnn-correct-bias=calibration-data=%t.npy | FileCheck %s
// RUN: quant-opt %s --qnn-correct-bias=calibration-data=%t.npy --remark-format=emitRemark --remarks-filter=qnn -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARKS

// NODATA: error: samples are needed to measure on: give calibration-data=FILE.npz
// METHOD: error: no method of bias correction called "emprical", did you mean "empirical"?
// SAMPLES: error: expected search-samples of at least 1, found 0
// REMARKS-DAG: remark: {{.*}}"sum"{{.*}}NotCorrected{{.*}}its loops make no matrix product of patches
// REMARKS-DAG: remark: {{.*}}NotCorrected{{.*}}the output's SQNR would be {{.*}} dB, and is {{.*}} dB with the biases as they are
// CHECK: undone, because it does not help

#rows = affine_map<(n, c, k) -> (n, k)>
#cols = affine_map<(n, c, k) -> (c, k)>
#channels = affine_map<(n, c, k) -> (c)>
#out = affine_map<(n, c, k) -> (n, c)>

func.func @all_numbers_are_on_their_grids(%x: tensor<1x6xf32> {qnn.name = "x", qnn.type = "float"})
    -> (tensor<1x2xf32> {qnn.name = "y", qnn.type = "float"}, tensor<1x2xf32> {qnn.name = "z", qnn.type = "float"}) {
  %r = qnn.range %x [-128.0], [127.0] method "min-max" : tensor<1x6xf32>
  %w = arith.constant dense<127.0> : tensor<2x6xf32>
  %v = arith.constant dense<[127.0, -127.0]> : tensor<2xf32>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%c0 : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.generic {indexing_maps = [#rows, #cols, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%r, %w : tensor<1x6xf32>, tensor<2x6xf32>) outs(%f : tensor<1x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32> loc("fc")
  %z = linalg.generic {indexing_maps = [#rows, #channels, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%r, %v : tensor<1x6xf32>, tensor<2xf32>) outs(%f : tensor<1x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32> loc("sum")
  return %y, %z : tensor<1x2xf32>, tensor<1x2xf32>
}
