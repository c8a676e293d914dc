// RUN: quant-opt --qnn-cancel-transposes --split-input-file %s | FileCheck %s

#id = affine_map<(n, c, h, w) -> (n, c, h, w)>
#channel = affine_map<(n, c, h, w) -> (c)>

// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[CHANNEL:.+]] = affine_map<(d0, d1, d2, d3) -> (d3)>
// CHECK-LABEL: func.func @elementwise_operations_work_in_the_layout_they_get
// CHECK-SAME: %[[X:.+]]: tensor<1x6x6x16xf32>, %[[B:.+]]: tensor<16xf32>)
// CHECK-NOT: linalg.transpose
// CHECK: %[[Y:.+]] = linalg.generic {indexing_maps = [#[[ID]], #[[CHANNEL]], #[[ID]]]{{.*}} ins(%[[X]], %[[B]] : tensor<1x6x6x16xf32>, tensor<16xf32>)
// CHECK: return %[[Y]]
func.func @elementwise_operations_work_in_the_layout_they_get(%x: tensor<1x6x6x16xf32>, %b: tensor<16xf32>) -> tensor<1x6x6x16xf32> {
  %e = tensor.empty() : tensor<1x16x6x6xf32>
  %e2 = tensor.empty() : tensor<1x6x6x16xf32>
  %a = linalg.transpose ins(%x : tensor<1x6x6x16xf32>) outs(%e : tensor<1x16x6x6xf32>) permutation = [0, 3, 1, 2]
  %s = linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%a, %b : tensor<1x16x6x6xf32>, tensor<16xf32>) outs(%e : tensor<1x16x6x6xf32>) {
  ^bb0(%in: f32, %bin: f32, %out: f32):
    %r = arith.addf %in, %bin : f32
    linalg.yield %r : f32
  } -> tensor<1x16x6x6xf32>
  %c = linalg.transpose ins(%s : tensor<1x16x6x6xf32>) outs(%e2 : tensor<1x6x6x16xf32>) permutation = [0, 2, 3, 1]
  return %c : tensor<1x6x6x16xf32>
}

// -----

// CHECK-LABEL: func.func @slices_pads_and_concatenations_work_in_the_layout_they_get
// CHECK-SAME: %[[X:.+]]: tensor<1x4x6x16xf32>)
// CHECK-NOT: linalg.transpose
// CHECK: %[[S:.+]] = tensor.extract_slice %[[X]][0, 0, 0, 8] [1, 2, 6, 8] [1, 2, 1, 1]
// CHECK: %[[P:.+]] = tensor.pad %[[S]] low[0, 1, 0, 4] high[0, 1, 0, 4]
// CHECK: %[[C:.+]] = tensor.concat dim(3) %[[X]], %[[P]]
// CHECK: return %[[C]] : tensor<1x4x6x32xf32>
func.func @slices_pads_and_concatenations_work_in_the_layout_they_get(%x: tensor<1x4x6x16xf32>) -> tensor<1x4x6x32xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x16x4x6xf32>
  %e2 = tensor.empty() : tensor<1x4x6x32xf32>
  %a = linalg.transpose ins(%x : tensor<1x4x6x16xf32>) outs(%e : tensor<1x16x4x6xf32>) permutation = [0, 3, 1, 2]
  %s = tensor.extract_slice %a[0, 8, 0, 0] [1, 8, 2, 6] [1, 1, 2, 1] : tensor<1x16x4x6xf32> to tensor<1x8x2x6xf32>
  %p = tensor.pad %s low[0, 4, 1, 0] high[0, 4, 1, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<1x8x2x6xf32> to tensor<1x16x4x6xf32>
  %c = tensor.concat dim(1) %a, %p : (tensor<1x16x4x6xf32>, tensor<1x16x4x6xf32>) -> tensor<1x32x4x6xf32>
  %t = linalg.transpose ins(%c : tensor<1x32x4x6xf32>) outs(%e2 : tensor<1x4x6x32xf32>) permutation = [0, 2, 3, 1]
  return %t : tensor<1x4x6x32xf32>
}

// -----

#id = affine_map<(n, c, h, w) -> (n, c, h, w)>
#pooled = affine_map<(n, c, h, w) -> (n, c)>

