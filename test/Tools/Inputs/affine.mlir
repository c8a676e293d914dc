// y = relu(x * scale) of a batch of two rows.
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>
func.func @affine(%x: tensor<2x3xf32> {qnn.name = "x", qnn.type = "float"})
    -> (tensor<2x3xf32> {qnn.name = "y", qnn.type = "float"}) {
  %scale = arith.constant dense<[1.0, 2.0, -1.0]> : tensor<3xf32>
  %empty = tensor.empty() : tensor<2x3xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %scale : tensor<2x3xf32>, tensor<3xf32>) outs(%empty : tensor<2x3xf32>) {
  ^bb0(%a: f32, %s: f32, %o: f32):
    %zero = arith.constant 0.0 : f32
    %0 = arith.mulf %a, %s : f32
    %1 = arith.maximumf %0, %zero : f32
    linalg.yield %1 : f32
  } -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}
