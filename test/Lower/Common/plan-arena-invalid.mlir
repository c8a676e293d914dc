// RUN: quant-opt %s --qnn-plan-arena --split-input-file --verify-diagnostics

qnn.program "in_a_loop" inputs [] outputs [] workspace_bytes 0 {
}
func.func @in_a_loop() {
  scf.forall (%i) in (4) {
    // expected-error@+1 {{inside a loop has no place in the workspace}}
    %a = memref.alloc() : memref<16xf32>

  }
  return
}

// -----

qnn.program "of_unknown_size" inputs [] outputs [] workspace_bytes 0 {
}
func.func @of_unknown_size() {
  %n = arith.constant 4 : index
  // expected-error@+1 {{expected a static shape and a dense layout, found 'memref<?xf32>'}}
  %a = memref.alloc(%n) : memref<?xf32>
  return
}
