// bf16 contractions: vdpbf16ps on zmm where the path has it, otherwise fused multiply-adds of widened halves; no register spilled to the stack.
// RUN: quant-compile %s --emit=object --target=x86-64-avx512bf16 -o %t.bf16.o
// RUN: llvm-objdump -d --no-show-raw-insn %t.bf16.o | FileCheck %s --check-prefix=BF16
// RUN: quant-compile %s --emit=object --target=x86-64-avx512vnni -o %t.vnni.o
// RUN: llvm-objdump -d --no-show-raw-insn %t.vnni.o | FileCheck %s --check-prefix=VNNI

// BF16-NOT: {{%zmm.*\(%rsp|\(%rsp.*%zmm}}
// BF16-COUNT-16: vdpbf16ps{{.*}}%zmm
// BF16-NOT: {{%zmm.*\(%rsp|\(%rsp.*%zmm}}
// VNNI-NOT: {{vdpbf16ps|%zmm.*\(%rsp|\(%rsp.*%zmm}}
// VNNI: vfmadd{{.*}}%zmm
// VNNI-NOT: {{vdpbf16ps|%zmm.*\(%rsp|\(%rsp.*%zmm}}
func.func @net(%a: tensor<48x256xbf16> {qnn.name = "a", qnn.type = "bfloat16"}) -> (tensor<48x64xf32> {qnn.name = "y", qnn.type = "float"}) {
  %w = arith.constant dense<3.0> : tensor<64x256xbf16>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<48x64xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<48x64xf32>) -> tensor<48x64xf32>
  %acc = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %w : tensor<48x256xbf16>, tensor<64x256xbf16>) outs(%init : tensor<48x64xf32>) {
  ^bb0(%x: bf16, %y: bf16, %c: f32):
    %a1 = arith.extf %x : bf16 to f32
    %w1 = arith.extf %y : bf16 to f32
    %p = arith.mulf %a1, %w1 : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<48x64xf32>
  return %acc : tensor<48x64xf32>
}
