// RUN: quant-opt %s --qnn-plan-arena --split-input-file | FileCheck %s

#id = affine_map<(i) -> (i)>
#rev = affine_map<(i) -> (-i + 15)>

// Three buffers of 64 bytes, one after the other; the reversing operations cannot work in place.
// CHECK: qnn.program "first_and_third_share" {{.*}} workspace_bytes 128
// CHECK: %[[A:.*]] = qnn.buffer workspace [0] : memref<16xf32>
// CHECK: linalg.fill {{.*}} outs(%[[A]]
// CHECK: %[[B:.*]] = qnn.buffer workspace [64] : memref<16xf32>
// CHECK: ins(%[[A]] {{.*}} outs(%[[B]]
// CHECK: %[[C:.*]] = qnn.buffer workspace [0] : memref<16xf32>
// CHECK: ins(%[[B]] {{.*}} outs(%[[C]]
// CHECK: memref.copy %[[C]]
qnn.program "first_and_third_share" inputs [] outputs [] workspace_bytes 0 {
}
func.func @first_and_third_share() {
  %zero = arith.constant 0.0 : f32
  %out = qnn.buffer output [0] : memref<16xf32>
  %a = memref.alloc() : memref<16xf32>
  linalg.fill ins(%zero : f32) outs(%a : memref<16xf32>)
  %b = memref.alloc() : memref<16xf32>
  linalg.generic {indexing_maps = [#rev, #id], iterator_types = ["parallel"]}
      ins(%a : memref<16xf32>) outs(%b : memref<16xf32>) {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  }
  %c = memref.alloc() : memref<16xf32>
  linalg.generic {indexing_maps = [#rev, #id], iterator_types = ["parallel"]}
      ins(%b : memref<16xf32>) outs(%c : memref<16xf32>) {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  }
  memref.copy %c, %out : memref<16xf32> to memref<16xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>

// CHECK: qnn.program "elementwise_works_in_place" {{.*}} workspace_bytes 64
// CHECK: %[[A:.*]] = qnn.buffer workspace [0] : memref<16xf32>
// CHECK-NOT: workspace
// CHECK: linalg.generic {{.*}} ins(%[[A]] {{.*}} outs(%[[A]]
// A reshape is a buffer of another type.
// CHECK: %[[V:.*]] = qnn.buffer workspace [0] : memref<4x4xf32>
// CHECK: memref.copy %[[V]]
qnn.program "elementwise_works_in_place" inputs [] outputs [] workspace_bytes 0 {
}
func.func @elementwise_works_in_place() {
  %zero = arith.constant 0.0 : f32
  %out = qnn.buffer output [0] : memref<4x4xf32>
  %a = memref.alloc() : memref<16xf32>
  linalg.fill ins(%zero : f32) outs(%a : memref<16xf32>)
  %b = memref.alloc() : memref<16xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%a : memref<16xf32>) outs(%b : memref<16xf32>) {
  ^bb0(%v: f32, %o: f32):
    %n = arith.negf %v : f32
    linalg.yield %n : f32
  }
  %s = memref.expand_shape %b [[0, 1]] output_shape [4, 4] : memref<16xf32> into memref<4x4xf32>
  memref.copy %s, %out : memref<4x4xf32> to memref<4x4xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
#same = affine_map<(i) -> (0)>

// Every element needs element 0, so that the operand must outlive the operation.
// CHECK: qnn.program "an_operand_read_twice_stays" {{.*}} workspace_bytes 128
qnn.program "an_operand_read_twice_stays" inputs [] outputs [] workspace_bytes 0 {
}
func.func @an_operand_read_twice_stays() {
  %zero = arith.constant 0.0 : f32
  %out = qnn.buffer output [0] : memref<16xf32>
  %a = memref.alloc() : memref<16xf32>
  linalg.fill ins(%zero : f32) outs(%a : memref<16xf32>)
  %b = memref.alloc() : memref<16xf32>
  linalg.generic {indexing_maps = [#id, #same, #id], iterator_types = ["parallel"]}
      ins(%a, %a : memref<16xf32>, memref<16xf32>) outs(%b : memref<16xf32>) {
  ^bb0(%v: f32, %w: f32, %o: f32):
    %n = arith.addf %v, %w : f32
    linalg.yield %n : f32
  }
  memref.copy %b, %out : memref<16xf32> to memref<16xf32>
  return
}

// -----

// What a loop hands on may be read under another name until the end.
// CHECK: qnn.program "a_loop_that_hands_on" {{.*}} workspace_bytes 192
qnn.program "a_loop_that_hands_on" inputs [] outputs [] workspace_bytes 0 {
}
func.func @a_loop_that_hands_on() {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %out = qnn.buffer output [0] : memref<16xf32>
  %a = memref.alloc() : memref<16xf32>
  %b = memref.alloc() : memref<16xf32>
  %r:2 = scf.for %i = %c0 to %c1 step %c1 iter_args(%p = %a, %q = %b) -> (memref<16xf32>, memref<16xf32>) {
    scf.yield %q, %p : memref<16xf32>, memref<16xf32>
  }
  %c = memref.alloc() : memref<16xf32>
  linalg.fill ins(%zero : f32) outs(%c : memref<16xf32>)
  memref.copy %c, %out : memref<16xf32> to memref<16xf32>
  memref.copy %r#0, %out : memref<16xf32> to memref<16xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>

// What dies where an output is first written lies in that output from the beginning, also behind views.
// CHECK: qnn.program "an_output_from_the_beginning" {{.*}} workspace_bytes 0
// CHECK: linalg.fill {{.*}} outs(%[[OUT:.*]] : memref<4x16xf32>)
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : memref<64xf32>)
// CHECK-NOT: workspace
qnn.program "an_output_from_the_beginning" inputs [] outputs [] workspace_bytes 0 {
}
func.func @an_output_from_the_beginning() {
  %zero = arith.constant 0.0 : f32
  %a = memref.alloc() : memref<4x16xf32>
  linalg.fill ins(%zero : f32) outs(%a : memref<4x16xf32>)
  %out = qnn.buffer output [0] : memref<4x16xf32>
  %from = memref.collapse_shape %a [[0, 1]] : memref<4x16xf32> into memref<64xf32>
  %to = memref.collapse_shape %out [[0, 1]] : memref<4x16xf32> into memref<64xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%from : memref<64xf32>) outs(%to : memref<64xf32>) {
  ^bb0(%v: f32, %o: f32):
    %n = math.exp %v : f32
    linalg.yield %n : f32
  }
  return
}

// -----

#id = affine_map<(i) -> (i)>

// An output that has been written before is left alone.
// CHECK: qnn.program "an_output_written_before" {{.*}} workspace_bytes 64
qnn.program "an_output_written_before" inputs [] outputs [] workspace_bytes 0 {
}
func.func @an_output_written_before() {
  %zero = arith.constant 0.0 : f32
  %out = qnn.buffer output [0] : memref<16xf32>
  linalg.fill ins(%zero : f32) outs(%out : memref<16xf32>)
  %a = memref.alloc() : memref<16xf32>
  linalg.fill ins(%zero : f32) outs(%a : memref<16xf32>)
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%a : memref<16xf32>) outs(%out : memref<16xf32>) {
  ^bb0(%v: f32, %o: f32):
    %n = math.exp %v : f32
    linalg.yield %n : f32
  }
  return
}
