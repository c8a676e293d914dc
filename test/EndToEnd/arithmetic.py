"""quantize_c1, requantize_c1 and dequantize_c1 on every CPU path against numpy: ties, NaN, infinities, subnormals, extremes.

Prints `P paths, D different`.
"""
import sys
import tempfile

import numpy as np

import random_contractions


class Elementwise:
    """One elementwise operation on a vector of values; the interface of random_contractions.Contraction."""

    def __init__(self, number, operation, data, expected):
        self.number, self.operation, self.data, self.expected = number, operation, data, expected
        self.loops, self.kinds, self.a, self.b, self.out, self.za, self.zb = [data.size], ["parallel"], [], [], [], 0, 0
        self.a_data, self.b_data, self.epilogue = data, data, operation

    def inputs(self):
        return {"a%d" % self.number: self.data}

    def reference(self):
        return self.expected

    def mlir(self):
        i, kind = self.number, random_contractions.tensor(self.expected)
        element, result = (random_contractions.NAMES[a.dtype][0] for a in (self.data, self.expected))
        return """%%e%d = tensor.empty() : %s
%%y%d = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
    ins(%%a%d : %s) outs(%%e%d : %s) {
^bb0(%%x: %s, %%o: %s):
  %%s = arith.constant 0x%08X : f32
  %%v = qnn.%s : %s, f32 -> %s
  linalg.yield %%v : %s
} -> %s""" % (i, kind, i, i, random_contractions.tensor(self.data), i, kind, element, result, self.scale.view(np.uint32),
              self.operation, element, result, result, kind), "%%y%d" % i, kind


def quantized(x, zero, lo, hi, dtype):
    x = np.where(np.isnan(x), np.float32(0), x)
    rounded = np.rint(np.clip(x, np.float32(-1e6), np.float32(1e6))).astype(np.int64)
    return np.clip(rounded + zero, lo, hi).astype(dtype)


def main():
    rng = np.random.default_rng(1)
    floats = np.concatenate([rng.integers(0, 2**32, 200000, dtype=np.uint64).astype(np.uint32).view(np.float32),
                             (np.arange(-1200, 1200) / 4).astype(np.float32),
                             rng.uniform(-300, 300, 50000).astype(np.float32),
                             np.array([np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, -1e-45, 3.4e38, -3.4e38], np.float32)])
    sums = np.concatenate([rng.integers(-2**31, 2**31, 100000).astype(np.int32), np.arange(-60000, 60000, dtype=np.int32),
                           np.array([-2**31, 2**31 - 1, 2**24 + 1, -2**24 - 1], np.int32)])
    cases = []

    def add(operation, data, scale, expected):
        case = Elementwise(len(cases), operation, data, expected)
        case.scale = np.float32(scale)
        cases.append(case)

    with np.errstate(all="ignore"):
        for scale in (1.0, 0.1, 3.7e-39, 1e30):
            for zero, lo, hi, dtype in ((0, 0, 255, np.uint8), (255, 3, 250, np.uint8), (-7, -128, 127, np.int8)):
                sign = " unsigned" if dtype == np.uint8 else ""
                add("quantize %%x, %%s zero_point %d clamp [%d, %d]%s" % (zero, lo, hi, sign), floats, scale,
                    quantized(floats / np.float32(scale), zero, lo, hi, dtype))
        for scale in (0.5, 0.0123, 1e-9, 7.0):
            for zero, lo, hi, dtype in ((128, 0, 255, np.uint8), (0, -127, 127, np.int8)):
                sign = " unsigned" if dtype == np.uint8 else ""
                add("requantize %%x, %%s zero_point %d clamp [%d, %d]%s" % (zero, lo, hi, sign), sums, scale,
                    quantized(sums.astype(np.float32) * np.float32(scale), zero, lo, hi, dtype))
    for zero, dtype in ((0, np.uint8), (200, np.uint8), (-128, np.int8), (5, np.int8)):
        data = np.arange(256).astype(np.uint8).view(dtype)
        add("dequantize %%x, %%s zero_point %d%s" % (zero, " unsigned" if dtype == np.uint8 else ""), data, 0.0123,
            (data.astype(np.int32) - zero).astype(np.float32) * np.float32(0.0123))
    with tempfile.TemporaryDirectory() as folder:
        _, paths, different = random_contractions.run_cases("arithmetic", cases, folder)
    print("%d paths, %d different" % (paths, different))
    return 1 if different or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
