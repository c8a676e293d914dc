// What the kernel of a 512 x 128 x 128 product consists of: dp4a alone, the fused multiply-add that was asked for and no
// other, no memory of a thread's own.
// RUN: quant-compile %s --emit=ptx --target=nvptx-sm_75 | FileCheck %s --check-prefixes=CHECK,SM75
// RUN: quant-compile %s --emit=ptx --target=nvptx-sm_80 --tensor-cores=off | FileCheck %s --check-prefixes=CHECK,ASYNC,SM80
// RUN: quant-compile %s --emit=ptx --target=nvptx-sm_90 --tensor-cores=off | FileCheck %s --check-prefixes=CHECK,ASYNC,SM90
// RUN: quant-compile %s --emit=ptx --target=nvptx-sm_80 | FileCheck %s --check-prefix=MMA
// MMA-NOT: .local
// MMA: mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32
// MMA-NOT: {{satfinite|\.local|dp4a}}
// RUN: not quant-compile %s --emit=ptx --target=nvptx-sm_50 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: option --target has no value "nvptx-sm_50"

// CHECK: // launch kernel_0 grid 64 block 64 count 64 buffers input:0 weights:{{[0-9]+}} output:0 weights:{{[0-9]+}} weights:{{[0-9]+}} weights:{{[0-9]+}} layer "{{.*}}"
// SM75: .target sm_75
// SM80: .target sm_80
// SM90: .version 8.0
// SM90: .target sm_90
// CHECK-NOT: .local
// CHECK: .visible .entry kernel_0(
// CHECK: .maxntid 64
// CHECK-NOT: {{fma|\.local|\.approx}}
// ASYNC: cp.async.cg.shared.global
// ASYNC: cp.async.wait_group 1
// CHECK: ld.shared.v4.b32
// The tile's 64 dot products for 16 bytes of the reduction; loops of four such steps may be unrolled whole.
// CHECK-COUNT-64: dp4a.u32.s32
// CHECK-NOT: {{cvt.rn|mul.rn|\.local|\.approx|dp4a.s32|dp4a.u32.u32}}
// CHECK: fma.rn.f32
// CHECK-NOT: {{cvt.rn|mul.rn}}
// CHECK: add.rn.f32
// CHECK: st.global.b32
// CHECK-NOT: {{mul.rn|\.local|\.approx}}
func.func @net(%a: tensor<512x128xi8> {qnn.name = "a", qnn.type = "uint8"}) -> (tensor<512x128xi8> {qnn.name = "y", qnn.type = "uint8"}) {
  %w = arith.constant dense<3> : tensor<128x128xi8>
  %m = arith.constant dense<0.01> : tensor<128xf32>
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<512x128xi32>
  %init = linalg.fill ins(%zero : i32) outs(%e : tensor<512x128xi32>) -> tensor<512x128xi32>
  %acc = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %w : tensor<512x128xi8>, tensor<128x128xi8>) outs(%init : tensor<512x128xi32>) {
  ^bb0(%a0: i8, %w0: i8, %c: i32):
    %a1 = arith.extui %a0 : i8 to i32
    %w1 = arith.extsi %w0 : i8 to i32
    %p = arith.muli %a1, %w1 : i32
    %s = arith.addi %c, %p : i32
    linalg.yield %s : i32
  } -> tensor<512x128xi32>
  %out = tensor.empty() : tensor<512x128xi8>
  %y = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]} ins(%acc, %m : tensor<512x128xi32>, tensor<128xf32>) outs(%out : tensor<512x128xi8>) {
  ^bb0(%c: i32, %mult: f32, %o: i8):
    %q = qnn.requantize %c, %mult zero_point 3 clamp [0, 255] unsigned : i32, f32 -> i8
    linalg.yield %q : i8
  } -> tensor<512x128xi8>
  return %y : tensor<512x128xi8>
}
