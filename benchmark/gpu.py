"""Measures the kernels for NVIDIA GPUs on device 0: the chip's DP4A rate, large products, products of one row, beside cuBLASLt.

usage: gpu.py BIN_DIR WORK_DIR [--size=4096]

Times are between events on the device; results are compared with numpy on some rows first. Says so, and nothing else, where there
is no GPU.
"""
import argparse
import ctypes
import os
import re
import subprocess

import numpy as np

from cublaslt import cublaslt_seconds
from cuda import Gpu, NoGpu

# Eight sums a thread that do not wait for each other.
PEAK = """.version 7.8
.target sm_75
.address_size 64
.visible .entry peak(.param .u64 out, .param .u32 count) {
.reg .b32 %%s<8>; .reg .b32 %%a; .reg .b32 %%n; .reg .b64 %%p; .reg .pred %%q;
ld.param.u32 %%n, [count]; ld.param.u64 %%p, [out]; mov.u32 %%a, %%tid.x;
%s
loop:
%s
sub.u32 %%n, %%n, 1; setp.ne.u32 %%q, %%n, 0; @%%q bra loop;
%s
st.global.u32 [%%p], %%s0;
ret;
}
""" % ("\n".join("mov.u32 %%s%d, %d;" % (i, i) for i in range(8)),
       "\n".join("dp4a.u32.s32 %%s%d, %%a, %%a, %%s%d;" % (i % 8, i % 8) for i in range(64)),
       "\n".join("add.u32 %%s0, %%s0, %%s%d;" % i for i in range(1, 8)))

# Its weights only have the shape of those that are measured, which the benchmark writes into the blob itself.
MODEL = """func.func @product(%a: tensor<{m}x{k}xi8> {{qnn.name = "a", qnn.type = "uint8"}}) -> (tensor<{m}x{n}xi8> {{qnn.name = "y", qnn.type = "uint8"}}) {{
  %w = arith.constant dense<3> : tensor<{n}x{k}xi8>
  %m = arith.constant dense<1.0e-4> : tensor<{n}xf32>
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<{m}x{n}xi32>
  %init = linalg.fill ins(%zero : i32) outs(%e : tensor<{m}x{n}xi32>) -> tensor<{m}x{n}xi32>
  %acc = linalg.generic {{indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]}} ins(%a, %w : tensor<{m}x{k}xi8>, tensor<{n}x{k}xi8>) outs(%init : tensor<{m}x{n}xi32>) {{
  ^bb0(%a0: i8, %w0: i8, %c: i32):
    %a1 = arith.extui %a0 : i8 to i32
    %w1 = arith.extsi %w0 : i8 to i32
    %p = arith.muli %a1, %w1 : i32
    %s = arith.addi %c, %p : i32
    linalg.yield %s : i32
  }} -> tensor<{m}x{n}xi32>
  %out = tensor.empty() : tensor<{m}x{n}xi8>
  %y = linalg.generic {{indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]}} ins(%acc, %m : tensor<{m}x{n}xi32>, tensor<{n}xf32>) outs(%out : tensor<{m}x{n}xi8>) {{
  ^bb0(%c: i32, %mult: f32, %o: i8):
    %q = qnn.requantize %c, %mult zero_point 128 clamp [0, 255] unsigned : i32, f32 -> i8
    linalg.yield %q : i8
  }} -> tensor<{m}x{n}xi8>
  return %y : tensor<{m}x{n}xi8>
}}
"""


