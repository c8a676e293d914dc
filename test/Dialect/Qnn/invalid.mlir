// What the verifiers of ranges, scalar arithmetic and dot products refuse.
// RUN: quant-opt %s --split-input-file --verify-diagnostics

func.func @an_observer_has_a_name(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{needs a non-empty edge name}}
  %0 = qnn.observe %x as "" : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @bounds_come_in_pairs(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{has 2 lower and 1 upper bounds; expected as many of each}}
  %0 = qnn.range %x [0.0, 0.0], [1.0] method "min-max" : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @an_axis_is_a_dimension(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{axis 1 is outside the rank 1}}
  %0 = qnn.range %x [0.0], [1.0] axis 1 method "min-max" : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @an_axis_has_a_pair_for_each_slice(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{expected 4 bounds, found 1}}
  %0 = qnn.range %x [0.0], [1.0] axis 0 method "min-max" : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @bounds_are_in_order(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{expected finite bounds with lo <= hi, found}}
  %0 = qnn.range %x [2.0], [1.0] method "min-max" : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @a_clamp_lies_in_the_storage(%x: f32, %s: f32) -> i8 {
  // expected-error @+1 {{expected clamp bounds within [-128, 127], found [0, 255]}}
  %0 = qnn.quantize %x, %s zero_point 0 clamp [0, 255] : f32, f32 -> i8
  return %0 : i8
}

// -----

func.func @a_zero_point_lies_in_the_storage(%x: i32, %s: f32) -> i8 {
  // expected-error @+1 {{expected a zero point within [0, 255], found -1}}
  %0 = qnn.requantize %x, %s zero_point -1 clamp [0, 255] unsigned : i32, f32 -> i8
  return %0 : i8
}

// -----

func.func @four_bytes_make_a_lane(%a: vector<8xi8>, %c: vector<4xi32>) -> vector<4xi32> {
  // expected-error @+1 {{expected 4 bytes for each i32 lane, found 8 bytes and 4 lanes}}
  %0 = qnn.dot4 %a, %a, %c : vector<8xi8>, vector<4xi32>
  return %0 : vector<4xi32>
}

// -----

func.func @a_table_has_an_entry_for_each_byte(%x: i8) -> i8 {
  // expected-error @+1 {{expected a dense table of type tensor<256xi8>, found 'tensor<255xi8>'}}
  %0 = qnn.lookup %x in dense<0> : tensor<255xi8> : i8
  return %0 : i8
}
