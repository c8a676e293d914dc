// RUN: quant-opt %s --qnn-verify-lowered --split-input-file --verify-diagnostics

// A program as it should be.
qnn.program "net" inputs [] outputs [{name = "y", tensor = tensor<4xf32>, type = "float"}] workspace_bytes 64 {
  qnn.step @step_0 count 1 layer "a"
}
func.func @step_0(%frame: !llvm.ptr, %begin: index, %end: index) {
  %b = qnn.buffer workspace [0] : memref<16xf32>
  %y = qnn.buffer output [0] : memref<4xf32>
  return
}

// -----

// expected-error@+1 {{expected one qnn.program, found 0}}
module {
}

// -----

qnn.program "net" inputs [] outputs [] workspace_bytes 64 {
  // expected-error@+1 {{names no function of the module: @step_0}}
  qnn.step @step_0 count 1 layer "a"
}

// -----

qnn.program "net" inputs [] outputs [] workspace_bytes 64 {
  qnn.step @step_0 count 1 layer "a"
}
// expected-error@+1 {{expected the type of a step, (!llvm.ptr, index, index) -> (), found '(index) -> ()'}}
func.func @step_0(%frame: index) {
  return
}

// -----

qnn.program "net" inputs [] outputs [] workspace_bytes 64 {
}
func.func @a_buffer_beyond_the_workspace() {
  // expected-error@+1 {{ends at byte 128 of 64}}
  %b = qnn.buffer workspace [64] : memref<16xf32>
  return
}

// -----

qnn.program "net" inputs [] outputs [] workspace_bytes 64 {
}
func.func @an_input_that_is_none() {
  // expected-error@+1 {{number 0 of 0}}
  %b = qnn.buffer input [0] : memref<16xf32>
  return
}

// -----

qnn.program "net" inputs [] outputs [] workspace_bytes 64 {
}
func.func @an_allocation() {
  // expected-error@+1 {{allocation in the Lowered form; --qnn-plan-arena should have removed it}}
  %b = memref.alloc() : memref<16xf32>
  return
}

// -----

qnn.program "net" inputs [] outputs [] workspace_bytes 64 {
}
func.func @a_tensor() {
  // expected-error@+1 {{tensor in the Lowered form; --qnn-bufferize should have removed it}}
  %b = tensor.empty() : tensor<16xf32>
  return
}

// -----

qnn.program "net" inputs [] outputs [] workspace_bytes 64 {
}
func.func @a_copy(%a: memref<4xf32>, %b: memref<4xf32>) {
  // expected-error@+1 {{in the Lowered form; --qnn-lower-to-loops should have removed it}}
  memref.copy %a, %b : memref<4xf32> to memref<4xf32>
  return
}

// -----

qnn.program "net" inputs [] outputs [] workspace_bytes 64 {
}
func.func @a_loop_not_outlined() {
  // expected-error@+1 {{in the Lowered form; --qnn-outline-steps should have removed it}}
  scf.forall (%i) in (4) {
  }
  return
}

// -----

qnn.program "net" inputs [] outputs [] workspace_bytes 64 {
}
func.func @arithmetic_of_the_contract(%x: f32) {
  // expected-error@+1 {{in the Lowered form; --qnn-expand-arith should have removed it}}
  %q = qnn.quantize %x, %x zero_point 0 clamp [0, 255] unsigned : f32, f32 -> i8
  return
}
