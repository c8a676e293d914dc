// RUN: quant-opt %s --qnn-convert-to-nvvm --split-input-file --verify-diagnostics
// RUN: quant-opt %s --qnn-convert-to-emulation --split-input-file --verify-diagnostics

func.func @waves(%x: memref<4xf32>, %count: i32) {
  %zero = arith.constant 0 : index
  %v = memref.load %x[%zero] : memref<4xf32>
  // expected-error@+1 {{has no code on a GPU; compile the model for a CPU}}
  %w = math.sin %v : f32
  memref.store %w, %x[%zero] : memref<4xf32>
  return
}

// -----

func.func @watched(%x: memref<4xf32>, %count: i32) {
  // expected-error@+1 {{'qnn.observe_buffer' op has no place on a GPU: calibrate on the CPU}}
  qnn.observe_buffer %x as 3 : memref<4xf32>
  return
}

// -----

func.func @huge(%x: memref<3000000000xi8>, %count: i32) {
  %zero = arith.constant 0 : index
  // expected-error@+1 {{cannot run on a GPU: a buffer of more than 2^31 elements}}
  %v = memref.load %x[%zero] : memref<3000000000xi8>
  return
}
