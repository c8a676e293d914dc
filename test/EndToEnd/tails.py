"""Matrix products and depthwise convolutions of every number of channels up to two blocks and one, with changing rows and sums.

Prints `C contractions, P paths, D different`.
"""
import sys
import tempfile

import numpy as np

import random_contractions


class Tail(random_contractions.Contraction):
    """A product of 1 to 17 rows and 1 to 19 values to sum, or a depthwise window of 1 to 5 taps, requantized."""

    def __init__(self, number, channels, depthwise):
        self.rng, self.number, self.loops, self.kinds, self.float = np.random.default_rng(number), number, [], [], False
        self.constant = True
        m, n = self.loop(1 + (channels * 5 + 3) % 17), self.loop(channels)
        k = self.loop(1 + channels % 5 if depthwise else 1 + channels * 7 % 19, "reduction")
        self.a = [{m: 1, k: 1}, {n: 1}] if depthwise else [{m: 1}, {k: 1}]
        self.b, self.out = [n, k], [m, n]
        self.make_data()
        self.a_data, self.b_data, self.za, self.zb = self.a_data.astype(np.uint8), self.b_data.astype(np.int8), 0, 0
        self.epilogue = ("requantize", "residual", "none")[channels % 3] if channels % 16 != 1 else "requantize"


def main():
    cases = [Tail(2 * i, i + 1, False) for i in range(33)] + [Tail(2 * i + 1, i + 1, True) for i in range(33)]
    with tempfile.TemporaryDirectory() as folder:
        count, paths, different = random_contractions.run_cases("tails", cases, folder)
    print("%d contractions, %d paths, %d different" % (count, paths, different))
    return 1 if different or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
