// RUN: quant-opt %s --qnn-widen-short-floats=path=avx2 | FileCheck %s --check-prefixes=CHECK,F16C
// RUN: quant-opt %s --qnn-widen-short-floats=path=x86-64 | FileCheck %s --check-prefixes=CHECK,PLAIN

// CHECK-LABEL: @arithmetic_is_done_in_f32
// CHECK: arith.addf %{{.*}} : f32
// F16C: arith.truncf %{{.*}} : f32 to f16
// PLAIN-NOT: arith.truncf
func.func @arithmetic_is_done_in_f32(%a: f16, %b: f16) -> f16 {
  %s = arith.addf %a, %b : f16
  return %s : f16
}

// CHECK-LABEL: @functions_and_conversions_too
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK: math.sin %{{.*}} : f32
// CHECK: arith.sitofp %{{.*}} : i32 to f32
// CHECK: arith.truncf %{{.*}} : f32 to bf16
func.func @functions_and_conversions_too(%a: bf16, %i: i32) -> (bf16, bf16) {
  %s = math.sin %a : bf16
  %f = arith.sitofp %i : i32 to bf16
  return %s, %f : bf16, bf16
}

// CHECK-LABEL: @f64_is_not_rounded_twice
// CHECK: arith.truncf %{{.*}} : f64 to f32
// CHECK: arith.cmpf one
// CHECK: arith.select
func.func @f64_is_not_rounded_twice(%a: f64) -> f16 {
  %s = arith.truncf %a : f64 to f16
  return %s : f16
}
