"""Random contractions of 16-bit activations, compiled for every CPU path, must give the bits of planes_c1 on each.

usage: random_wide_contractions.py [--modules N] [--each K] [--seed S]

The modules are in the Qdq form: 16-bit operands, signed or not, with any zero point, 8-bit weights or a second activation of 16 or 8 bits,
a bias in f32, and a result of 16 bits, of 8 bits or of f32. Prints `N contractions, P paths, D different`.
"""
import argparse
import sys
import tempfile

import numpy as np

import random_contractions
from random_contractions import Contraction, tensor

random_contractions.NAMES.update({np.dtype(np.uint16): ("i16", "uint16"), np.dtype(np.int16): ("i16", "int16")})
F32 = np.float32


def quantized(array, scale, zero):
    info = np.iinfo(array.dtype)
    return "!quant.uniform<%s%d:f32, %.17g:%d>" % ("u" if info.min == 0 else "i", info.bits, float(scale), zero)


def planes(array, zero):
    """The differences from the zero point by plane, high first, with the power of 256 that each counts."""
    wide = array.astype(np.int64)
    if array.dtype.itemsize == 1:
        return [(wide - zero, 0)]
    return [((wide >> 8) - (zero >> 8), 1), ((wide & 255) - (zero & 255), 0)]


class WideContraction(Contraction):
    def make_data(self):
        rng = self.rng
        self.float, self.storage = False, "f32"
        types = [np.uint16, np.int16], [np.int8], [np.uint16, np.uint8]
        a_type = rng.choice(types[0])
        b_type = rng.choice(types[1] if self.constant else types[2])
        a_shape = [1 + sum(f * (self.loops[l] - 1) for l, f in dims.items()) for dims in self.a]
        b_shape = [self.loops[l] for l in self.b]
        draw = lambda kind, shape: rng.integers(np.iinfo(kind).min, np.iinfo(kind).max + 1, shape).astype(kind)
        self.a_data, self.b_data = draw(a_type, a_shape), draw(b_type, b_shape)
        self.b_constant = self.constant
        self.za = int(draw(a_type, ()))
        self.zb = 0 if self.constant else int(draw(b_type, ()))
        self.sa, self.sb = F32(np.exp2(rng.uniform(-12, -8))), F32(np.exp2(rng.uniform(-8, -4)))
        self.bias = rng.normal(0, 10, self.loops[self.out[-1]]).astype(F32)
        self.result = rng.choice([np.uint16, np.int16, np.uint8, np.float32])
        self.epilogue = "%s result" % np.dtype(self.result)
        self.sy, self.zy = F32(np.exp2(rng.uniform(-9, -5))), int(rng.integers(0, 100))

    def total(self, a, b):
        grid = np.ogrid[tuple(slice(0, e) for e in self.loops)]
        a = a[tuple(sum(f * grid[l] for l, f in dims.items()) for dims in self.a)]
        b = b[tuple(grid[l] for l in self.b)]
        axes = tuple(i for i, kind in enumerate(self.kinds) if kind == "reduction")
        total = np.broadcast_to(np.add.reduce(a * b, axis=axes), [e for e, kind in zip(self.loops, self.kinds) if kind == "parallel"])
        kept = [i for i, kind in enumerate(self.kinds) if kind == "parallel"]
        return np.transpose(total, [kept.index(l) for l in self.out])

    def reference(self):
        x, power = None, None
        for a, i in planes(self.a_data, self.za):
            for b, j in planes(self.b_data, self.zb):
                term = self.total(a, b).astype(np.int32).astype(F32)
                if x is not None:
                    for _ in range(power - (i + j)):
                        x = x * F32(256)
                    x = x + term
                else:
                    x = term
                power = i + j
        x = x * (self.sa * self.sb) + self.bias
        if self.result == np.float32:
            return x
        info = np.iinfo(self.result)
        return np.clip(np.rint(x / self.sy) + self.zy, info.min, info.max).astype(self.result)

    def inputs(self):
        arrays = {"a%d" % self.number: self.a_data}
        if not self.b_constant:
            arrays["b%d" % self.number] = self.b_data
        return arrays

    def mlir(self):
        i, rank = self.number, len(self.out)
        dims = ", ".join("d%d" % l for l in range(len(self.loops)))
        a_map = ", ".join(" + ".join("d%d * %d" % item for item in d.items()) for d in self.a)
        maps = ["affine_map<(%s) -> (%s)>" % (dims, text) for text in
                (a_map, ", ".join("d%d" % l for l in self.b), ", ".join("d%d" % l for l in self.out))]
        outer = ", ".join("d%d" % l for l in range(rank))
        identity, channel = "affine_map<(%s) -> (%s)>" % (outer, outer), "affine_map<(%s) -> (d%d)>" % (outer, rank - 1)
        parallel = ", ".join(['"parallel"'] * rank)
        acc = tensor(np.zeros([self.loops[l] for l in self.out], F32))
        lines = []
        if self.b_constant:
            lines.append('%%b%d = arith.constant dense<"0x%s"> : %s' % (i, self.b_data.tobytes().hex().upper(), tensor(self.b_data)))
        for side, data, scale, zero in (("a", self.a_data, self.sa, self.za), ("b", self.b_data, self.sb, self.zb)):
            stored, name = tensor(data), "%%%s%d" % (side, i)
            shape = stored[:stored.rindex("i")]
            typed, wide = shape + quantized(data, scale, zero) + ">", shape + "f32>"
            lines.append("%sq = quant.scast %s : %s to %s\n%sf = quant.dcast %sq : %s to %s" % (name, name, stored, typed, name, name, typed, wide))
            self.__dict__[side + "_type"] = wide
        lines.append("%%bias%d = arith.constant dense<[%s]> : %s" % (i, ", ".join("0x%08X" % v for v in self.bias.view(np.uint32)), tensor(self.bias)))
        lines.append("%%e%d = tensor.empty() : %s\n%%zero%d = arith.constant 0.0 : f32" % (i, acc, i))
        lines.append("%%init%d = linalg.fill ins(%%zero%d : f32) outs(%%e%d : %s) -> %s" % (i, i, i, acc, acc))
        lines.append("%%acc%d = linalg.generic {indexing_maps = [%s], iterator_types = [%s]} ins(%%a%df, %%b%df : %s, %s) outs(%%init%d : %s) {" % (
            i, ", ".join(maps), ", ".join('"%s"' % k for k in self.kinds), i, i, self.a_type, self.b_type, i, acc))
        lines.append("^bb0(%x: f32, %y: f32, %c: f32):\n %p = arith.mulf %x, %y : f32\n %s = arith.addf %c, %p : f32")
        lines.append(" linalg.yield %%s : f32 } -> %s" % acc)
        lines.append("%%y%d = linalg.generic {indexing_maps = [%s, %s, %s], iterator_types = [%s]} ins(%%acc%d, %%bias%d : %s, %s) outs(%%e%d : %s) {" % (
            i, identity, channel, identity, parallel, i, i, acc, tensor(self.bias), i, acc))
        lines.append("^bb0(%%x: f32, %%y: f32, %%c: f32):\n %%s = arith.addf %%x, %%y : f32\n linalg.yield %%s : f32 } -> %s" % acc)
        if self.result == np.float32:
            return "\n".join(lines), "%%y%d" % i, acc
        out = tensor(self.reference())
        typed = acc[:acc.rindex("f32")] + quantized(self.reference(), self.sy, self.zy) + ">"
        lines.append("%%q%d = quant.qcast %%y%d : %s to %s\n%%r%d = quant.scast %%q%d : %s to %s" % (i, i, acc, typed, i, i, typed, out))
        return "\n".join(lines), "%%r%d" % i, out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--modules", type=int, default=2)
    parser.add_argument("--each", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    total, paths, different = 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seed, options.seed + options.modules):
            rng = np.random.default_rng(seed)
            cases = [WideContraction(rng, i) for i in range(options.each)]
            count, ran, wrong = random_contractions.run_cases("wide_%d" % seed, cases, folder)
            total, paths, different = total + count, max(paths, ran), different + wrong
    print("%d contractions, %d paths, %d different" % (total, paths, different))
    return 1 if different or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
