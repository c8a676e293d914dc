// RUN: quant-opt %s --split-input-file --verify-diagnostics

func.func @a_buffer_is_dense() {
  // expected-error@+1 {{expected a dense row-major type, found 'memref<4x8xf32, strided<[9, 1]>>'}}
  %b = qnn.buffer workspace [0] : memref<4x8xf32, strided<[9, 1]>>
  return
}

// -----

func.func @a_buffer_holds_numbers() {
  // expected-error@+1 {{expected integer or float elements, found 'memref<4xindex>'}}
  %b = qnn.buffer workspace [0] : memref<4xindex>
  return
}

// -----

func.func @a_buffer_does_not_start_before_its_memory() {
  // expected-error@+1 {{expected a position of at least 0, found -64}}
  %b = qnn.buffer workspace [-64] : memref<4xf32>
  return
}

// -----

// expected-error@+1 {{expected a dictionary of name, type and tensor, found "x"}}
qnn.program "net" inputs ["x"] outputs [] workspace_bytes 0 {
}

// -----

// expected-error@+1 {{expected only steps or launches, found arith.constant}}
qnn.program "net" inputs [] outputs [] workspace_bytes 0 {
  %c = arith.constant 1 : i32
}

// -----

qnn.program "net" inputs [] outputs [] workspace_bytes 0 {
  // expected-error@+1 {{expected a count of at least 1, found 0}}
  qnn.step @step_0 count 0 layer "conv1"
}

// -----

qnn.program "net" inputs [] outputs [] workspace_bytes 0 {
  // expected-error@+1 {{expected that the shared iterations divide the count, found 5}}
  qnn.step @step_0 count 28 shared 5 layer "conv1"
}

// -----

qnn.program "net" inputs [] outputs [] workspace_bytes 0 {
  // expected-error@+1 {{expected a grid and a count from 1 to 2147483647, found 0}}
  qnn.launch @kernel_0 grid 0 block 128 kinds [] positions [] count 5 layer "conv1"
}

// -----

qnn.program "net" inputs [] outputs [] workspace_bytes 0 {
  // expected-error@+1 {{expected a block of 1 to 1024 threads, found 2048}}
  qnn.launch @kernel_0 grid 1 block 2048 kinds [] positions [] count 5 layer "conv1"
}

// -----

qnn.program "net" inputs [] outputs [] workspace_bytes 0 {
  // expected-error@+1 {{expected a position for each kind, found 0 for 1}}
  qnn.launch @kernel_0 grid 1 block 128 kinds [0] positions [] count 5 layer "conv1"
}

// -----

qnn.program "net" inputs [] outputs [] workspace_bytes 0 {
  // expected-error@+1 {{expected kinds of buffers, found 7}}
  qnn.launch @kernel_0 grid 1 block 128 kinds [7] positions [0] count 5 layer "conv1"
}
