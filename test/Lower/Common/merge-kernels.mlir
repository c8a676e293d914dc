// RUN: quant-opt %s --qnn-merge-kernels | FileCheck %s
// RUN: quant-opt %s --qnn-merge-kernels --remark-format=emitRemark --remarks-filter=qnn -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// REMARK: 10 kernels do the work of 13

// Each step calls the one kernel with its own numbers. Two that are equal in each kernel are one argument.
// CHECK-LABEL: func.func @step_0
// CHECK-DAG: %[[A:.*]] = arith.constant 5.000000e-01 : f32
// CHECK-DAG: %[[B:.*]] = arith.constant 3 : i16
// CHECK: call @scales({{.*}}, %[[A]], %[[B]])
func.func @step_0(%frame: !llvm.ptr, %begin: index, %end: index) {
  %a = qnn.buffer workspace [0] : memref<64xf32>
  call @scales(%a, %begin, %end) : (memref<64xf32>, index, index) -> ()
  return
}
// CHECK-LABEL: func.func @step_1
// CHECK-DAG: %[[A:.*]] = arith.constant 0.333{{.*}} : f32
// CHECK-DAG: %[[B:.*]] = arith.constant 4 : i16
// CHECK: call @scales({{.*}}, %[[A]], %[[B]])
func.func @step_1(%frame: !llvm.ptr, %begin: index, %end: index) {
  %a = qnn.buffer workspace [256] : memref<64xf32>
  call @scales_by_a_third(%a, %begin, %end) : (memref<64xf32>, index, index) -> ()
  return
}

// What both are clamped to is a constant still.
// CHECK-LABEL: func.func private @scales(
// CHECK-SAME: %[[SCALE:[a-z0-9]+]]: f32, %[[ZERO:[a-z0-9]+]]: i16) {
// CHECK: %[[SCALES:.*]] = vector.broadcast %[[SCALE]] : f32 to vector<16xf32>
// CHECK: %[[ZEROS:.*]] = vector.broadcast %[[ZERO]] : i16 to vector<16xi16>
// CHECK: %[[BOUND:.*]] = arith.constant dense<6.000000e+00> : vector<16xf32>
// CHECK: scf.for
// CHECK: %[[X:.*]] = arith.mulf %{{.*}}, %[[SCALES]]
// CHECK: %[[Y:.*]] = arith.addf %[[X]], %[[SCALES]]
// CHECK: %[[Z:.*]] = arith.minimumf %[[Y]], %[[BOUND]]
// CHECK: llvm.intr.sadd.sat(%{{.*}}, %[[ZEROS]])
func.func private @scales(%a: memref<64xf32>, %begin: index, %end: index) {
  %c16 = arith.constant 16 : index
  %half = arith.constant dense<0.5> : vector<16xf32>
  %half_again = arith.constant dense<0.5> : vector<16xf32>
  %six = arith.constant dense<6.0> : vector<16xf32>
  %zero = arith.constant dense<3> : vector<16xi16>
  scf.for %i = %begin to %end step %c16 {
    %v = vector.load %a[%i] : memref<64xf32>, vector<16xf32>
    %x = arith.mulf %v, %half : vector<16xf32>
    %y = arith.addf %x, %half_again : vector<16xf32>
    %z = arith.minimumf %y, %six : vector<16xf32>
    %q = arith.fptosi %z : vector<16xf32> to vector<16xi16>
    %s = llvm.intr.sadd.sat(%q, %zero) : (vector<16xi16>, vector<16xi16>) -> vector<16xi16>
    %r = arith.sitofp %s : vector<16xi16> to vector<16xf32>
    vector.store %r, %a[%i] : memref<64xf32>, vector<16xf32>
  }
  return
}
// CHECK-NOT: @scales_by_a_third
func.func private @scales_by_a_third(%a: memref<64xf32>, %begin: index, %end: index) {
  %dead = arith.constant 7.0 : f32
  %dead_vector = vector.broadcast %dead : f32 to vector<16xf32>
  %c16 = arith.constant 16 : index
  %third = arith.constant dense<0.333333343> : vector<16xf32>
  scf.for %i = %begin to %end step %c16 {
    %six = arith.constant dense<6.0> : vector<16xf32>
    %zero = arith.constant dense<4> : vector<16xi16>
    %v = vector.load %a[%i] : memref<64xf32>, vector<16xf32>
    %x = arith.mulf %v, %third : vector<16xf32>
    %y = arith.addf %x, %third : vector<16xf32>
    %z = arith.minimumf %y, %six : vector<16xf32>
    %q = arith.fptosi %z : vector<16xf32> to vector<16xi16>
    %s = llvm.intr.sadd.sat(%q, %zero) : (vector<16xi16>, vector<16xi16>) -> vector<16xi16>
    %r = arith.sitofp %s : vector<16xi16> to vector<16xf32>
    vector.store %r, %a[%i] : memref<64xf32>, vector<16xf32>
  }
  return
}

