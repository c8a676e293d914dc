// The decision about one residual block: what is an edge, what a contraction owns, what shares a scale, what stays float.
// RUN: quant-opt %s --qnn-print-quantized-edges -o /dev/null 2>&1 | FileCheck %s

#a = affine_map<(n, oc, k) -> (n, k)>
#b = affine_map<(n, oc, k) -> (oc, k)>
#c = affine_map<(n, oc, k) -> (n, oc)>
#id = affine_map<(d0, d1) -> (d0, d1)>
#d0 = affine_map<(d0, d1) -> (d0)>
#d1 = affine_map<(d0, d1) -> (d1)>
#id1 = affine_map<(d0) -> (d0)>

// CHECK-LABEL: func @two_contractions_feed_an_addition_and_the_later_one_owns_it
// CHECK-NEXT: edge 'x' group 0
// CHECK-NEXT: edge 'shortcut' group 1
// CHECK-NEXT: edge 'relu' group 2
// CHECK-NEXT: chain contraction 'shortcut'
// CHECK-NEXT: chain contraction 'main' epilogue 'add' 'relu'
// CHECK-NEXT: chain contraction 'fc'
// CHECK-NOT: float
func.func @two_contractions_feed_an_addition_and_the_later_one_owns_it(%x: tensor<4x4xf32> {qnn.name = "x"}, %w: tensor<4x4xf32>)
    -> tensor<4x4xf32> {
  %w0 = arith.constant dense<0.5> : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %0 = linalg.matmul ins(%x, %w0 : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32> loc("shortcut")
  %1 = linalg.matmul ins(%x, %w0 : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32> loc("main")
  %2 = linalg.add ins(%1, %0 : tensor<4x4xf32>, tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32> loc("add")
  %3 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%2 : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %r = arith.maximumf %i, %zero : f32
    linalg.yield %r : f32
  } -> tensor<4x4xf32> loc("relu")
  %4 = linalg.matmul ins(%3, %w0 : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32> loc("fc")
  return %4 : tensor<4x4xf32>
}

// A swish reads its operand twice and is owned all the same.
// CHECK-LABEL: func @a_value_used_twice_may_meet_itself_again
// CHECK: chain contraction 'fc' epilogue 'sigmoid' 'mul'
// CHECK-NEXT: chain contraction 'fc2'
func.func @a_value_used_twice_may_meet_itself_again(%x: tensor<4x4xf32> {qnn.name = "x"}) -> tensor<4x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32> loc("fc")
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %one = arith.constant 1.0 : f32
    %n = arith.negf %i : f32
    %x0 = math.exp %n : f32
    %d = arith.addf %x0, %one : f32
    %r = arith.divf %one, %d : f32
    linalg.yield %r : f32
  } -> tensor<4x4xf32> loc("sigmoid")
  %2 = linalg.mul ins(%0, %1 : tensor<4x4xf32>, tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32> loc("mul")
  %3 = linalg.matmul ins(%2, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32> loc("fc2")
  return %3 : tensor<4x4xf32>
}

// CHECK-LABEL: func @the_operands_of_a_concat_share_a_scale_with_its_constant
// CHECK-NEXT: edge 'x' group 0
// CHECK-NEXT: edge 'fc' group 1
// CHECK-NEXT: constant {{.*}} group 1
// CHECK-NEXT: padding 2.0
// CHECK-SAME: group 1
func.func @the_operands_of_a_concat_share_a_scale_with_its_constant(%x: tensor<4x4xf32> {qnn.name = "x"}) -> tensor<4x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %w2 = arith.constant dense<0.5> : tensor<9x4xf32>
  %zero = arith.constant 0.0 : f32
  %two = arith.constant 2.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32> loc("fc")
  %c = arith.constant dense<3.0> : tensor<4x4xf32>
  %1 = tensor.concat dim(1) %0, %c : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x8xf32>
  %2 = tensor.pad %1 low[0, 0] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %two : f32
  } : tensor<4x8xf32> to tensor<4x9xf32>
  %3 = linalg.matmul ins(%2, %w2 : tensor<4x9xf32>, tensor<9x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %3 : tensor<4x4xf32>
}

// CHECK-LABEL: func @softmax_between_two_matmuls_stays_float
// CHECK-NEXT: edge 'x' group 0
// CHECK-NEXT: edge 'softmax' group 1
// CHECK-NEXT: chain contraction 'scores'
// CHECK-NEXT: chain contraction 'values'
// CHECK-NEXT: float 'shift': its result feeds no contraction
// CHECK-NEXT: float 'sum': its result feeds no contraction, and it sums too few values
// CHECK-NEXT: float 'softmax': not all of its operands are quantized
func.func @softmax_between_two_matmuls_stays_float(%x: tensor<4x4xf32> {qnn.name = "x"}) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %least = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %v = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %fv = linalg.fill ins(%zero : f32) outs(%v : tensor<4xf32>) -> tensor<4xf32>
  %fl = linalg.fill ins(%least : f32) outs(%v : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.matmul ins(%x, %x : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32> loc("scores")
  %m = linalg.reduce {arith.maximumf} ins(%s : tensor<4x4xf32>) outs(%fl : tensor<4xf32>) dimensions = [1]
  %d = linalg.generic {indexing_maps = [#id, #d0, #id], iterator_types = ["parallel", "parallel"]}
      ins(%s, %m : tensor<4x4xf32>, tensor<4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%i: f32, %j: f32, %o: f32):
    %t = arith.subf %i, %j : f32
    %r = math.exp %t : f32
    linalg.yield %r : f32
  } -> tensor<4x4xf32> loc("shift")
  %t = linalg.generic {indexing_maps = [#id, #d0], iterator_types = ["parallel", "reduction"]}
      ins(%d : tensor<4x4xf32>) outs(%fv : tensor<4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %r = arith.addf %o, %i : f32
    linalg.yield %r : f32
  } -> tensor<4xf32> loc("sum")
  %p = linalg.generic {indexing_maps = [#id, #d0, #id], iterator_types = ["parallel", "parallel"]}
      ins(%d, %t : tensor<4x4xf32>, tensor<4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%i: f32, %j: f32, %o: f32):
    %r = arith.divf %i, %j : f32
    linalg.yield %r : f32
  } -> tensor<4x4xf32> loc("softmax")
  %y = linalg.matmul ins(%p, %x : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32> loc("values")
  return %y : tensor<4x4xf32>
}

// What normalization reads in f32 anyway, an epilogue reads in f32 too: 'x' and 'add' are no edges.
// CHECK-LABEL: func @a_stream_that_a_float_operation_reads_stays_float
// CHECK-NEXT: edge 'norm' group 0
// CHECK-NEXT: edge 'norm2' group 1
// CHECK-NEXT: chain contraction 'fc' epilogue 'add'
// CHECK-NEXT: chain contraction 'fc2' epilogue 'add2'
func.func @a_stream_that_a_float_operation_reads_stays_float(%x: tensor<4x4xf32> {qnn.name = "x"}) -> tensor<4x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %h = tensor.empty() : tensor<4xf32>
  %g = linalg.fill ins(%zero : f32) outs(%h : tensor<4xf32>) -> tensor<4xf32>
  %s0 = linalg.generic {indexing_maps = [#id, #d0], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x4xf32>) outs(%g : tensor<4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %r = arith.addf %o, %i : f32
    linalg.yield %r : f32
  } -> tensor<4xf32> loc("sum0")
  %0 = linalg.generic {indexing_maps = [#id, #d0, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %s0 : tensor<4x4xf32>, tensor<4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%i: f32, %d: f32, %o: f32):
    %r = arith.divf %i, %d : f32
    linalg.yield %r : f32
  } -> tensor<4x4xf32> loc("norm")
  %1 = linalg.matmul ins(%0, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32> loc("fc")
  %2 = linalg.add ins(%1, %x : tensor<4x4xf32>, tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32> loc("add")
  %s1 = linalg.generic {indexing_maps = [#id, #d0], iterator_types = ["parallel", "reduction"]}
      ins(%2 : tensor<4x4xf32>) outs(%g : tensor<4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %r = arith.addf %o, %i : f32
    linalg.yield %r : f32
  } -> tensor<4xf32> loc("sum1")
  %3 = linalg.generic {indexing_maps = [#id, #d0, #id], iterator_types = ["parallel", "parallel"]}
      ins(%2, %s1 : tensor<4x4xf32>, tensor<4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%i: f32, %d: f32, %o: f32):
    %r = arith.divf %i, %d : f32
    linalg.yield %r : f32
  } -> tensor<4x4xf32> loc("norm2")
  %4 = linalg.matmul ins(%3, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32> loc("fc2")
  %5 = linalg.add ins(%4, %2 : tensor<4x4xf32>, tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32> loc("add2")
  return %5 : tensor<4x4xf32>
}

// CHECK-LABEL: func @a_factor_that_is_broadcast_stays_float
// CHECK-NEXT: edge 'x' group 0
// CHECK-NEXT: edge 'div' group 1
// CHECK-NEXT: chain contraction 'fc' epilogue 'div'
func.func @a_factor_that_is_broadcast_stays_float(%x: tensor<4x4xf32> {qnn.name = "x"}, %s: tensor<4xf32> {qnn.name = "s"})
    -> tensor<4x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32> loc("fc")
  %1 = linalg.generic {indexing_maps = [#id, #d0, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0, %s : tensor<4x4xf32>, tensor<4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%i: f32, %d: f32, %o: f32):
    %r = arith.divf %i, %d : f32
    linalg.yield %r : f32
  } -> tensor<4x4xf32> loc("div")
  %2 = linalg.matmul ins(%1, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32> loc("fc2")
  return %2 : tensor<4x4xf32>
}

// The exponentials of a softmax are summed in f32, so that its logits are no edge although bytes could hold them.
// CHECK-LABEL: func @elementwise_work_whose_result_is_read_in_f32_stays_float
// CHECK-NEXT: edge 'x' group 0
// CHECK-NEXT: edge 'exp' group 1
// CHECK-NEXT: edge 'v' group 2
// CHECK: float 'exp': its result is read in f32 as well
// CHECK-NEXT: float 'sum': its result feeds no contraction, and it sums too few values
func.func @elementwise_work_whose_result_is_read_in_f32_stays_float(%x: tensor<4x4xf32> {qnn.name = "x"}) -> tensor<4x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %h = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %g = linalg.fill ins(%zero : f32) outs(%h : tensor<4xf32>) -> tensor<4xf32>
  %qk = linalg.matmul ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32> loc("qk")
  %split = tensor.expand_shape %qk [[0], [1, 2]] output_shape [4, 2, 2] : tensor<4x4xf32> into tensor<4x2x2xf32> loc("split")
  %0 = tensor.collapse_shape %split [[0], [1, 2]] : tensor<4x2x2xf32> into tensor<4x4xf32> loc("merged")
  %1 = linalg.exp ins(%0 : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32> loc("exp")
  %2 = linalg.generic {indexing_maps = [#id, #d0], iterator_types = ["parallel", "reduction"]}
      ins(%1 : tensor<4x4xf32>) outs(%g : tensor<4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %r = arith.addf %o, %i : f32
    linalg.yield %r : f32
  } -> tensor<4xf32> loc("sum")
  %v = linalg.matmul ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32> loc("v")
  %3 = linalg.matmul ins(%1, %v : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32> loc("pv")
  %4 = linalg.generic {indexing_maps = [#id, #d0, #id], iterator_types = ["parallel", "parallel"]}
      ins(%3, %2 : tensor<4x4xf32>, tensor<4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%i: f32, %d: f32, %o: f32):
    %r = arith.divf %i, %d : f32
    linalg.yield %r : f32
  } -> tensor<4x4xf32> loc("div")
  return %4 : tensor<4x4xf32>
}

// The mean at the end of a model reads the bytes that contractions write for it, through what keeps values as they are;
// 'mean' is no edge.
// CHECK-LABEL: func @a_last_mean_reads_bytes_and_writes_floats
// CHECK-NEXT: edge 'x' group 0
// CHECK-NEXT: edge 'fc' group 1
// CHECK-NEXT: edge 'fc2' group 1
// CHECK-NEXT: chain contraction 'fc'
// CHECK-NEXT: chain contraction 'fc2'
// CHECK-NEXT: chain linear reduction 'sum' epilogue 'mean'
// CHECK-NOT: float
func.func @a_last_mean_reads_bytes_and_writes_floats(%x: tensor<8x4xf32> {qnn.name = "x"}) -> tensor<4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8x4xf32>
  %v = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<8x4xf32>) -> tensor<8x4xf32>
  %g = linalg.fill ins(%zero : f32) outs(%v : tensor<4xf32>) -> tensor<4xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<8x4xf32>, tensor<4x4xf32>) outs(%f : tensor<8x4xf32>) -> tensor<8x4xf32> loc("fc")
  %1 = linalg.matmul ins(%x, %w : tensor<8x4xf32>, tensor<4x4xf32>) outs(%f : tensor<8x4xf32>) -> tensor<8x4xf32> loc("fc2")
  %2 = tensor.concat dim(0) %0, %1 : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<16x4xf32>
  %3 = linalg.reduce {arith.addf} ins(%2 : tensor<16x4xf32>) outs(%g : tensor<4xf32>) dimensions = [0] loc("sum")
  %4 = linalg.generic {indexing_maps = [#id1, #id1], iterator_types = ["parallel"]} ins(%3 : tensor<4xf32>) outs(%v : tensor<4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %n = arith.constant 16.0 : f32
    %r = arith.divf %i, %n : f32
    linalg.yield %r : f32
  } -> tensor<4xf32> loc("mean")
  return %4 : tensor<4xf32>
}

// The mean that a normalization subtracts: the subtraction needs the floats, so the sum reads them too.
// CHECK-LABEL: func @a_sum_of_floats_that_another_reads_stays_float
// CHECK-NEXT: edge 'x' group 0
// CHECK-NEXT: chain contraction 'fc'
// CHECK-NEXT: float 'sum': its result feeds no contraction, and what it sums is not made by contractions for it alone
// CHECK-NEXT: float 'sub': its result feeds no contraction
func.func @a_sum_of_floats_that_another_reads_stays_float(%x: tensor<16x4xf32> {qnn.name = "x"}) -> tensor<16x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<16x4xf32>
  %v = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<16x4xf32>) -> tensor<16x4xf32>
  %g = linalg.fill ins(%zero : f32) outs(%v : tensor<4xf32>) -> tensor<4xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<16x4xf32>, tensor<4x4xf32>) outs(%f : tensor<16x4xf32>) -> tensor<16x4xf32> loc("fc")
  %1 = linalg.reduce {arith.addf} ins(%0 : tensor<16x4xf32>) outs(%g : tensor<4xf32>) dimensions = [0] loc("sum")
  %2 = linalg.generic {indexing_maps = [#id, #d1, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0, %1 : tensor<16x4xf32>, tensor<4xf32>) outs(%e : tensor<16x4xf32>) {
  ^bb0(%i: f32, %j: f32, %o: f32):
    %r = arith.subf %i, %j : f32
    linalg.yield %r : f32
  } -> tensor<16x4xf32> loc("sub")
  return %2 : tensor<16x4xf32>
}
