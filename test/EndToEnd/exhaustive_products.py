"""Every product of two bytes, in every byte of a lane and in every lane, on every CPU path.

Channel n holds the value n / 16 in lane n % 16; row m holds the value m. Prints `R results, P paths, D different`.
"""
import sys
import tempfile

import numpy as np

import random_contractions


class Products(random_contractions.Contraction):
    """Rows of one byte times channels of one byte, which is byte `place` of its lane."""

    def __init__(self, number, lhs_type, place):
        self.number, self.loops, self.kinds, self.float = number, [], [], False
        m, n, k = self.loop(256), self.loop(4096), self.loop(4, "reduction")
        self.a, self.b, self.out = [{m: 1}, {k: 1}], [n, k], [m, n]
        self.a_data, self.b_data = np.zeros((256, 4), lhs_type), np.zeros((4096, 4), np.int8)
        self.a_data[:, place] = np.arange(256).astype(np.uint8).view(lhs_type)
        self.b_data[:, place] = np.repeat(np.arange(256).astype(np.uint8).view(np.int8), 16)
        self.za = self.zb = 0
        self.bias, self.multiplier = np.zeros(4096, np.int32), np.ones(4096, np.float32)
        self.epilogue, self.b_constant = "none", True


def main():
    cases = [Products(0, np.uint8, 0), Products(1, np.uint8, 1), Products(2, np.uint8, 2), Products(3, np.uint8, 3),
             Products(4, np.int8, 0), Products(5, np.int8, 1), Products(6, np.int8, 2), Products(7, np.int8, 3)]
    with tempfile.TemporaryDirectory() as folder:
        _, paths, different = random_contractions.run_cases("products", cases, folder)
    print("%d results, %d paths, %d different" % (sum(256 * 4096 for _ in cases), paths, different))
    return 1 if different or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
