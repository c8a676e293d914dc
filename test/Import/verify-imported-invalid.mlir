// RUN: quant-opt --qnn-verify-imported --split-input-file --verify-diagnostics %s

// expected-error @+1 {{expected one public function with a body, found none}}
module {
}

// -----
func.func @first() { return }
// expected-error @+1 {{expected one public function, found a second beside 'first'}}
func.func @second() { return }

// -----
// expected-error @+1 {{argument 0 is 'tensor<?x4xf32>': expected a static shape}}
func.func @dynamic_argument(%x: tensor<?x4xf32> {qnn.name = "x", qnn.type = "float"}) { return }

// -----
// expected-error @+1 {{argument 0 is 'memref<4xf32>': expected a ranked tensor}}
func.func @argument_in_memory(%x: memref<4xf32> {qnn.name = "x", qnn.type = "float"}) { return }

// -----
// expected-error @+1 {{argument 0 is 'tensor<4xi1>': expected i8 for bool}}
func.func @packed_bool(%x: tensor<4xi1> {qnn.name = "x", qnn.type = "bool"}) { return }

// -----
// expected-error @+1 {{argument 0 is 'tensor<4xindex>': expected elements of i8, i16, i32, i64 or a float type}}
func.func @index_elements(%x: tensor<4xindex> {qnn.name = "x", qnn.type = "int64"}) { return }

// -----
// expected-error @+1 {{argument 0 has no string attribute 'qnn.name'}}
func.func @argument_without_name(%x: tensor<4xf32>) { return }

// -----
// expected-error @+1 {{result 0 has no string attribute 'qnn.type'}}
func.func @result_without_type(%x: tensor<4xf32> {qnn.name = "x", qnn.type = "float"}) -> (tensor<4xf32> {qnn.name = "y"}) {
  return %x : tensor<4xf32>
}

// -----
// expected-error @+1 {{argument 1 has the name 'x' of another}}
func.func @same_name(%x: tensor<4xf32> {qnn.name = "x", qnn.type = "float"},
                     %y: tensor<4xf32> {qnn.name = "x", qnn.type = "float"}) { return }

// -----
func.func @foreign_operation(%x: tensor<4xf32> {qnn.name = "x", qnn.type = "float"}) {
  // expected-error @+1 {{'tosa.abs' op is not of the Imported form: expected operations of linalg, tensor, arith, math or quant}}
  %y = tosa.abs %x : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----
func.func @dynamic_inside(%x: tensor<4xf32> {qnn.name = "x", qnn.type = "float"}) {
  // expected-error @+1 {{is not of the Imported form: its result is 'tensor<?xf32>': expected a static shape}}
  %y = tensor.cast %x : tensor<4xf32> to tensor<?xf32>
  return
}
