// What a barrier keeps apart survives canonicalization, and Integerize takes the barrier out.
// RUN: quant-opt %s --canonicalize | FileCheck %s
// RUN: quant-opt %s --canonicalize --qnn-integerize --qnn-verify-integer | FileCheck %s --check-prefix=INTEGER

// CHECK-LABEL: @a_pair_rounds
// CHECK: quant.qcast
// CHECK: qnn.barrier
// CHECK: quant.dcast
// INTEGER-LABEL: @a_pair_rounds
// INTEGER-NOT: qnn.barrier
// INTEGER: qnn.quantize
// INTEGER: qnn.dequantize
func.func @a_pair_rounds(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<u8:f32, 2.500000e-01>>
  %1 = qnn.barrier %0 : tensor<4x!quant.uniform<u8:f32, 2.500000e-01>>
  %2 = quant.dcast %1 : tensor<4x!quant.uniform<u8:f32, 2.500000e-01>> to tensor<4xf32>
  return %2 : tensor<4xf32>
}
