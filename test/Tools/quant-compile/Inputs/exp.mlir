func.func @net(%x: tensor<8xf32> {qnn.name = "x", qnn.type = "float"}) -> (tensor<8xf32> {qnn.name = "y", qnn.type = "float"}) {
  %e = tensor.empty() : tensor<8xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %v = math.exp %a : f32 loc("waves")
    linalg.yield %v : f32
  } -> tensor<8xf32> loc("waves")
  return %y : tensor<8xf32>
}
