// Each edge says its parameters, and what stays float says why.
// RUN: quant-opt %s --qnn-insert-qdq --remark-format=emitRemark --remarks-filter=qnn -o /dev/null 2>&1 | FileCheck %s

// CHECK-DAG: remark: {{.*}}StaysFloat{{.*}}Reason="its precision was set to bf16"
// CHECK-DAG: remark: {{.*}}edge 'y' quantized with scale 1.56862754e-02, zero point 64
// CHECK-DAG: remark: {{.*}}edge 'z' quantized with scale 1.00000000e+00, zero point 0; its range is empty, so the scale is 1
// CHECK-DAG: remark: {{.*}}StaysFloat{{.*}}Reason="its weight holds a value that is not finite"
func.func @one_matmul_has_a_float_precision_and_one_has_no_finite_weight(%x: tensor<4x4xf32> {qnn.name = "x"}, %y: tensor<4x4xf32> {qnn.name = "y"},
    %z: tensor<4x4xf32> {qnn.name = "z"}) -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) {
  %ry = qnn.range %y [-1.0], [3.0] method "min-max" : tensor<4x4xf32>
  %rz = qnn.range %z [0.0], [0.0] method "min-max" : tensor<4x4xf32>
  %w = arith.constant dense<0.5> : tensor<4x4xf32>
  %inf = arith.constant dense<0x7F800000> : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %0 = linalg.matmul {qnn.precision = "bf16"} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32> loc("fc")
  %1 = linalg.matmul ins(%ry, %inf : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = linalg.matmul ins(%rz, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0, %1, %2 : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
}