def pack(weights):
    """The blob's order: [n / 16][k / 4][16][4]."""
    n, k = weights.shape
    return np.ascontiguousarray(weights.reshape(n // 16, 16, k // 4, 4).transpose(0, 2, 1, 3))


def product(gpu, bin_dir, work, m, n, k, tensor_cores="off"):
    """Seconds of the compiled kernel for u8 [m, k] times s8 [n, k]."""
    random = np.random.default_rng(1)
    a, w = random.integers(0, 256, (m, k), np.uint8), random.integers(-127, 128, (n, k), np.int8)
    path = os.path.join(work, "product.mlir")
    with open(path, "w") as file:
        file.write(MODEL.format(m=m, n=n, k=k))
    chip = max(c for c in (75, 80, 86, 89, 90) if c <= gpu.chip)
    ptx = subprocess.run([os.path.join(bin_dir, "quant-compile"), path, "--target=nvptx-sm_%d" % chip, "--emit=ptx",
                          "--tensor-cores=" + tensor_cores], check=True, stdout=subprocess.PIPE, text=True).stdout
    launches = re.findall(r"// launch (\S+) grid (\d+) block (\d+) count (\d+) buffers (\S.*) layer", ptx)
    assert len(launches) == 1, "expected one kernel, found %d" % len(launches)
    kernel, grid, block, count, buffers = launches[0]
    size = int(re.search(r"weights (\d+) bytes", ptx).group(1))
    blob = np.zeros(size, np.uint8)
    offsets = sorted(int(word.split(":")[1]) for word in buffers.split() if word.startswith("weights"))
    packed = pack(w).tobytes()
    # The larger range is the product's weights, the other one the multipliers.
    ranges = sorted(zip(offsets, offsets[1:] + [size]), key=lambda pair: pair[0] - pair[1])
    blob[ranges[0][0]:ranges[0][0] + len(packed)] = np.frombuffer(packed, np.uint8)
    blob[ranges[1][0]:ranges[1][0] + 4 * n] = np.full(n, 1e-4, np.float32).view(np.uint8)
    memory = {"input": gpu.upload(a), "weights": gpu.upload(blob), "output": gpu.allocate(m * n)}
    arguments = []
    for word in buffers.split():
        kind, position = word.split(":")
        arguments.append(ctypes.c_uint64(memory[kind].value + (int(position) if kind == "weights" else 0)))
    arguments.append(ctypes.c_int32(int(count)))
    function = gpu.function(gpu.load(ptx), kernel)
    run = lambda: gpu.launch(function, int(grid), int(block), arguments)
    run()
    found = np.empty((m, n), np.uint8)
    gpu.download(found, memory["output"])
    rows = slice(0, min(m, 4))
    sums = a[rows].astype(np.int32) @ w.astype(np.int32).T
    expected = np.clip(np.rint(sums.astype(np.float32) * np.float32(1e-4)) + 128, 0, 255).astype(np.uint8)
    assert (found[rows] == expected).all(), "the kernel's result is wrong"
    seconds = gpu.seconds(run)
    for address in memory.values():
        gpu.free(address)
    return seconds


def peak(gpu):
    """Multiply-adds a second of dp4a on registers, all multiprocessors busy."""
    out, count, grid, block = gpu.allocate(4), 4096, 8 * gpu.multiprocessors, 256
    function = gpu.function(gpu.load(PEAK), "peak")
    seconds = gpu.seconds(lambda: gpu.launch(function, grid, block, [out, ctypes.c_uint32(count)]))
    return grid * block * count * 64 * 4 / seconds


def bandwidth(gpu):
    """Bytes read and written a second by a copy on the device."""
    size = 1 << 30
    source, target = gpu.allocate(size), gpu.allocate(size)
    copy = lambda: gpu.check("cuMemcpyDtoDAsync_v2", target, source, ctypes.c_size_t(size), None)
    seconds = gpu.seconds(copy)
    gpu.free(source)
    gpu.free(target)
    return 2 * size / seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("bin_dir")
    parser.add_argument("work")
    parser.add_argument("--size", type=int, default=4096, help="rows, channels and reduction of the large product")
    options = parser.parse_args()
    try:
        gpu = Gpu()
    except NoGpu as why:
        print("no GPU: %s" % why)
        return
    os.makedirs(options.work, exist_ok=True)
    print("%s, sm_%d, %d multiprocessors, %.0f MHz" % (gpu.name, gpu.chip, gpu.multiprocessors, gpu.clock_khz / 1e3))
    rate, speed = peak(gpu), bandwidth(gpu)
    print("dp4a on registers: %.1f TMAC/s; copy on the device: %.0f GB/s" % (rate / 1e12, speed / 1e9))
    size = options.size
    seconds = product(gpu, options.bin_dir, options.work, size, size, size)
    macs = size ** 3
    print("product of %d^3: %.3f ms, %.1f TMAC/s, %.0f %% of dp4a's rate" % (size, 1e3 * seconds, macs / seconds / 1e12,
                                                                           100 * macs / seconds / rate))
    if gpu.chip >= 80:
        seconds = product(gpu, options.bin_dir, options.work, size, size, size, tensor_cores="on")
        print("the same on tensor cores: %.3f ms, %.1f TMAC/s" % (1e3 * seconds, macs / seconds / 1e12))
    peer, why = cublaslt_seconds(gpu, size)
    if peer:
        print("cuBLASLt int8 %d^3 (tensor cores, i32 result): %.3f ms, ours takes %.2f times that" % (size, 1e3 * peer, seconds / peer))
    else:
        print("cuBLASLt: %s" % why)
    # More weights than the largest caches hold.
    wide = 4 * size
    seconds = product(gpu, options.bin_dir, options.work, 1, wide, wide)
    print("one row times %d x %d: %.3f ms, %.0f GB/s of weights, %.0f %% of the copy's" % (
        wide, wide, 1e3 * seconds, wide * wide / seconds / 1e9, 100 * wide * wide / seconds / speed))


main()
