// RUN: quant-opt %s --qnn-outline-steps --split-input-file --verify-diagnostics

qnn.program "net" inputs [] outputs [] workspace_bytes 64 {
}
func.func @net() {
  %zero = arith.constant 0 : index
  %a = qnn.buffer workspace [0] : memref<16xf32>
  // expected-note@+1 {{the value is made here}}
  %v = memref.load %a[%zero] : memref<16xf32>
  // expected-error@+1 {{reads a value that is not computed from buffers alone}}
  scf.forall (%i) in (16) {
    memref.store %v, %a[%i] : memref<16xf32>
  }
  return
}

// -----

qnn.program "net" inputs [] outputs [] workspace_bytes 64 {
}
func.func @net(%a: memref<16xf32>) {
  %zero = arith.constant 0.0 : f32
  // expected-error@+1 {{reads an argument of the function; run --qnn-bind-buffers first}}
  scf.forall (%i) in (16) {
    memref.store %zero, %a[%i] : memref<16xf32>
  }
  return
}
