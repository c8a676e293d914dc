// Patterns that match nothing, or are none, and precisions that do not exist.
// RUN: not quant-opt %s --qnn-assign-precision="exclude=fc2" 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: not quant-opt %s --qnn-assign-precision="layer=/conv/=f32" 2>&1 | FileCheck %s --check-prefix=MATCH
// RUN: not quant-opt %s --qnn-assign-precision="layer=fc" 2>&1 | FileCheck %s --check-prefix=FORM
// RUN: not quant-opt %s --qnn-assign-precision="layer=fc1=fp16" 2>&1 | FileCheck %s --check-prefix=PRECISION
// RUN: not quant-opt %s --qnn-assign-precision="layer=kind:cnv=f32" 2>&1 | FileCheck %s --check-prefix=KIND
// RUN: not quant-opt %s --qnn-assign-precision="layer=kind:conv=f32" 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not quant-opt %s --qnn-assign-precision="layer=/(/=f32" 2>&1 | FileCheck %s --check-prefix=EXPRESSION
// RUN: not quant-opt %s --qnn-assign-precision="layer=[=f32" 2>&1 | FileCheck %s --check-prefix=GLOB
// RUN: not quant-opt %s --qnn-assign-precision="layer=total=i16" 2>&1 | FileCheck %s --check-prefix=SUM
// RUN: sed 's/{tag}/{qnn.precision = "i5"}/' %s | not quant-opt - 2>&1 | FileCheck %s --check-prefix=ATTRIBUTE

// NAME: error: no layer matches "fc2", did you mean "fc1"?
// MATCH: error: no layer matches "/conv/", expected one of: first, last, total, fc1
// FORM: error: expected PATTERN=PRECISION for a layer, found "fc"
// PRECISION: error: there is no precision "fp16", did you mean "f16"?
// KIND: error: there is no kind of layer "cnv", did you mean "conv"?
// ABSENT: error: the model has no layer of the kind "conv", expected one of: matmul, linear, reduction
// EXPRESSION: error: "/(/" is no regular expression: parentheses not balanced
// GLOB: error: "[" is no glob: invalid glob pattern
// SUM: error: {{.*}}layer "total" is no contraction, so that it cannot have precision i16; expected i8 or a float precision
// ATTRIBUTE: error: {{.*}}'linalg.matmul' op expected 'qnn.precision' to be one of i4, i8, i16, bf16, f16, f32, found "i5"

#in = affine_map<(n, c) -> (n, c)>
#out = affine_map<(n, c) -> (n)>

func.func @a_sum_that_feeds_a_matmul(%x: tensor<4x4xf32> {qnn.name = "x"}, %y: tensor<4x4xf32> {qnn.name = "y"}) -> tensor<1x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x4xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%i: f32, %c: f32):
    %s = arith.addf %c, %i : f32
    linalg.yield %s : f32
  } -> tensor<4xf32> loc("total")
  %1 = tensor.expand_shape %0 [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
  %e2 = tensor.empty() : tensor<1x4xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %2 = linalg.matmul {tag} ins(%1, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%f2 : tensor<1x4xf32>) -> tensor<1x4xf32> loc("fc1")
  return %2 : tensor<1x4xf32>
}
