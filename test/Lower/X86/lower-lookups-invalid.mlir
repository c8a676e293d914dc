// Kernels have vectors of one dimension.
// RUN: quant-opt %s --qnn-lower-lookups --verify-diagnostics

func.func @a_matrix(%x: vector<2x8xi8>) -> vector<2x8xi8> {
  // expected-error @+1 {{expected a scalar or a vector of one dimension}}
  %0 = qnn.lookup %x in dense<7> : tensor<256xi8> : vector<2x8xi8>
  return %0 : vector<2x8xi8>
}