// CHECK-DAG: #[[IN:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d3, d1)>
// CHECK-DAG: #[[OUT:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1)>
// CHECK-LABEL: func.func @a_reduction_only_changes_its_map
// CHECK-SAME: %[[X:.+]]: tensor<1x6x6x16xf32>
// CHECK-NOT: linalg.transpose
// CHECK: linalg.generic {indexing_maps = [#[[IN]], #[[OUT]]], iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%[[X]] : tensor<1x6x6x16xf32>)
func.func @a_reduction_only_changes_its_map(%x: tensor<1x6x6x16xf32>, %z: tensor<1x16xf32>) -> tensor<1x16xf32> {
  %e = tensor.empty() : tensor<1x16x6x6xf32>
  %a = linalg.transpose ins(%x : tensor<1x6x6x16xf32>) outs(%e : tensor<1x16x6x6xf32>) permutation = [0, 3, 1, 2]
  %s = linalg.generic {indexing_maps = [#id, #pooled], iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%a : tensor<1x16x6x6xf32>) outs(%z : tensor<1x16xf32>) {
  ^bb0(%in: f32, %out: f32):
    %r = arith.addf %out, %in : f32
    linalg.yield %r : f32
  } -> tensor<1x16xf32>
  return %s : tensor<1x16xf32>
}

// -----

// CHECK-LABEL: func.func @a_transpose_of_a_constant_is_carried_out
// CHECK: %[[C:.+]] = arith.constant dense<{{\[\[}}1.000000e+00, 3.000000e+00], [2.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
// CHECK: return %[[C]]
func.func @a_transpose_of_a_constant_is_carried_out() -> tensor<2x2xf32> {
  %c = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %t = linalg.transpose ins(%c : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) permutation = [1, 0]
  return %t : tensor<2x2xf32>
}

// -----

// CHECK-LABEL: func.func @a_transpose_of_ones_is_a_reshape
// CHECK-NOT: linalg.transpose
// CHECK: %[[M:.+]] = tensor.collapse_shape %{{.+}} {{\[\[}}0, 1, 2], [3]] : tensor<1x1x28x28xf32> into tensor<28x28xf32>
// CHECK: tensor.expand_shape %[[M]] {{\[\[}}0, 1], [2, 3]] output_shape [1, 28, 28, 1]
func.func @a_transpose_of_ones_is_a_reshape(%x: tensor<1x1x28x28xf32>) -> tensor<1x28x28x1xf32> {
  %e = tensor.empty() : tensor<1x28x28x1xf32>
  %t = linalg.transpose ins(%x : tensor<1x1x28x28xf32>) outs(%e : tensor<1x28x28x1xf32>) permutation = [0, 2, 3, 1]
  return %t : tensor<1x28x28x1xf32>
}

// -----

#id = affine_map<(n, c, h) -> (n, c, h)>

// CHECK-LABEL: func.func @a_transpose_moves_up_to_the_input
// CHECK-SAME: %[[X:.+]]: tensor<1x4x8xf32>)
// CHECK: %[[T:.+]] = linalg.transpose ins(%[[X]] : {{.*}} permutation = [0, 2, 1]
// CHECK: %[[P:.+]] = tensor.pad %[[T]] low[0, 1, 0] high[0, 1, 0]
// CHECK: %[[E:.+]] = tensor.expand_shape %[[P]] {{\[\[}}0], [1], [2, 3]] output_shape [1, 10, 2, 2]
// CHECK: return %[[E]]
func.func @a_transpose_moves_up_to_the_input(%x: tensor<1x4x8xf32>) -> tensor<1x10x2x2xf32> {
  %zero = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0, 0, 1] high[0, 0, 1] {
  ^bb0(%i: index, %j: index, %k: index):
    tensor.yield %zero : f32
  } : tensor<1x4x8xf32> to tensor<1x4x10xf32>
  %g = tensor.expand_shape %p [[0], [1, 2], [3]] output_shape [1, 2, 2, 10] : tensor<1x4x10xf32> into tensor<1x2x2x10xf32>
  %e = tensor.empty() : tensor<1x10x2x2xf32>
  %t = linalg.transpose ins(%g : tensor<1x2x2x10xf32>) outs(%e : tensor<1x10x2x2xf32>) permutation = [0, 3, 1, 2]
  return %t : tensor<1x10x2x2xf32>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>
!w = !quant.uniform<i8:f32:0, {0.5, 0.25}>
!wt = !quant.uniform<i8:f32:1, {0.5, 0.25}>

// CHECK-LABEL: func.func @quantizing_casts_work_in_the_layout_they_get
// CHECK-NOT: linalg.transpose
// CHECK: quant.qcast %{{.+}} : tensor<1x8x4xf32> to tensor<1x8x4x!quant.uniform<u8:f32, 5.000000e-01:3>>
// CHECK: quant.dcast
// CHECK: quant.scast %{{.+}} : tensor<3x2xi8> to tensor<3x2x!quant.uniform<i8:f32:1, {5.000000e-01,2.500000e-01}>>
func.func @quantizing_casts_work_in_the_layout_they_get(%x: tensor<1x8x4xf32>) -> (tensor<1x8x4xf32>, tensor<3x2xf32>) {
  %e = tensor.empty() : tensor<1x4x8xf32>
  %e2 = tensor.empty() : tensor<1x8x4xf32>
  %e3 = tensor.empty() : tensor<3x2xf32>
  %a = linalg.transpose ins(%x : tensor<1x8x4xf32>) outs(%e : tensor<1x4x8xf32>) permutation = [0, 2, 1]
  %q = quant.qcast %a : tensor<1x4x8xf32> to tensor<1x4x8x!q>
  %d = quant.dcast %q : tensor<1x4x8x!q> to tensor<1x4x8xf32>
  %t = linalg.transpose ins(%d : tensor<1x4x8xf32>) outs(%e2 : tensor<1x8x4xf32>) permutation = [0, 2, 1]
  %c = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi8>
  %s = quant.scast %c : tensor<2x3xi8> to tensor<2x3x!w>
  %w = quant.dcast %s : tensor<2x3x!w> to tensor<2x3xf32>
  %wt = linalg.transpose ins(%w : tensor<2x3xf32>) outs(%e3 : tensor<3x2xf32>) permutation = [1, 0]
  return %t, %wt : tensor<1x8x4xf32>, tensor<3x2xf32>
}

// -----

// A dimension of extent one may be grouped with either neighbour: it does not hold the transpose up.
// CHECK-LABEL: func.func @ones_go_with_whatever_they_lie_beside
// CHECK-SAME: %[[X:.+]]: tensor<1x6x5x2x1xf32>)
// CHECK-NOT: linalg.transpose
// CHECK: %[[C:.+]] = tensor.collapse_shape %[[X]] {{\[\[}}0], [1], [2], [3, 4]] : tensor<1x6x5x2x1xf32> into tensor<1x6x5x2xf32>
// CHECK: return %[[C]]
func.func @ones_go_with_whatever_they_lie_beside(%x: tensor<1x6x5x2x1xf32>) -> tensor<1x6x5x2xf32> {
  %e = tensor.empty() : tensor<1x2x1x6x5xf32>
  %e2 = tensor.empty() : tensor<1x6x5x2xf32>
  %a = linalg.transpose ins(%x : tensor<1x6x5x2x1xf32>) outs(%e : tensor<1x2x1x6x5xf32>) permutation = [0, 3, 4, 1, 2]
  %c = tensor.collapse_shape %a [[0], [1], [2, 3], [4]] : tensor<1x2x1x6x5xf32> into tensor<1x2x6x5xf32>
  %t = linalg.transpose ins(%c : tensor<1x2x6x5xf32>) outs(%e2 : tensor<1x6x5x2xf32>) permutation = [0, 2, 3, 1]
  return %t : tensor<1x6x5x2xf32>
}

// -----

// What reads a tensor by positions from a table makes its result in the order that the tensor has.
// CHECK-LABEL: func.func @a_gather_works_in_the_layout_it_gets
// CHECK-SAME: %[[X:.+]]: tensor<1x7x5x4xf32>, %[[T:.+]]: tensor<9xi64>
// CHECK-NOT: linalg.transpose
// CHECK: linalg.fill {{.*}} tensor<1x9x5x4xf32>
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]{{.*}} outs(%{{.*}} : tensor<1x9x5x4xf32>)
// CHECK: %[[N:.+]] = linalg.index 0
// CHECK: %[[C:.+]] = linalg.index 3
// CHECK: %[[W:.+]] = linalg.index 2
// CHECK: tensor.extract %[[X]][%[[N]], %{{.+}}, %[[W]], %[[C]]] : tensor<1x7x5x4xf32>
func.func @a_gather_works_in_the_layout_it_gets(%x: tensor<1x7x5x4xf32>, %table: tensor<9xi64>, %w: tensor<2xf32>) -> tensor<1x9x5x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x4x7x5xf32>
  %t = linalg.transpose ins(%x : tensor<1x7x5x4xf32>) outs(%e : tensor<1x4x7x5xf32>) permutation = [0, 3, 1, 2]
  %e1 = tensor.empty() : tensor<1x4x9x5xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x4x9x5xf32>) -> tensor<1x4x9x5xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(n, c, h, w, t) -> (h)>, affine_map<(n, c, h, w, t) -> (t)>, affine_map<(n, c, h, w, t) -> (n, c, h, w)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%table, %w : tensor<9xi64>, tensor<2xf32>) outs(%f : tensor<1x4x9x5xf32>) {
  ^bb0(%p: i64, %v: f32, %o: f32):
    %n = linalg.index 0 : index
    %c = linalg.index 1 : index
    %i = linalg.index 3 : index
    %h = arith.index_cast %p : i64 to index
    %a = tensor.extract %t[%n, %c, %h, %i] : tensor<1x4x7x5xf32>
    %m = arith.mulf %a, %v : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x4x9x5xf32>
  %e2 = tensor.empty() : tensor<1x9x5x4xf32>
  %u = linalg.transpose ins(%r : tensor<1x4x9x5xf32>) outs(%e2 : tensor<1x9x5x4xf32>) permutation = [0, 2, 3, 1]
  return %u : tensor<1x9x5x4xf32>
}

