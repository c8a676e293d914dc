// Every operation of the dialect survives a round trip through text and through bytecode.
// RUN: quant-opt %s | quant-opt | FileCheck %s
// RUN: quant-opt %s --emit-bytecode | quant-opt | FileCheck %s

// CHECK-LABEL: @a_range_names_its_method
func.func @a_range_names_its_method(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // CHECK: qnn.observe %{{.*}} as "relu_1" : tensor<2x3xf32>
  %0 = qnn.observe %x as "relu_1" : tensor<2x3xf32>
  // CHECK: qnn.range %{{.*}} [-1.000000e+00], [3.000000e+00] method "minmax" : tensor<2x3xf32>
  %1 = qnn.range %0 [-1.0], [3.0] method "minmax" : tensor<2x3xf32>
  // Every digit that the float needs is printed.
  // CHECK: qnn.range %{{.*}} [-0.666666686, 0.000000e+00], [0.100000009, 1.17549435E-38] axis 0 method "mse"
  %2 = qnn.range %1 [-0.666666686, 0.0], [0.100000009, 1.17549435e-38] axis 0 method "mse" : tensor<2x3xf32>
  return %2 : tensor<2x3xf32>
}

// CHECK-LABEL: @a_barrier_keeps_the_rounding
func.func @a_barrier_keeps_the_rounding(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<u8:f32, 2.500000e-01>>
  // CHECK: qnn.barrier %{{.*}} : tensor<4x!quant.uniform<u8:f32, 2.500000e-01>>
  %1 = qnn.barrier %0 : tensor<4x!quant.uniform<u8:f32, 2.500000e-01>>
  %2 = quant.dcast %1 : tensor<4x!quant.uniform<u8:f32, 2.500000e-01>> to tensor<4xf32>
  return %2 : tensor<4xf32>
}

// CHECK-LABEL: @an_epilogue_dequantizes_and_requantizes
func.func @an_epilogue_dequantizes_and_requantizes(%acc: i32, %m: f32, %skip: i8, %s: f32) -> (i8, i8) {
  // CHECK: qnn.requantize %{{.*}}, %{{.*}} zero_point 3 clamp [0, 255] unsigned : i32, f32 -> i8
  %0 = qnn.requantize %acc, %m zero_point 3 clamp [0, 255] unsigned : i32, f32 -> i8
  // CHECK: qnn.dequantize %{{.*}}, %{{.*}} zero_point 0 : i8, f32 -> f32
  %1 = qnn.dequantize %skip, %s zero_point 0 : i8, f32 -> f32
  // CHECK: qnn.quantize %{{.*}}, %{{.*}} zero_point -1 clamp [-128, 127] : f32, f32 -> i8
  %2 = qnn.quantize %1, %s zero_point -1 clamp [-128, 127] : f32, f32 -> i8
  return %0, %2 : i8, i8
}

// CHECK-LABEL: @dot4_names_the_signedness_of_its_left_side
func.func @dot4_names_the_signedness_of_its_left_side(%a: vector<64xi8>, %b: vector<64xi8>, %c: vector<16xi32>)
    -> vector<16xi32> {
  // CHECK: qnn.dot4 %{{.*}} unsigned, %{{.*}}, %{{.*}} : vector<64xi8>, vector<16xi32>
  %0 = qnn.dot4 %a unsigned, %b, %c : vector<64xi8>, vector<16xi32>
  return %0 : vector<16xi32>
}

// CHECK-LABEL: @a_lookup_states_its_table
func.func @a_lookup_states_its_table(%x: i8, %v: vector<64xi8>) -> (i8, vector<64xi8>) {
  // CHECK: qnn.lookup %{{.*}} in dense<7> : tensor<256xi8> : i8
  %0 = qnn.lookup %x in dense<7> : tensor<256xi8> : i8
  // CHECK: qnn.lookup %{{.*}} in dense<-1> : tensor<256xi8> : vector<64xi8>
  %1 = qnn.lookup %v in dense<-1> : tensor<256xi8> : vector<64xi8>
  return %0, %1 : i8, vector<64xi8>
}
