// RUN: quant-opt %s --qnn-expand-fma | FileCheck %s
// RUN: quant-opt %s --qnn-expand-fma=path=avx2 | FileCheck %s --check-prefix=AVX2
// RUN: not quant-opt %s --qnn-expand-fma=path=mmx 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: unknown CPU path 'mmx'; expected avx512bf16, avx512vbmi, avx512vnni, avxvnni, avx512, avx2 or x86-64

// CHECK-LABEL: @a_fused_multiply_add_is_rounded_to_odd_in_f64
// CHECK-NOT: math.fma
// CHECK: %[[PRODUCT:.*]] = arith.mulf %{{.*}} : vector<4xf64>
// CHECK: %[[SUM:.*]] = arith.addf %[[PRODUCT]], %{{.*}} : vector<4xf64>
// CHECK: arith.cmpf one
// CHECK: arith.andi
// CHECK: arith.shrsi
// CHECK: arith.truncf %{{.*}} : vector<4xf64> to vector<4xf32>
// AVX2-LABEL: @a_fused_multiply_add_is_rounded_to_odd_in_f64
// AVX2: math.fma
func.func @a_fused_multiply_add_is_rounded_to_odd_in_f64(%a: vector<4xf32>, %b: vector<4xf32>, %c: vector<4xf32>) -> vector<4xf32> {
  %y = math.fma %a, %b, %c : vector<4xf32>
  return %y : vector<4xf32>
}

// CHECK-LABEL: @a_sum_that_f64_holds_is_rounded_once
// CHECK: %[[PRODUCT:.*]] = arith.mulf %{{.*}} : f64
// CHECK: %[[SUM:.*]] = arith.addf %[[PRODUCT]], %{{.*}} : f64
// CHECK-NEXT: arith.truncf %[[SUM]] : f64 to f32
// CHECK-NEXT: return
func.func @a_sum_that_f64_holds_is_rounded_once(%a: f32, %b: f32, %c: f32) -> f32 {
  %y = math.fma %a, %b, %c {qnn.exact_sum} : f32
  return %y : f32
}

// CHECK-LABEL: @f64_stays
// CHECK: math.fma
func.func @f64_stays(%a: f64) -> f64 {
  %y = math.fma %a, %a, %a : f64
  return %y : f64
}
