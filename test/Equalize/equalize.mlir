// RUN: quant-opt --qnn-equalize --split-input-file %s | FileCheck %s
// RUN: quant-opt --qnn-equalize=max-iterations=1 --split-input-file %s | FileCheck %s --check-prefix=ONCE
// RUN: quant-opt --qnn-equalize --split-input-file %s --remarks-filter=qnn --remark-policy=all -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>

// Channel 0 is made 16 times as large as channel 1 and used 16 times as little: both sides meet in the middle. The first sweep is enough.
// CHECK-LABEL: func.func @channels_meet_in_the_middle
// CHECK: %[[W:.+]] = arith.constant dense<{{\[\[}}4.000000e+00, 0.000000e+00], [0.000000e+00, 4.000000e+00]]>
// CHECK: %[[Y:.+]] = linalg.generic {{.*}} ins(%arg0, %[[W]] :
// CHECK: %[[V:.+]] = arith.constant dense<{{\[\[}}4.000000e+00, 0.000000e+00], [0.000000e+00, 4.000000e+00]]>
// CHECK: linalg.generic {{.*}} ins(%[[Y]], %[[V]] :
// ONCE-LABEL: func.func @channels_meet_in_the_middle
// ONCE: arith.constant dense<{{\[\[}}4.000000e+00, 0.000000e+00], [0.000000e+00, 4.000000e+00]]>
// REMARK: Equalized {{.*}}Remark="2 channels take factors from 0.25 to 4.00
func.func @channels_meet_in_the_middle(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[16.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %v = arith.constant dense<[[1.0, 0.0], [0.0, 16.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  %z = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%y, %v : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  return %z : tensor<4x2xf32>
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(m, n) -> (m, n)>
#row = affine_map<(m, n) -> (n)>

// A bias takes the channel's factor, the zero of a relu needs none, the slope of a leaky relu takes none.
// CHECK-LABEL: func.func @a_bias_takes_the_factor_and_a_slope_does_not
// CHECK: arith.constant dense<{{\[\[}}4.000000e+00, 0.000000e+00], [0.000000e+00, 4.000000e+00]]>
// CHECK: arith.constant dense<[2.000000e+00, 1.200000e+01]>
// CHECK: arith.maximumf %{{.+}}, %[[ZERO:.+]] : f32
// CHECK: arith.mulf %{{.+}}, %cst{{.*}} : f32
// CHECK: arith.constant dense<{{\[\[}}4.000000e+00, 0.000000e+00], [0.000000e+00, 4.000000e+00]]>
func.func @a_bias_takes_the_factor_and_a_slope_does_not(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %slope = arith.constant 0.125 : f32
  %w = arith.constant dense<[[16.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %v = arith.constant dense<[[1.0, 0.0], [0.0, 16.0]]> : tensor<2x2xf32>
  %b = arith.constant dense<[8.0, 3.0]> : tensor<2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  %biased = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y, %b : tensor<4x2xf32>, tensor<2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%in: f32, %bin: f32, %out: f32):
    %s = arith.addf %in, %bin : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  %relu = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%biased : tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.maximumf %in, %zero : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  %leaky = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%relu : tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %c = arith.cmpf oge, %in, %zero : f32
    %m = arith.mulf %in, %slope : f32
    %s = arith.select %c, %in, %m : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  %z = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%leaky, %v : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  return %z : tensor<4x2xf32>
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(m, n) -> (m, n)>

// A residual add ties what two contractions make. The second, balanced by itself, follows the first.
// CHECK-LABEL: func.func @a_residual_add_ties_both_of_its_operands
// CHECK: arith.constant dense<{{\[\[}}4.000000e+00, 0.000000e+00], [0.000000e+00, 4.000000e+00]]>
// CHECK: arith.constant dense<{{\[\[}}4.000000e+00, 0.000000e+00], [0.000000e+00, 4.000000e+00]]>
// CHECK: arith.addf
// CHECK: arith.constant dense<{{\[\[}}4.000000e+00, 0.000000e+00], [0.000000e+00, 4.000000e+00]]>
func.func @a_residual_add_ties_both_of_its_operands(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[16.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %v = arith.constant dense<[[1.0, 0.0], [0.0, 16.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %a = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  %b = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  %sum = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a, %b : tensor<4x2xf32>, tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%in: f32, %skip: f32, %out: f32):
    %s = arith.addf %in, %skip : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  %z = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%sum, %v : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) {
  ^bb0(%in: f32, %win: f32, %out: f32):
    %p = arith.mulf %in, %win : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x2xf32>
  return %z : tensor<4x2xf32>
}
