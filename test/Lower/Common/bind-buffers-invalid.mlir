// RUN: quant-opt %s --qnn-bind-buffers --split-input-file --verify-diagnostics

// expected-error@+1 {{expected one public function with a body, found none}}
module {
}

// -----

func.func @first() {
  return
}
// expected-error@+1 {{is a second public function; expected one model in a module, found @first before it}}
func.func @second() {
  return
}

// -----

// expected-error@+1 {{expected tensors of integers or floats of whole bytes with static shapes, found 'tensor<?xf32>'}}
func.func @a_dynamic_shape(%x: tensor<?xf32>) {
  return
}

// -----

// expected-error@+1 {{expected one block, found 2}}
func.func @two_blocks(%x: tensor<4xf32>) {
  cf.br ^bb1
^bb1:
  return
}

// -----

// expected-error@+1 {{expected tensors of integers or floats of whole bytes with static shapes, found 'tensor<4xi4>'}}
func.func @half_a_byte(%x: tensor<4xi4>) {
  return
}

// -----

func.func @a_constant_without_bytes() -> tensor<17xf32> {
  // expected-error@+1 {{holds a constant whose bytes cannot be read}}
  %c = arith.constant dense_resource<absent> : tensor<17xf32>
  return %c : tensor<17xf32>
}
