// What the hot loop of each path consists of: the right instruction, and no register spilled to the stack.
// RUN: quant-compile %s --emit=object --target=x86-64-avx512vnni -o %t.vnni.o
// RUN: llvm-objdump -d --no-show-raw-insn %t.vnni.o | FileCheck %s --check-prefix=VNNI
// RUN: quant-compile %s --emit=object --target=x86-64-avxvnni -o %t.avxvnni.o
// RUN: llvm-objdump -d --no-show-raw-insn %t.avxvnni.o | FileCheck %s --check-prefix=AVXVNNI
// RUN: quant-compile %s --emit=object --target=x86-64-avx512 -o %t.avx512.o
// RUN: llvm-objdump -d --no-show-raw-insn %t.avx512.o | FileCheck %s --check-prefix=AVX512
// RUN: quant-compile %s --emit=object --target=x86-64-avx2 -o %t.avx2.o
// RUN: llvm-objdump -d --no-show-raw-insn %t.avx2.o | FileCheck %s --check-prefix=AVX2
// RUN: quant-compile %s --emit=object --target=x86-64 -o %t.sse2.o
// RUN: llvm-objdump -d --no-show-raw-insn %t.sse2.o | FileCheck %s --check-prefix=SSE2

// VNNI: vpdpbusd{{.*}}%zmm
// VNNI-NOT: {{%zmm.*\(%rsp|\(%rsp.*%zmm}}
// VNNI: {{j(ne|l|b|a|g)}}
// AVXVNNI: {vex}{{.*}}vpdpbusd{{.*}}%ymm
// AVXVNNI-NOT: %zmm
// AVX512-NOT: {{vpmaddubsw|vpdpbusd}}
// AVX512: vpmaddwd{{.*}}%zmm
// AVX512-NOT: {{vpmaddubsw|vpdpbusd}}
// AVX2-NOT: {{vpmaddubsw|vpdpbusd|%zmm}}
// AVX2: vpmaddwd{{.*}}%ymm
// AVX2-NOT: {{vpmaddubsw|vpdpbusd|%zmm}}
// SSE2-NOT: {{pmaddubsw|%ymm}}
// SSE2: pmaddwd{{.*}}%xmm
// SSE2-NOT: {{pmaddubsw|%ymm}}
func.func @net(%a: tensor<48x256xi8> {qnn.name = "a", qnn.type = "uint8"}) -> (tensor<48x64xi8> {qnn.name = "y", qnn.type = "uint8"}) {
  %w = arith.constant dense<3> : tensor<64x256xi8>
  %m = arith.constant dense<0.01> : tensor<64xf32>
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<48x64xi32>
  %init = linalg.fill ins(%zero : i32) outs(%e : tensor<48x64xi32>) -> tensor<48x64xi32>
  %acc = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %w : tensor<48x256xi8>, tensor<64x256xi8>) outs(%init : tensor<48x64xi32>) {
  ^bb0(%x: i8, %y: i8, %c: i32):
    %a1 = arith.extui %x : i8 to i32
    %w1 = arith.extsi %y : i8 to i32
    %p = arith.muli %a1, %w1 : i32
    %s = arith.addi %c, %p : i32
    linalg.yield %s : i32
  } -> tensor<48x64xi32>
  %q = tensor.empty() : tensor<48x64xi8>
  %y = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}
      ins(%acc, %m : tensor<48x64xi32>, tensor<64xf32>) outs(%q : tensor<48x64xi8>) {
  ^bb0(%c: i32, %mult: f32, %out: i8):
    %z = qnn.requantize %c, %mult zero_point 3 clamp [0, 255] unsigned : i32, f32 -> i8
    linalg.yield %z : i8
  } -> tensor<48x64xi8>
  return %y : tensor<48x64xi8>
}