// A fill's value may be an argument, as a scalar.
// CHECK-LABEL: func.func private @fills_with_three(
// CHECK-SAME: %{{.*}}: index, %[[VALUE:[a-z0-9]+]]: i8) {
// CHECK: memref.store %[[VALUE]]
func.func private @fills_with_three(%a: memref<64xi8>, %begin: index, %end: index) {
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : i8
  scf.for %i = %begin to %end step %c1 {
    memref.store %c3, %a[%i] : memref<64xi8>
  }
  return
}
// CHECK-NOT: @fills_with_four
func.func private @fills_with_four(%a: memref<64xi8>, %begin: index, %end: index) {
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : i8
  scf.for %i = %begin to %end step %c1 {
    memref.store %c4, %a[%i] : memref<64xi8>
  }
  return
}

// Kernels that are equal to the last number by now take no argument.
// CHECK: func.func private @squares(%{{[a-z0-9]*}}: memref<64xf32>, %{{[a-z0-9]*}}: index, %{{[a-z0-9]*}}: index) {
func.func private @squares(%a: memref<64xf32>, %begin: index, %end: index) {
  %v = memref.load %a[%begin] : memref<64xf32>
  %x = arith.mulf %v, %v : f32
  memref.store %x, %a[%end] : memref<64xf32>
  return
}
// CHECK-NOT: @squares_again
func.func private @squares_again(%a: memref<64xf32>, %begin: index, %end: index) {
  %v = memref.load %a[%begin] : memref<64xf32>
  %x = arith.mulf %v, %v : f32
  memref.store %x, %a[%end] : memref<64xf32>
  return
}

// Steps, divisors, shifts and what promises hold of arguments keep kernels apart.
// CHECK: func.func private @steps_of_sixteen
// CHECK: func.func private @steps_of_eight
// CHECK: func.func private @divides_by_two
// CHECK: func.func private @divides_by_four
// CHECK: func.func private @shifts_by_one
// CHECK: func.func private @shifts_by_two
// CHECK: func.func private @shifts_by_two_alone
func.func private @steps_of_sixteen(%a: memref<64xf32>, %begin: index, %end: index) {
  %c16 = arith.constant 16 : index
  %zero = arith.constant 0.0 : f32
  scf.for %i = %begin to %end step %c16 {
    memref.store %zero, %a[%i] : memref<64xf32>
  }
  return
}
func.func private @steps_of_eight(%a: memref<64xf32>, %begin: index, %end: index) {
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  scf.for %i = %begin to %end step %c8 {
    memref.store %zero, %a[%i] : memref<64xf32>
  }
  return
}
func.func private @divides_by_two(%a: memref<64xf32>, %begin: index, %end: index) {
  %two = arith.constant 2.0 : f32
  %v = memref.load %a[%begin] : memref<64xf32>
  %x = arith.divf %v, %two : f32
  memref.store %x, %a[%end] : memref<64xf32>
  return
}
func.func private @divides_by_four(%a: memref<64xf32>, %begin: index, %end: index) {
  %four = arith.constant 4.0 : f32
  %v = memref.load %a[%begin] : memref<64xf32>
  %x = arith.divf %v, %four : f32
  memref.store %x, %a[%end] : memref<64xf32>
  return
}
func.func private @shifts_by_one(%a: memref<64xi32>, %begin: index, %end: index) {
  %one = arith.constant 1 : i32
  %v = memref.load %a[%begin] : memref<64xi32>
  %x = arith.shrsi %v, %one : i32
  memref.store %x, %a[%end] : memref<64xi32>
  return
}
func.func private @shifts_by_two(%a: memref<64xi32>, %begin: index, %end: index) {
  %two = arith.constant 2 : i32
  %v = memref.load %a[%begin] : memref<64xi32>
  %x = arith.shrsi %v, %two : i32
  memref.store %x, %a[%end] : memref<64xi32>
  return
}
func.func private @shifts_by_two_alone(%a: memref<64xi32> {llvm.noalias}, %begin: index, %end: index) {
  %two = arith.constant 2 : i32
  %v = memref.load %a[%begin] : memref<64xi32>
  %x = arith.shrsi %v, %two : i32
  memref.store %x, %a[%end] : memref<64xi32>
  return
}
