// A contraction whose sum might leave i32, or whose weight's scale varies along the reduction, stays float and says so.
// RUN: quant-opt %s --qnn-integerize --remark-format=emitRemark --remarks-filter=qnn -o /dev/null 2>&1 | FileCheck %s

!x = !quant.uniform<u8:f32, 0.5:0>
!w = !quant.uniform<i8:f32, 0.5>
!k = !quant.uniform<i8:f32:0, {0.5, 0.25, 0.5, 0.5}>

// 66,313 * 255 * 127 = 2,147,546,... is beyond i32.
// CHECK: StaysFloat{{.*}}its accumulator might not fit in i32: the bound of output channel 0 is 2147546505, and 2147483647 is the limit (contract_c2)
func.func @a_reduction_too_long(%x: tensor<1x66313xi8>) -> tensor<1x1xf32> {
  %xq = quant.scast %x : tensor<1x66313xi8> to tensor<1x66313x!x>
  %xf = quant.dcast %xq : tensor<1x66313x!x> to tensor<1x66313xf32>
  %w = arith.constant dense<127> : tensor<66313x1xi8>
  %wq = quant.scast %w : tensor<66313x1xi8> to tensor<66313x1x!w>
  %wf = quant.dcast %wq : tensor<66313x1x!w> to tensor<66313x1xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul ins(%xf, %wf : tensor<1x66313xf32>, tensor<66313x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// CHECK: StaysFloat{{.*}}its weight's parameters vary along the reduction
func.func @a_scale_for_each_step_of_the_reduction(%x: tensor<4x4xi8>) -> tensor<4x4xf32> {
  %xq = quant.scast %x : tensor<4x4xi8> to tensor<4x4x!x>
  %xf = quant.dcast %xq : tensor<4x4x!x> to tensor<4x4xf32>
  %w = arith.constant dense<2> : tensor<4x4xi8>
  %wq = quant.scast %w : tensor<4x4xi8> to tensor<4x4x!k>
  %wf = quant.dcast %wq : tensor<4x4x!k> to tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %0 = linalg.matmul ins(%xf, %wf : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

// CHECK: StaysFloat{{.*}}only some of its operands are quantized to 8 bits per tensor
func.func @a_float_weight(%x: tensor<4x4xi8>) -> tensor<4x4xf32> {
  %xq = quant.scast %x : tensor<4x4xi8> to tensor<4x4x!x>
  %xf = quant.dcast %xq : tensor<4x4x!x> to tensor<4x4xf32>
  %w = arith.constant dense<2.0> : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %0 = linalg.matmul ins(%xf, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

// CHECK: FloatBias{{.*}}its bias does not fit in the i32 accumulator and is added in f32
func.func @a_bias_beyond_i32(%x: tensor<4x4xi8>) -> tensor<4x4xf32> {
  %xq = quant.scast %x : tensor<4x4xi8> to tensor<4x4x!x>
  %xf = quant.dcast %xq : tensor<4x4x!x> to tensor<4x4xf32>
  %w = arith.constant dense<2> : tensor<4x4xi8>
  %wq = quant.scast %w : tensor<4x4xi8> to tensor<4x4x!w>
  %wf = quant.dcast %wq : tensor<4x4x!w> to tensor<4x4xf32>
  %b = arith.constant dense<1.0e10> : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %0 = linalg.matmul ins(%xf, %wf : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = linalg.add ins(%0, %b : tensor<4x4xf32>, tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %1 : tensor<4x4xf32>
}
