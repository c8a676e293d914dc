// RUN: quant-opt %s --qnn-make-launches --split-input-file --verify-diagnostics

qnn.program "net" inputs [] outputs [] workspace_bytes 64 {
  // expected-error@+1 {{of layer 'watched' cannot run on a GPU: it holds qnn.observe_buffer}}
  qnn.step @step_0 count 1 layer "watched"
}
func.func @step_0(%frame: !llvm.ptr, %begin: index, %end: index) {
  %x = qnn.buffer workspace [0] : memref<4xf32>
  qnn.observe_buffer %x as 3 : memref<4xf32>
  return
}

// -----

qnn.program "net" inputs [] outputs [] workspace_bytes 64 {
  // expected-error@+1 {{of layer 'empty' cannot run on a GPU: it calls no kernel}}
  qnn.step @step_0 count 1 layer "empty"
}
func.func @step_0(%frame: !llvm.ptr, %begin: index, %end: index) {
  return
}

// -----

qnn.program "net" inputs [] outputs [] workspace_bytes 64 {
  // expected-error@+1 {{of layer 'straight' cannot run on a GPU: it is no loop on buffers alone}}
  qnn.step @step_0 count 1 layer "straight"
}
func.func @step_0(%frame: !llvm.ptr, %begin: index, %end: index) {
  %x = qnn.buffer workspace [0] : memref<4xf32>
  call @kernel_0(%x, %begin, %end) : (memref<4xf32>, index, index) -> ()
  return
}
func.func private @kernel_0(%x: memref<4xf32>, %begin: index, %end: index) {
  %zero = arith.constant 0.0 : f32
  memref.store %zero, %x[%begin] : memref<4xf32>
  return
}
