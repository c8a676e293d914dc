// RUN: quant-opt %s --qnn-expand-math | FileCheck %s
// RUN: quant-opt %s --qnn-expand-math=scaling | FileCheck %s --check-prefix=SCALING

// CHECK-LABEL: @functions_of_f32_become_arithmetic
// CHECK-NOT: math.exp
// CHECK-NOT: math.tanh
// CHECK: arith.mulf %{{.*}} : vector<8xf32>
// SCALING-LABEL: @functions_of_f32_become_arithmetic
// SCALING: llvm.call_intrinsic "llvm.ldexp"(%{{.*}}, %{{.*}}) : (f32, i32) -> f32
// SCALING: llvm.call_intrinsic "llvm.ldexp"(%{{.*}}, %{{.*}}) : (vector<8xf32>, vector<8xi32>) -> vector<8xf32>
func.func @functions_of_f32_become_arithmetic(%x: f32, %v: vector<8xf32>) -> (f32, vector<8xf32>) {
  %a = math.exp %x : f32
  %b = math.tanh %v : vector<8xf32>
  return %a, %b : f32, vector<8xf32>
}

// CHECK-LABEL: @shorter_floats_go_through_f32
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK: arith.truncf %{{.*}} : f32 to bf16
func.func @shorter_floats_go_through_f32(%x: bf16) -> bf16 {
  %a = math.erf %x : bf16
  return %a : bf16
}

// CHECK-LABEL: @a_square_is_a_product
// CHECK: arith.mulf %[[X:.*]], %[[X]] : f32
func.func @a_square_is_a_product(%x: f32) -> f32 {
  %two = arith.constant 2.0 : f32
  %a = math.powf %x, %two : f32
  return %a : f32
}

// CHECK-LABEL: @a_reciprocal_square_root_is_a_quotient
// CHECK: math.sqrt %{{.*}} : f64
// CHECK: arith.divf %{{.*}} : f64
func.func @a_reciprocal_square_root_is_a_quotient(%x: f64) -> f64 {
  %a = math.rsqrt %x : f64
  return %a : f64
}

// CHECK-LABEL: @f64_stays
// CHECK: math.exp
func.func @f64_stays(%x: f64) -> f64 {
  %a = math.exp %x : f64
  return %a : f64
}
