// RUN: quant-opt %s --qnn-lower-contractions-to-gpu="chip=sm_80 tensor-cores=false" --cse | FileCheck %s
// RUN: quant-opt %s --qnn-lower-contractions-to-gpu=chip=sm_75 --cse | FileCheck %s --check-prefix=SM75
// RUN: quant-opt %s --qnn-lower-contractions-to-gpu=chip=sm_80 --cse | FileCheck %s --check-prefix=MMA
// RUN: quant-opt %s --qnn-lower-contractions-to-gpu="chip=sm_80 tensor-cores=false" --remarks-filter=qnn --remark-policy=all 2>&1 | FileCheck %s --check-prefix=REMARK

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>
#pp = #linalg.iterator_type<parallel>
#rr = #linalg.iterator_type<reduction>

// Four times four sums a thread, two stages of shared memory, the next part on its way before the barrier.
// CHECK-LABEL: @rows_and_channels_are_tiles
// CHECK: scf.forall (%{{.*}}) in (64)
// CHECK: %[[SHARED:.*]] = memref.alloca() {alignment = 16 : i64} : memref<{{.*}}xi8, #gpu.address_space<workgroup>>
// CHECK: nvgpu.device_async_copy %{{.*}}[%{{.*}}], %[[SHARED]][%{{.*}}], 16
// CHECK: nvgpu.device_async_create_group
// CHECK: scf.for {{.*}} iter_args
// CHECK: scf.if
// CHECK: nvgpu.device_async_copy
// CHECK: nvgpu.device_async_wait %{{.*}} {numGroups = 1 : i32}
// CHECK: gpu.barrier
// CHECK: scf.for
// CHECK-COUNT-64: qnn.dot4 %{{.*}} unsigned, %{{.*}} : vector<4xi8>, vector<1xi32>
// CHECK-NOT: qnn.dot4
// CHECK: gpu.barrier
// CHECK-COUNT-4: vector.store %{{.*}} {alignment = 4 : i64} : memref<{{.*}}>, vector<4xi8>
// CHECK-NOT: vector.store
// CHECK: qnn.block_size = 64
// SM75-LABEL: @rows_and_channels_are_tiles
// SM75-NOT: nvgpu
// SM75: vector.store %{{.*}} {alignment = 16 : i64} : memref<{{.*}}xi8, #gpu.address_space<workgroup>>, vector<16xi8>
// SM75: gpu.barrier
// SM75: qnn.dot4
// A warp of four has 16 x 16 sums of the tile; two products of 16 x 8 for each 32 bytes.
// MMA-LABEL: @rows_and_channels_are_tiles
// MMA: nvgpu.device_async_wait
// MMA: gpu.barrier
// MMA-COUNT-2: nvvm.mma.sync {{.*}}intOverflowBehavior = #nvvm.mma_int_overflow<wrapped>{{.*}}shape = #nvvm.shape<m = 16, n = 8, k = 32>
// MMA-NOT: nvvm.mma.sync
// MMA: gpu.barrier
// MMA: vector.store %{{.*}} {alignment = 2 : i64} : memref<{{.*}}>, vector<2xi8>
// MMA: qnn.block_size = 128
// REMARK-DAG: i8: outer [], 512 rows of stride 128, 128 channels, run 128; tiles of 32 rows x 32 channels x 64 bytes, 4 x 4 a thread
func.func @rows_and_channels_are_tiles(%a: memref<512x128xi8>, %w: memref<8x32x16x4xi8>, %m: memref<128xf32>, %y: memref<512x128xi8>) {
  qnn.contract ins(%a, %w : memref<512x128xi8>, memref<8x32x16x4xi8>) epilogue(%m : memref<128xf32>) outs(%y : memref<512x128xi8>)
      attributes {extents = array<i64: 512, 128, 128>, indexing_maps = [#mk, #nk, #n, #mn], packed_k = array<i64: 2>, run_dims = 1 : i64,
                  iterator_types = [#pp, #pp, #rr]} {
  ^bb0(%acc: i32, %mult: f32):
    %q = qnn.requantize %acc, %mult zero_point 3 clamp [0, 255] unsigned : i32, f32 -> i8
    qnn.yield %q : i8
  }
  return
}

// One row: 16 bytes of weights a lane, shuffles between lanes, shared memory between warps.
// CHECK-LABEL: @one_row_streams_weights
// CHECK: scf.forall (%{{.*}}) in (4)
// CHECK-COUNT-4: vector.load %{{.*}} {alignment = 16 : i64} : memref<{{.*}}>, vector<16xi8>
// CHECK-COUNT-16: qnn.dot4
// CHECK-NOT: qnn.dot4
// CHECK-COUNT-12: gpu.shuffle xor
// CHECK: memref.alloca() {{.*}} : memref<64xi32, #gpu.address_space<workgroup>>
// CHECK: gpu.barrier
// CHECK: qnn.block_size = 128
// REMARK-DAG: 1 rows of stride 0, 64 channels, run 512; 4 warps stream the weights of 16 channels
func.func @one_row_streams_weights(%a: memref<1x512xi8>, %w: memref<4x128x16x4xi8>, %y: memref<1x64xi32>) {
  qnn.contract ins(%a, %w : memref<1x512xi8>, memref<4x128x16x4xi8>) outs(%y : memref<1x64xi32>)
      attributes {extents = array<i64: 1, 64, 512>, indexing_maps = [#mk, #nk, #mn], packed_k = array<i64: 2>, run_dims = 1 : i64,
                  iterator_types = [#pp, #pp, #rr]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// Nine taps of four channels: three words for each channel.
// CHECK-LABEL: @depthwise_is_four_channels_a_thread
// CHECK: scf.forall (%{{.*}}) in (144)
// CHECK: vector.load %{{.*}} {alignment = 4 : i64} : memref<{{.*}}>, vector<4xi8>
// CHECK-COUNT-12: qnn.dot4
// CHECK-NOT: qnn.dot4
// CHECK: vector.store %{{.*}} : memref<{{.*}}>, vector<4xi32>
// REMARK-DAG: depthwise i8: {{.*}}; a thread for four channels
func.func @depthwise_is_four_channels_a_thread(%a: memref<8x8x16xi8>, %w: memref<1x3x2x1x16x4xi8>, %y: memref<6x6x16xi32>) {
  qnn.contract ins(%a, %w : memref<8x8x16xi8>, memref<1x3x2x1x16x4xi8>) outs(%y : memref<6x6x16xi32>)
      attributes {extents = array<i64: 6, 6, 16, 3, 3>, packed_k = array<i64: 3, 4>, run_dims = 2 : i64,
                  indexing_maps = [affine_map<(h, w, c, y, x) -> (h + y, w + x, c)>, affine_map<(h, w, c, y, x) -> (c, y, x)>,
                                   affine_map<(h, w, c, y, x) -> (h, w, c)>],
                  iterator_types = [#pp, #pp, #pp, #rr, #rr]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// Bytes at odd places are read one by one; nothing beyond the run is read.
// CHECK-LABEL: @odd_runs_are_a_thread_each
// CHECK: scf.forall (%{{.*}}) in (10)
// CHECK-COUNT-6: memref.load %{{.*}} : memref<12xi8>
// CHECK-NOT: memref.load %{{.*}} : memref<12xi8>
// REMARK-DAG: 2 rows of stride 6, 5 channels, run 6; a thread for each element
func.func @odd_runs_are_a_thread_each(%a: memref<2x6xi8>, %w: memref<1x2x16x4xi8>, %y: memref<2x5xi32>) {
  qnn.contract ins(%a, %w : memref<2x6xi8>, memref<1x2x16x4xi8>) outs(%y : memref<2x5xi32>)
      attributes {extents = array<i64: 2, 5, 6>, indexing_maps = [#mk, #nk, #mn], packed_k = array<i64: 2>, run_dims = 1 : i64,
                  iterator_types = [#pp, #pp, #rr]} {
  ^bb0(%acc: i32):
    qnn.yield %acc : i32
  }
  return
}

// Floats are summed one after the other, as on the CPU.
// CHECK-LABEL: @floats_keep_their_order
// CHECK: scf.for {{.*}} iter_args(%[[ACC:.*]] = %{{.*}}) -> (f32)
// CHECK: llvm.intr.fma(%{{.*}}, %{{.*}}, %[[ACC]])
func.func @floats_keep_their_order(%a: memref<4x8xf32>, %w: memref<1x8x16xf32>, %y: memref<4x16xf32>) {
  qnn.contract ins(%a, %w : memref<4x8xf32>, memref<1x8x16xf32>) outs(%y : memref<4x16xf32>)
      attributes {extents = array<i64: 4, 16, 8>, indexing_maps = [#mk, #nk, #mn], packed_k = array<i64: 2>, run_dims = 1 : i64,
                  iterator_types = [#pp, #pp, #rr]} {
  ^bb0(%acc: f32):
    qnn.yield %acc : f32
  }
  return
}