// -----

// An element at the place of another dimension of the result is read as it is.
// CHECK-LABEL: func.func @a_gather_of_other_dimensions_reads_a_transposed_tensor
// CHECK: linalg.transpose
// CHECK: tensor.extract
func.func @a_gather_of_other_dimensions_reads_a_transposed_tensor(%x: tensor<4x5xf32>, %w: tensor<5x4xf32>) -> tensor<5x4xf32> {
  %e = tensor.empty() : tensor<5x4xf32>
  %t = linalg.transpose ins(%x : tensor<4x5xf32>) outs(%e : tensor<5x4xf32>) permutation = [1, 0]
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%w : tensor<5x4xf32>) outs(%e : tensor<5x4xf32>) {
  ^bb0(%v: f32, %o: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %a = tensor.extract %t[%j, %i] : tensor<5x4xf32>
    %m = arith.mulf %a, %v : f32
    linalg.yield %m : f32
  } -> tensor<5x4xf32>
  return %r : tensor<5x4xf32>
}

// -----

// What only moves elements reads them where they lie.
// CHECK-DAG: #[[READ:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
// CHECK-LABEL: func.func @a_copy_reads_a_transposed_tensor_where_it_lies
// CHECK-SAME: %[[X:.+]]: tensor<3x5x8xf32>)
// CHECK-NOT: linalg.transpose
// CHECK: linalg.generic {indexing_maps = [#[[READ]], {{.*}} ins(%[[X]] : tensor<3x5x8xf32>)
func.func @a_copy_reads_a_transposed_tensor_where_it_lies(%x: tensor<3x5x8xf32>) -> tensor<3x5x2x8xf32> {
  %e = tensor.empty() : tensor<8x3x5xf32>
  %t = linalg.transpose ins(%x : tensor<3x5x8xf32>) outs(%e : tensor<8x3x5xf32>) permutation = [2, 0, 1]
  %e1 = tensor.empty() : tensor<3x5x2x8xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(h, w, k, c) -> (c, h, w)>, affine_map<(h, w, k, c) -> (h, w, k, c)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%t : tensor<8x3x5xf32>) outs(%e1 : tensor<3x5x2x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<3x5x2x8xf32>
  return %r : tensor<3x5x2x8xf32>
}
