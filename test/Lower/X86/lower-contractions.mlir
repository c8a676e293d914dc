// RUN: quant-opt %s --qnn-lower-contractions=path=avx512vnni --cse | FileCheck %s
// RUN: quant-opt %s --qnn-lower-contractions=path=avx2 --cse | FileCheck %s --check-prefix=AVX2
// RUN: quant-opt %s --qnn-lower-contractions=path=avx512vnni --remarks-filter=qnn --remark-policy=all 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: not quant-opt %s --qnn-lower-contractions=path=sse9 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: unknown CPU path 'sse9'; expected avx512bf16, avx512vbmi, avx512vnni, avxvnni, avx512, avx2 or x86-64

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>

// Six rows of 16 channels: six accumulators through the reduction, the requantization on vectors. Four rows, then two, are rounded
// to bytes and stored together.
// CHECK-LABEL: @six_rows_keep_six_accumulators
// CHECK: scf.forall (%{{.*}}) in (1)
// CHECK: %[[SUMS:.*]]:6 = scf.for {{.*}} -> (vector<16xi32>, vector<16xi32>, vector<16xi32>, vector<16xi32>, vector<16xi32>, vector<16xi32>)
// CHECK: vector.load {{.*}} : memref<128xi8>, vector<64xi8>
// CHECK-COUNT-6: qnn.dot4 %{{.*}} unsigned
// CHECK: llvm.loop_annotation = #loop_annotation
// CHECK: vector.load {{.*}} : memref<16xf32>, vector<16xf32>
// CHECK: arith.sitofp %[[SUMS]]#0 : vector<16xi32> to vector<16xf32>
// CHECK: arith.sitofp %[[SUMS]]#3 : vector<16xi32> to vector<16xf32>
// CHECK: packuswb
// CHECK: vector.store {{.*}} vector<64xi8>
// CHECK: arith.sitofp %[[SUMS]]#4 : vector<16xi32> to vector<16xf32>
// CHECK: arith.sitofp %[[SUMS]]#5 : vector<16xi32> to vector<16xf32>
// CHECK: packuswb
// CHECK: vector.store {{.*}} vector<32xi8>
// AVX2-LABEL: @six_rows_keep_six_accumulators
// AVX2: qnn.dot4 {{.*}} : vector<32xi8>, vector<8xi32>
// REMARK-DAG: i8: outer [], 6 rows of stride 8, 16 channels, run 8; tile of 6 rows x 16 channels
func.func @six_rows_keep_six_accumulators(%a: memref<6x8xi8>, %w: memref<1x2x16x4xi8>, %m: memref<16xf32>, %y: memref<6x16xi8>) {
  qnn.contract ins(%a, %w : memref<6x8xi8>, memref<1x2x16x4xi8>) epilogue(%m : memref<16xf32>) outs(%y : memref<6x16xi8>)
      attributes {extents = array<i64: 6, 16, 8>, indexing_maps = [#mk, #nk, #n, #mn], packed_k = array<i64: 2>, run_dims = 1 : i64,
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32, %mult: f32):
    %q = qnn.requantize %acc, %mult zero_point 3 clamp [0, 255] unsigned : i32, f32 -> i8
    qnn.yield %q : i8
  }
  return
}

