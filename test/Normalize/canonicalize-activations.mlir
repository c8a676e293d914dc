// RUN: quant-opt --qnn-canonicalize-activations --split-input-file %s | FileCheck %s

#id = affine_map<(i) -> (i)>

// CHECK-LABEL: func.func @a_relu_by_selection_is_a_maximum
// CHECK: linalg.generic
// CHECK: %[[ZERO:.+]] = arith.constant 0.0
// CHECK: %[[R:.+]] = arith.maximumf %in, %[[ZERO]]
// CHECK: linalg.yield %[[R]]
// CHECK: linalg.generic
// CHECK: %[[R2:.+]] = arith.maximumf %in, %{{.+}}
// CHECK: linalg.yield %[[R2]]
// CHECK: linalg.generic
// CHECK: %[[R3:.+]] = arith.maximumf %in, %{{.+}}
// CHECK: linalg.yield %[[R3]]
func.func @a_relu_by_selection_is_a_maximum(%x: tensor<8xf32>) -> tensor<8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8xf32>
  %a = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %c = arith.cmpf ogt, %in, %zero : f32
    %r = arith.select %c, %in, %zero : f32
    linalg.yield %r : f32
  } -> tensor<8xf32>
  %b = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%a : tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %c = arith.cmpf ogt, %zero, %in : f32
    %r = arith.select %c, %zero, %in : f32
    linalg.yield %r : f32
  } -> tensor<8xf32>
  %c = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%b : tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %r = arith.maxnumf %zero, %in : f32
    linalg.yield %r : f32
  } -> tensor<8xf32>
  return %c : tensor<8xf32>
}

// -----

#id = affine_map<(i) -> (i)>

// CHECK-LABEL: func.func @a_clip_from_above_first_is_one_from_below_first
// CHECK: %[[MAX:.+]] = arith.maximumf %in, %[[LO:.+]] :
// CHECK: %[[MIN:.+]] = arith.minimumf %[[MAX]], %[[HI:.+]] :
// CHECK: linalg.yield %[[MIN]]
func.func @a_clip_from_above_first_is_one_from_below_first(%x: tensor<8xf32>) -> tensor<8xf32> {
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %e = tensor.empty() : tensor<8xf32>
  %a = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.minimumf %six, %in : f32
    %r = arith.maximumf %m, %zero : f32
    linalg.yield %r : f32
  } -> tensor<8xf32>
  return %a : tensor<8xf32>
}

// -----

#id = affine_map<(i) -> (i)>

// CHECK-LABEL: func.func @bounds_out_of_order_are_left_as_they_are
// CHECK: %[[MIN:.+]] = arith.minimumf
// CHECK: %[[MAX:.+]] = arith.maximumf %[[MIN]]
// CHECK: linalg.yield %[[MAX]]
func.func @bounds_out_of_order_are_left_as_they_are(%x: tensor<8xf32>) -> tensor<8xf32> {
  %one = arith.constant 1.0 : f32
  %six = arith.constant 6.0 : f32
  %e = tensor.empty() : tensor<8xf32>
  %a = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.minimumf %in, %one : f32
    %r = arith.maximumf %m, %six : f32
    linalg.yield %r : f32
  } -> tensor<8xf32>
  return %a : tensor<8xf32>
}

// -----

#id = affine_map<(i) -> (i)>

// CHECK-LABEL: func.func @leaky_relus_compare_with_zero
// CHECK: linalg.generic
// CHECK: %[[P:.+]] = arith.mulf %in
// CHECK: %[[C:.+]] = arith.cmpf oge, %in
// CHECK: arith.select %[[C]], %in, %[[P]]
// CHECK: linalg.generic
// CHECK: %[[P2:.+]] = arith.mulf %in
// CHECK: %[[C2:.+]] = arith.cmpf oge, %in
// CHECK: arith.select %[[C2]], %in, %[[P2]]
func.func @leaky_relus_compare_with_zero(%x: tensor<8xf32>) -> tensor<8xf32> {
  %zero = arith.constant 0.0 : f32
  %slope = arith.constant 0.125 : f32
  %e = tensor.empty() : tensor<8xf32>
  %a = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %p = arith.mulf %slope, %in : f32
    %c = arith.cmpf olt, %in, %zero : f32
    %r = arith.select %c, %p, %in : f32
    linalg.yield %r : f32
  } -> tensor<8xf32>
  %b = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%a : tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %p = arith.mulf %in, %slope : f32
    %r = arith.maximumf %p, %in : f32
    linalg.yield %r : f32
  } -> tensor<8xf32>
  return %b : tensor<8xf32>
}

// -----

#id = affine_map<(i) -> (i)>
#scalar = affine_map<(i) -> ()>

// CHECK-LABEL: func.func @scalar_operands_move_into_the_body_and_vectors_stay
// CHECK: %[[V:.+]] = arith.constant dense<3.0{{.*}}> : tensor<1xf32>
// CHECK: linalg.generic {{.*}} ins(%{{.+}}, %[[V]] : tensor<1xf32>, tensor<1xf32>)
// CHECK: %[[S:.+]] = arith.constant 2.0
// CHECK: %[[P:.+]] = arith.mulf %in, %[[S]]
func.func @scalar_operands_move_into_the_body_and_vectors_stay(%x: tensor<1xf32>) -> tensor<1xf32> {
  %s = arith.constant dense<2.0> : tensor<f32>
  %v = arith.constant dense<3.0> : tensor<1xf32>
  %e = tensor.empty() : tensor<1xf32>
  %a = linalg.generic {indexing_maps = [#id, #scalar, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %s, %v : tensor<1xf32>, tensor<f32>, tensor<1xf32>) outs(%e : tensor<1xf32>) {
  ^bb0(%in: f32, %sin: f32, %vin: f32, %out: f32):
    %p = arith.mulf %sin, %in : f32
    %r = arith.addf %p, %vin : f32
    linalg.yield %r : f32
  } -> tensor<1xf32>
  return %a : tensor<1xf32>
}
