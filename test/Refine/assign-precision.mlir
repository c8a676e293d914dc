// Layers are named by node, place, kind, regular expression or glob; later options win over earlier ones.
// RUN: quant-opt %s --qnn-assign-precision="layer=fc=f32" | FileCheck %s --check-prefix=NODE
// RUN: quant-opt %s --qnn-assign-precision="layer=sum=i16" | FileCheck %s --check-prefix=EPILOGUE
// RUN: quant-opt %s --qnn-assign-precision="layer=first=bf16,last=f16" | FileCheck %s --check-prefix=PLACE
// RUN: quant-opt %s --qnn-assign-precision="layer=/^block.+c/=f32,block?conv=i8" | FileCheck %s --check-prefix=PATTERN
// RUN: quant-opt %s --qnn-assign-precision="exclude=* layer=last=i4" | FileCheck %s --check-prefix=EXCLUDE
// RUN: quant-opt %s --qnn-assign-precision="layer=kind:conv=f32,kind:depthwise=i16,kind:linear=bf16,kind:batch-matmul=f16" | FileCheck %s --check-prefix=KIND
// RUN: quant-opt %s --qnn-assign-precision="layer=kind:matmul=bf16,kind:pointwise=f16,pool=f32" | FileCheck %s --check-prefix=MORE
// RUN: quant-opt %s --qnn-assign-precision="layer=kind:reduction=f32" --qnn-print-quantized-edges -o /dev/null 2>&1 | FileCheck %s --check-prefix=EDGES

// NODE-COUNT-1: qnn.precision = "f32"
// NODE-NOT: qnn.precision
// EPILOGUE: linalg.matmul {qnn.precision = "i16"}
// EPILOGUE-NOT: qnn.precision
// PLACE: linalg.generic {{.*}}qnn.precision = "bf16"
// PLACE-NOT: qnn.precision
// PLACE: linalg.batch_matmul {{.*}}qnn.precision = "f16"
// PATTERN: linalg.generic {{.*}}qnn.precision = "i8"
// PATTERN: linalg.generic {{.*}}qnn.precision = "f32"
// PATTERN-NOT: qnn.precision
// EXCLUDE-COUNT-4: qnn.precision = "f32"
// EXCLUDE: linalg.batch_matmul {{.*}}qnn.precision = "i4"
// KIND: linalg.generic {{.*}}qnn.precision = "f32"
// KIND: linalg.generic {{.*}}qnn.precision = "i16"
// KIND: linalg.generic {{.*}}qnn.precision = "f32"
// KIND: linalg.matmul {{.*}}qnn.precision = "bf16"
// KIND: linalg.batch_matmul {{.*}}qnn.precision = "f16"
// MORE-NOT: qnn.precision
// MORE: linalg.generic {{.*}}qnn.precision = "f16"
// MORE: linalg.generic {{.*}}qnn.precision = "f32"
// MORE: linalg.matmul {{.*}}qnn.precision = "bf16"
// MORE: linalg.batch_matmul {{.*}}qnn.precision = "bf16"
// EDGES: float 'pool': its precision was set to f32

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>
#windows = affine_map<(n, h, oc, k, c) -> (n, h + k, c)>
#kernels = affine_map<(n, h, oc, k, c) -> (oc, k, c)>
#maps = affine_map<(n, h, oc, k, c) -> (n, h, oc)>
#deepwindows = affine_map<(n, h, c, k) -> (n, h + k, c)>
#deepkernels = affine_map<(n, h, c, k) -> (c, k)>
#deepmaps = affine_map<(n, h, c, k) -> (n, h, c)>
#all = affine_map<(n, c, h) -> (n, h, c)>
#mean = affine_map<(n, c, h) -> (n, c)>

func.func @a_convolution_a_depthwise_and_a_pointwise_one_a_sum_a_linear_layer_and_products(
    %x: tensor<1x10x2xf32> {qnn.name = "x"}, %a: tensor<2x4x4xf32> {qnn.name = "a"}) -> (tensor<1x2xf32>, tensor<2x4x4xf32>) {
  %k3 = arith.constant dense<0.5> : tensor<4x3x2xf32>
  %kd = arith.constant dense<0.25> : tensor<4x3xf32>
  %k1 = arith.constant dense<0.5> : tensor<4x1x4xf32>
  %w = arith.constant dense<2.0> : tensor<4x2xf32>
  %bias = arith.constant dense<1.0> : tensor<2xf32>
  %zero = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<1x8x4xf32>
  %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<1x8x4xf32>) -> tensor<1x8x4xf32>
  %0 = linalg.generic {indexing_maps = [#windows, #kernels, #maps], iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %k3 : tensor<1x10x2xf32>, tensor<4x3x2xf32>) outs(%f0 : tensor<1x8x4xf32>) {
  ^bb0(%i: f32, %j: f32, %c: f32):
    %p = arith.mulf %i, %j : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x8x4xf32> loc("block1conv")
  %e1 = tensor.empty() : tensor<1x6x4xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x6x4xf32>) -> tensor<1x6x4xf32>
  %1 = linalg.generic {indexing_maps = [#deepwindows, #deepkernels, #deepmaps], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%0, %kd : tensor<1x8x4xf32>, tensor<4x3xf32>) outs(%f1 : tensor<1x6x4xf32>) {
  ^bb0(%i: f32, %j: f32, %c: f32):
    %p = arith.mulf %i, %j : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x6x4xf32> loc("block2/c1")
  %2 = linalg.generic {indexing_maps = [#windows, #kernels, #maps], iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%1, %k1 : tensor<1x6x4xf32>, tensor<4x1x4xf32>) outs(%f1 : tensor<1x6x4xf32>) {
  ^bb0(%i: f32, %j: f32, %c: f32):
    %p = arith.mulf %i, %j : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x6x4xf32> loc("pw")
  %e3 = tensor.empty() : tensor<1x4xf32>
  %f3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %3 = linalg.generic {indexing_maps = [#all, #mean], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%2 : tensor<1x6x4xf32>) outs(%f3 : tensor<1x4xf32>) {
  ^bb0(%i: f32, %c: f32):
    %s = arith.addf %c, %i : f32
    linalg.yield %s : f32
  } -> tensor<1x4xf32> loc("pool")
  %e4 = tensor.empty() : tensor<1x2xf32>
  %f4 = linalg.fill ins(%zero : f32) outs(%e4 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %4 = linalg.matmul ins(%3, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%f4 : tensor<1x2xf32>) -> tensor<1x2xf32> loc("fc")
  %5 = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%4, %bias : tensor<1x2xf32>, tensor<2xf32>) outs(%e4 : tensor<1x2xf32>) {
  ^bb0(%i: f32, %j: f32, %o: f32):
    %s = arith.addf %i, %j : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32> loc("sum")
  %e6 = tensor.empty() : tensor<2x4x4xf32>
  %f6 = linalg.fill ins(%zero : f32) outs(%e6 : tensor<2x4x4xf32>) -> tensor<2x4x4xf32>
  %6 = linalg.batch_matmul ins(%a, %a : tensor<2x4x4xf32>, tensor<2x4x4xf32>) outs(%f6 : tensor<2x4x4xf32>) -> tensor<2x4x4xf32> loc("scores")
  return %5, %6 : tensor<1x2xf32>, tensor<2x4x4xf32>
}