// 5 channels and a run of 6: the store is masked, and the last two bytes are read with the two before them.
// CHECK-LABEL: @tails_are_masked
// CHECK: vector.load {{.*}} : memref<6xi8>, vector<4xi8>
// CHECK: arith.shrui
// CHECK: %[[MASK:.*]] = vector.constant_mask [5] : vector<16xi1>
// CHECK: vector.maskedstore %{{.*}}, %[[MASK]]
// REMARK-DAG: i8: outer [], 1 rows of stride 0, 5 channels, run 6
func.func @tails_are_masked(%a: memref<1x6xi8>, %w: memref<1x2x16x4xi8>, %y: memref<1x5xi32>) {
  qnn.contract ins(%a, %w : memref<1x6xi8>, memref<1x2x16x4xi8>) outs(%y : memref<1x5xi32>)
      attributes {extents = array<i64: 1, 5, 6>, indexing_maps = [#mk, #nk, #mn], packed_k = array<i64: 2>, run_dims = 1 : i64,
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// Two neighbouring outputs read the same four bytes of each row: bytes are unpacked, then words, and each dot product serves
// four of the 16 channels. Their order among the lanes is undone at the end. What was unpacked for one line serves the next two:
// the four lines of a tile unpack six rows.
// CHECK-LABEL: @depthwise_taps_are_unpacked
// CHECK-COUNT-2: vector.shuffle {{.*}} : vector<16xi8>, vector<16xi8>
// CHECK-COUNT-2: vector.shuffle {{.*}} : vector<16xi8>, vector<16xi8>
// CHECK-COUNT-4: vector.shuffle {{.*}} : vector<8xi16>, vector<8xi16>
// CHECK-COUNT-4: qnn.dot4 {{.*}} : vector<16xi8>, vector<4xi32>
// CHECK-NOT: vector.shuffle
// CHECK-COUNT-4: qnn.dot4 {{.*}} : vector<16xi8>, vector<4xi32>
// CHECK-COUNT-16: vector.shuffle
// CHECK: vector.store {{.*}} : memref<256xi32>, vector<4xi32>
// CHECK-COUNT-8: vector.shuffle
// CHECK: vector.store {{.*}} : memref<256xi32>, vector<4xi32>
// CHECK-COUNT-8: vector.shuffle
// CHECK: vector.store {{.*}} : memref<256xi32>, vector<4xi32>
// CHECK-COUNT-8: vector.shuffle
// CHECK: vector.store {{.*}} : memref<256xi32>, vector<4xi32>
// CHECK-NOT: vector.shuffle
// REMARK-DAG: depthwise i8: outer [4], 4 rows of stride 16, 16 channels, taps 9; tile of 4 lines x 2 rows x 16 channels
func.func @depthwise_taps_are_unpacked(%a: memref<6x6x16xi8>, %w: memref<1x3x2x1x16x4xi8>, %y: memref<4x4x16xi32>) {
  qnn.contract ins(%a, %w : memref<6x6x16xi8>, memref<1x3x2x1x16x4xi8>) outs(%y : memref<4x4x16xi32>)
      attributes {extents = array<i64: 4, 4, 16, 3, 3>, packed_k = array<i64: 3, 4>, run_dims = 2 : i64,
                  indexing_maps = [affine_map<(h, w, c, y, x) -> (h + y, w + x, c)>, affine_map<(h, w, c, y, x) -> (c, y, x)>, affine_map<(h, w, c, y, x) -> (h, w, c)>],
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>,
                                    #linalg.iterator_type<reduction>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// The bias starts the sum, and two vectors are rounded with one pack of words and one of bytes.
// CHECK-LABEL: @biases_start_the_sum_and_bytes_are_packed
// CHECK: %[[BIAS:.*]] = vector.load {{.*}} : memref<32xi32>, vector<16xi32>
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %[[BIAS]]
// CHECK-NOT: arith.addi {{.*}} : vector
// CHECK: arith.sitofp {{.*}} : vector<16xi32> to vector<16xf32>
// CHECK-COUNT-2: llvm.call_intrinsic "llvm.x86.avx512.mask.cvtps2dq.512"
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.packssdw.512"
// CHECK: llvm.intr.sadd.sat
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.packuswb.512"
// CHECK: vector.shuffle {{.*}} [0, 4, 8, 12, 1, 5, 9, 13]
// CHECK: vector.store {{.*}} : memref<64xi8>, vector<32xi8>
// AVX2-LABEL: @biases_start_the_sum_and_bytes_are_packed
// AVX2: llvm.call_intrinsic "llvm.x86.avx.cvt.ps2dq.256"
// AVX2: llvm.call_intrinsic "llvm.x86.avx2.packssdw"
func.func @biases_start_the_sum_and_bytes_are_packed(%a: memref<2x8xi8>, %w: memref<2x2x16x4xi8>, %b: memref<32xi32>, %m: memref<32xf32>, %y: memref<2x32xi8>) {
  qnn.contract ins(%a, %w : memref<2x8xi8>, memref<2x2x16x4xi8>) epilogue(%b, %m : memref<32xi32>, memref<32xf32>) outs(%y : memref<2x32xi8>)
      attributes {extents = array<i64: 2, 32, 8>, indexing_maps = [#mk, #nk, #n, #n, #mn], packed_k = array<i64: 2>, run_dims = 1 : i64,
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32, %bias: i32, %mult: f32):
    %s = arith.addi %acc, %bias : i32
    %q = qnn.requantize %s, %mult zero_point 3 clamp [0, 255] unsigned : i32, f32 -> i8
    qnn.yield %q : i8
  }
  return
}

// CHECK-LABEL: @floats_are_fused_multiply_adds
// CHECK: llvm.intr.fma
func.func @floats_are_fused_multiply_adds(%a: memref<2x8xf32>, %w: memref<1x8x16xf32>, %y: memref<2x16xf32>) {
  qnn.contract ins(%a, %w : memref<2x8xf32>, memref<1x8x16xf32>) outs(%y : memref<2x16xf32>)
      attributes {extents = array<i64: 2, 16, 8>, indexing_maps = [#mk, #nk, #mn], packed_k = array<i64: 2>, run_dims = 1 : i64,
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: f32):
    qnn.yield %acc : f32
  }
  return
}

// Two panels of channels, each of which several tiles of rows read: at each step a tile prefetches its share of the panel that comes next.
// CHECK-LABEL: @tiles_prefetch_the_weights_of_the_next_panel
// CHECK: scf.for {{.*}} -> (vector<16xi32>
// CHECK: memref.prefetch %{{.*}}[%{{.*}}], read, locality<2>, data : memref<32768xi8>
// CHECK: qnn.dot4
func.func @tiles_prefetch_the_weights_of_the_next_panel(%a: memref<28x256xi8>, %w: memref<8x64x16x4xi8>, %y: memref<28x128xi32>) {
  qnn.contract ins(%a, %w : memref<28x256xi8>, memref<8x64x16x4xi8>) outs(%y : memref<28x128xi32>)
      attributes {extents = array<i64: 28, 128, 256>, indexing_maps = [#mk, #nk, #mn], packed_k = array<i64: 2>, run_dims = 1 : i64,
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

#windows = affine_map<(m, n, y, k) -> (m + y, k)>
#taps = affine_map<(m, n, y, k) -> (n, y, k)>
#outputs = affine_map<(m, n, y, k) -> (m, n)>

// Runs of 6 of rows of 8: the bytes behind a run exist, and their weights are zero.
// CHECK-LABEL: @bytes_behind_a_run_are_read_where_they_exist
// CHECK-NOT: arith.shrui
// CHECK: qnn.dot4
// CHECK: return
func.func @bytes_behind_a_run_are_read_where_they_exist(%x: memref<4x8xi8>, %w: memref<1x2x2x16x4xi8>, %y: memref<3x16xi32>) {
  qnn.contract ins(%x, %w : memref<4x8xi8>, memref<1x2x2x16x4xi8>) outs(%y : memref<3x16xi32>)
      attributes {extents = array<i64: 3, 16, 2, 6>, indexing_maps = [#windows, #taps, #outputs], packed_k = array<i64: 2, 3>, run_dims = 1 : i64,
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>,
                                    #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// One row reads each weight once: the loop runs after its own streams, four blocks of channels.
// CHECK-LABEL: @one_row_prefetches_what_it_reads_next
// CHECK: scf.for {{.*}} -> (vector<16xi32>
// CHECK-COUNT-4: memref.prefetch %{{.*}}[%{{.*}}], read, locality<3>, data : memref<16384xi8>
// CHECK: qnn.dot4
func.func @one_row_prefetches_what_it_reads_next(%a: memref<1x128xi8>, %w: memref<8x32x16x4xi8>, %y: memref<1x128xi32>) {
  qnn.contract ins(%a, %w : memref<1x128xi8>, memref<8x32x16x4xi8>) outs(%y : memref<1x128xi32>)
      attributes {extents = array<i64: 1, 128, 128>, indexing_maps = [#mk, #nk, #mn], packed_k = array<i64: 2>, run_dims = 1 : i64,
                  iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}
