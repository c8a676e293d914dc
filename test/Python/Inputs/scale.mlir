#map = affine_map<(d0, d1) -> (d0, d1)>
func.func @scale(%x: tensor<2x3xf32> {qnn.name = "x", qnn.type = "float"})
    -> (tensor<2x3xf32> {qnn.name = "y", qnn.type = "float"}) {
  %two = arith.constant 2.0 : f32
  %empty = tensor.empty() : tensor<2x3xf32>
  %y = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x3xf32>) outs(%empty : tensor<2x3xf32>) {
  ^bb0(%a: f32, %o: f32):
    %b = arith.mulf %a, %two : f32
    linalg.yield %b : f32
  } -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}
