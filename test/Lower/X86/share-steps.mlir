// RUN: quant-opt %s --lower-to-x86=path=avx2 --mlir-print-debuginfo=false | FileCheck %s

// Threads share the rows of an image, or the channels of a large weight; a small step is done by one thread.
// CHECK: qnn.step @{{.*}} count [[#COUNT:]] shared [[#PANEL:]] layer "rows"
// CHECK: qnn.step @{{.*}} count {{[0-9]+}} layer "weight"
// CHECK: qnn.step @{{.*}} count {{[0-9]+}} shared 0 layer "small"
func.func @net(%a: tensor<256x64xf32> {qnn.name = "a", qnn.type = "float"}, %b: tensor<8x512xf32> {qnn.name = "b", qnn.type = "float"},
               %c: tensor<40x8xf32> {qnn.name = "c", qnn.type = "float"})
    -> (tensor<256x128xf32> {qnn.name = "x", qnn.type = "float"}, tensor<8x512xf32> {qnn.name = "y", qnn.type = "float"},
        tensor<40x32xf32> {qnn.name = "z", qnn.type = "float"}) {
  %zero = arith.constant 0.0 : f32
  %wa = arith.constant dense<0.5> : tensor<64x128xf32>
  %wb = arith.constant dense<0.5> : tensor<512x512xf32>
  %wc = arith.constant dense<0.5> : tensor<8x32xf32>
  %ea = tensor.empty() : tensor<256x128xf32>
  %eb = tensor.empty() : tensor<8x512xf32>
  %ec = tensor.empty() : tensor<40x32xf32>
  %fa = linalg.fill ins(%zero : f32) outs(%ea : tensor<256x128xf32>) -> tensor<256x128xf32>
  %fb = linalg.fill ins(%zero : f32) outs(%eb : tensor<8x512xf32>) -> tensor<8x512xf32>
  %fc = linalg.fill ins(%zero : f32) outs(%ec : tensor<40x32xf32>) -> tensor<40x32xf32>
  %x = linalg.matmul ins(%a, %wa : tensor<256x64xf32>, tensor<64x128xf32>) outs(%fa : tensor<256x128xf32>) -> tensor<256x128xf32> loc("rows")
  %y = linalg.matmul ins(%b, %wb : tensor<8x512xf32>, tensor<512x512xf32>) outs(%fb : tensor<8x512xf32>) -> tensor<8x512xf32> loc("weight")
  %z = linalg.matmul ins(%c, %wc : tensor<40x8xf32>, tensor<8x32xf32>) outs(%fc : tensor<40x32xf32>) -> tensor<40x32xf32> loc("small")
  return %x, %y, %z : tensor<256x128xf32>, tensor<8x512xf32>, tensor<40x32xf32>
}
