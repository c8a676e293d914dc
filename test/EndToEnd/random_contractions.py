"""Random contractions in the Integer form, compiled for every CPU path, must give a scalar reference's bits on each.

usage: random_contractions.py [--modules N] [--each K] [--seed S] [--keep DIR] [--gpu BUILD_DIR]

A module holds K functions' worth of contractions in one function: convolutions of one to three dimensions with strides,
dilations, groups or depthwise, matrix products in every layout, of weights or of two activations, signed or not, with zero points
in the body and with epilogues, and f32, bf16 and f16 ones of small integers, which are exact too. Prints one line per differing result, and
ends with `N contractions, P paths, D different`. With `--gpu`, what runs is the kernels for GPUs, emulated on this CPU.
"""
import argparse
import os
import subprocess
import sys
import tempfile

import numpy as np

PATHS = ["avx512bf16", "avx512vnni", "avxvnni", "avx512", "avx2", "x86-64"]
CHIPS = [("sm_75", "on"), ("sm_80", "off"), ("sm_80", "on")]  # the GPU, and whether its tensor cores are used
NAMES = {np.dtype(np.float32): ("f32", "float"), np.dtype(np.int8): ("i8", "int8"), np.dtype(np.uint8): ("i8", "uint8"),
         np.dtype(np.int32): ("i32", "int32")}


def tensor(array):
    return "tensor<%s%s>" % ("".join("%dx" % d for d in array.shape), NAMES[array.dtype][0])


class Contraction:
    """Loops, maps (per dimension a dict from loop to factor) and data of one contraction."""

    pads = None  # of each dimension of a: how much of its beginning and end the program pads itself, with pad_value
    pad_value = 0

    def __init__(self, rng, number):
        self.rng, self.number = rng, number
        self.loops, self.kinds = [], []
        self.float = rng.random() < 0.3
        self.storage = str(rng.choice(["f32", "bf16", "f16"]))  # of floats: of both sides if bf16, of b alone if f16
        getattr(self, str(rng.choice(["conv", "conv", "depthwise", "depthwise", "matmul", "matmul", "batched", "matvec"])))()
        self.make_data()

    def loop(self, extent, kind="parallel"):
        self.loops.append(int(extent))
        self.kinds.append(kind)
        return len(self.loops) - 1

    def size(self, most):
        return int(self.rng.choice([1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 48, 64, 65, 100][:most]))

    def spatial(self, rank):
        """Output, tap and input places of a window."""
        out, taps, places = [], [], []
        for _ in range(rank):
            out.append(self.rng.integers(1, [30, 9, 5][rank - 1]))
            taps.append(self.rng.integers(1, 4))
            places.append((int(self.rng.integers(1, 3)), int(self.rng.integers(1, 3))))
        return out, taps, places

    def conv(self):
        rank = int(self.rng.integers(1, 4))
        out, taps, places = self.spatial(rank)
        groups = self.rng.integers(2, 4) if self.rng.random() < 0.3 else 0
        n = self.loop(self.rng.integers(1, 3))
        o = [self.loop(e) for e in out]
        g = [self.loop(groups)] if groups else []
        oc = self.loop(self.size(13 if rank < 3 else 8))
        k = [self.loop(e, "reduction") for e in taps]
        c = self.loop(self.size(13 if rank < 3 else 8), "reduction")
        window = [{o[i]: s, k[i]: d} for i, (s, d) in enumerate(places)]
        self.a = [{n: 1}] + window + [{x: 1} for x in g] + [{c: 1}]
        self.b = g + [oc] + k + [c]
        self.out = [n] + o + g + [oc]
        self.constant = True

    def depthwise(self):
        rank = int(self.rng.integers(1, 4))
        out, taps, places = self.spatial(rank)
        if rank == 1 and self.rng.random() < 0.3:
            taps = [self.rng.integers(65, 80)]
        n = self.loop(self.rng.integers(1, 3))
        o = [self.loop(e) for e in out]
        c = self.loop(self.size(15))
        k = [self.loop(e, "reduction") for e in taps]
        self.a = [{n: 1}] + [{o[i]: s, k[i]: d} for i, (s, d) in enumerate(places)] + [{c: 1}]
        self.b = [c] + k if self.rng.random() < 0.5 else k + [c]
        self.out = [n] + o + [c]
        self.constant = True

    def matmul(self):
        m, n = self.loop(self.size(16)), self.loop(self.size(16))
        k = self.loop(self.size(16), "reduction")
        self.a = [{m: 1}, {k: 1}] if self.rng.random() < 0.7 else [{k: 1}, {m: 1}]
        self.b = [n, k] if self.rng.random() < 0.5 else [k, n]
        self.out = [m, n]
        self.constant = self.rng.random() < 0.7

    def batched(self):
        b, h = self.loop(self.rng.integers(1, 3)), self.loop(self.rng.integers(1, 4))
        m, n = self.loop(self.size(12)), self.loop(self.size(12))
        k = self.loop(self.size(12), "reduction")
        self.a = [{b: 1}, {m: 1}, {h: 1}, {k: 1}]
        self.b = [b, h, n, k] if self.rng.random() < 0.5 else [b, h, k, n]
        self.out = [b, h, m, n]
        self.constant = False

    def matvec(self):
        m, k = self.loop(self.size(16)), self.loop(self.size(16), "reduction")
        self.a, self.b, self.out = [{k: 1}], [m, k], [m]
        self.constant = self.rng.random() < 0.5

    def make_data(self):
        rng = self.rng
        a_shape = [1 + sum(f * (self.loops[l] - 1) for l, f in dims.items()) for dims in self.a]
        b_shape = [self.loops[l] for l in self.b]
        out_shape = [self.loops[l] for l in self.out]
        if self.float:
            self.a_data = rng.integers(-8, 9, a_shape).astype(np.float32)
            self.b_data = rng.integers(-8, 9, b_shape).astype(np.float32)
        else:
            a_type, b_type = rng.choice([np.uint8, np.int8], p=[0.7, 0.3]), rng.choice([np.uint8, np.int8], p=[0.2, 0.8])
            self.a_data = rng.integers(np.iinfo(a_type).min, np.iinfo(a_type).max + 1, a_shape).astype(a_type)
            self.b_data = rng.integers(np.iinfo(b_type).min, np.iinfo(b_type).max + 1, b_shape).astype(b_type)
            if rng.random() < 0.2:
                self.a_data[...], self.b_data[...] = np.iinfo(a_type).max, np.iinfo(b_type).min
        self.za = int(rng.integers(-128, 256)) if not self.float and rng.random() < 0.2 else 0
        self.zb = int(rng.integers(-128, 256)) if not self.float and rng.random() < 0.2 else 0
        channels = out_shape[-1]
        self.bias = rng.integers(-1000, 1000, channels).astype(np.float32 if self.float else np.int32)
        if rng.random() < 0.2:
            self.bias[...] = 0
        self.epilogue = "none" if self.float else str(rng.choice(["none", "requantize", "residual"]))
        self.multiplier = (np.exp2(rng.uniform(-14, -6, channels))).astype(np.float32)
        self.residual = rng.integers(0, 256, out_shape).astype(np.uint8)
        self.b_constant = self.constant

    def sums(self):
        """The sums of products as int64, in the order of `out`."""
        grid = np.ogrid[tuple(slice(0, e) for e in self.loops)]
        a = self.a_data[tuple(sum(f * grid[l] for l, f in dims.items()) for dims in self.a)].astype(np.int64)
        b = self.b_data[tuple(grid[l] for l in self.b)].astype(np.int64)
        axes = tuple(i for i, kind in enumerate(self.kinds) if kind == "reduction")
        total = np.add.reduce((a - self.za) * (b - self.zb), axis=axes)
        total = np.broadcast_to(total, [e for e, kind in zip(self.loops, self.kinds) if kind == "parallel"])
        kept = [i for i, kind in enumerate(self.kinds) if kind == "parallel"]
        return np.transpose(total, [kept.index(l) for l in self.out])

    def reference(self):
        total = self.sums()
        if self.float:
            return (total + self.bias).astype(np.float32)
        acc = (total + self.bias).astype(np.int64).astype(np.int32)
        if self.epilogue == "none":
            return acc
        x = acc.astype(np.float32) * self.multiplier
        if self.epilogue == "requantize":
            return np.clip(np.rint(x) + 3, 3, 250).astype(np.uint8)
        x = x + (self.residual.astype(np.float32) - np.float32(12)) * np.float32(0.37)
        return np.clip(np.rint(x / np.float32(1.7)) - 5, -128, 127).astype(np.int8)

    def inputs(self):
        middle = tuple(slice(low, -high or None) for low, high in self.pads) if self.pads else ...
        arrays = {"a%d" % self.number: np.ascontiguousarray(self.a_data[middle])}
        if not self.b_constant:
            arrays["b%d" % self.number] = self.b_data
        if self.epilogue == "residual":
            arrays["r%d" % self.number] = self.residual
        return arrays

    def stored(self, side):
        """The type of an operand as the contraction reads it."""
        kind = tensor(self.a_data if side == "a" else self.b_data)
        short = self.float and (self.storage == "bf16" or (self.storage == "f16" and side == "b"))
        return kind.replace("f32", self.storage) if short else kind

    def narrow(self, side):
        """Rounds an input to the type in which the contraction reads it."""
        kind, wide = self.stored(side), tensor(self.a_data if side == "a" else self.b_data)
        rank = kind.count("x")
        dims = ", ".join("d%d" % d for d in range(rank))
        identity = "affine_map<(%s) -> (%s)>" % (dims, dims)
        name = "%%%s%d" % (side, self.number)
        return ("%se = tensor.empty() : %s\n%ss = linalg.generic {indexing_maps = [%s, %s], iterator_types = [%s]} ins(%s : %s) outs(%se : %s) {"
                "\n^bb0(%%x: f32, %%y: %s):\n %%t = arith.truncf %%x : f32 to %s\n linalg.yield %%t : %s } -> %s") % (
                    name, kind, name, identity, identity, ", ".join(['"parallel"'] * rank), name, wide, name, kind, self.storage,
                    self.storage, self.storage, kind)

    def pad(self, name):
        places, given = ", ".join("%%i%d: index" % d for d in range(len(self.pads))), tensor(self.inputs()[name[1:]])
        return "%sv = arith.constant %d : i8\n%sp = tensor.pad %s low[%s] high[%s] {\n^bb0(%s):\n tensor.yield %sv : i8 } : %s to %s" % (
            name, np.array(self.pad_value, self.a_data.dtype).view(np.int8), name, name, ", ".join(str(low) for low, _ in self.pads),
            ", ".join(str(high) for _, high in self.pads), places, name, given, tensor(self.a_data))

    def mlir(self):
        i, rank = self.number, len(self.out)
        dims = ", ".join("d%d" % l for l in range(len(self.loops)))
        a_map = ", ".join(" + ".join("d%d * %d" % item for item in dims.items()) for dims in self.a)
        maps = ["affine_map<(%s) -> (%s)>" % (dims, text) for text in
                (a_map, ", ".join("d%d" % l for l in self.b), ", ".join("d%d" % l for l in self.out))]
        outer = ", ".join("d%d" % l for l in range(rank))
        identity, channel = "affine_map<(%s) -> (%s)>" % (outer, outer), "affine_map<(%s) -> (d%d)>" % (outer, rank - 1)
        parallel = ", ".join(['"parallel"'] * rank)
        acc = np.zeros([self.loops[l] for l in self.out], np.float32 if self.float else np.int32)
        kind = "f32" if self.float else "i32"
        lines = []
        if self.b_constant:
            data = self.b_data
            if self.float and self.storage == "bf16":
                data = (data.view(np.uint32) >> 16).astype(np.uint16)
            elif self.float and self.storage == "f16":
                data = data.astype(np.float16)
            lines.append('%%b%d = arith.constant dense<"0x%s"> : %s' % (i, data.tobytes().hex().upper(), self.stored("b")))
        lines.append("%%bias%d = arith.constant dense<[%s]> : %s" % (i, ", ".join(
            ("%d.0" if self.float else "%d") % v for v in self.bias), tensor(self.bias)))
        lines.append("%%e%d = tensor.empty() : %s" % (i, tensor(acc)))
        lines.append("%%init%d = linalg.generic {indexing_maps = [%s, %s], iterator_types = [%s]} ins(%%bias%d : %s) outs(%%e%d : %s) {" %
                     (i, channel, identity, parallel, i, tensor(self.bias), i, tensor(acc)))
        lines.append("^bb0(%%x: %s, %%y: %s):\n linalg.yield %%x : %s } -> %s" % (kind, kind, kind, tensor(acc)))
        names = {"a": "%%a%d" % i, "b": "%%b%d" % i}
        if self.pads:
            lines.append(self.pad(names["a"]))
            names["a"] += "p"
        for side, is_constant in (("a", False), ("b", self.b_constant)):
            if self.stored(side) != tensor(self.a_data if side == "a" else self.b_data) and not is_constant:
                lines.append(self.narrow(side))
                names[side] += "s"
        lines.append("%%acc%d = linalg.generic {indexing_maps = [%s], iterator_types = [%s]} ins(%s, %s : %s, %s) outs(%%init%d : %s) {" %
                     (i, ", ".join(maps), ", ".join('"%s"' % k for k in self.kinds), names["a"], names["b"], self.stored("a"),
                      self.stored("b"), i, tensor(acc)))
        if self.float:
            types = [self.stored(side)[:-1].split("x")[-1].split("<")[-1] for side in "ab"]
            lines.append("^bb0(%%x: %s, %%y: %s, %%c: f32):" % tuple(types))
            factors = ["%x", "%y"]
            for j, kind in enumerate(types):
                if kind != "f32":
                    lines.append(" %sw = arith.extf %s : %s to f32" % (factors[j], factors[j], kind))
                    factors[j] += "w"
            lines.append(" %%p = arith.mulf %s, %s : f32\n %%s = arith.addf %%c, %%p : f32" % tuple(factors))
            lines.append(" linalg.yield %%s : f32 } -> %s" % tensor(acc))
        else:
            ext = ["ext%si" % ("u" if data.dtype == np.uint8 else "s") for data in (self.a_data, self.b_data)]
            lines.append("^bb0(%%x: i8, %%y: i8, %%c: i32):\n %%a = arith.%s %%x : i8 to i32\n %%b = arith.%s %%y : i8 to i32" % tuple(ext))
            factors = ["%a", "%b"]
            for j, (name, zero) in enumerate((("a", self.za), ("b", self.zb))):
                if zero:
                    lines.append(" %%z%s = arith.constant %d : i32\n %%%sz = arith.subi %%%s, %%z%s : i32" % (name, zero, name, name, name))
                    factors[j] = "%" + name + "z"
            lines.append(" %%p = arith.muli %s, %s : i32\n %%s = arith.addi %%c, %%p : i32" % tuple(factors))
            lines.append(" linalg.yield %%s : i32 } -> %s" % tensor(acc))
        if self.epilogue == "none":
            return "\n".join(lines), "%%acc%d" % i, tensor(acc)
        out = self.reference()
        lines.append('%%m%d = arith.constant dense<"0x%s"> : %s' % (i, self.multiplier.tobytes().hex().upper(), tensor(self.multiplier)))
        lines.append("%%q%d = tensor.empty() : %s" % (i, tensor(out)))
        residual = self.epilogue == "residual"
        lines.append("%%y%d = linalg.generic {indexing_maps = [%s], iterator_types = [%s]} ins(%%acc%d, %%m%d%s : %s, %s%s) outs(%%q%d : %s) {" % (
            i, ", ".join([identity, channel] + [identity] * (2 if residual else 1)), parallel, i, i, ", %%r%d" % i if residual else "",
            tensor(acc), tensor(self.multiplier), ", " + tensor(self.residual) if residual else "", i, tensor(out)))
        if residual:
            lines.append("""^bb0(%c: i32, %m: f32, %r: i8, %o: i8):
 %s0 = arith.constant 0.37 : f32
 %s1 = arith.constant 1.7 : f32
 %f = qnn.dequantize %c, %m zero_point 0 : i32, f32 -> f32
 %g = qnn.dequantize %r, %s0 zero_point 12 unsigned : i8, f32 -> f32
 %h = arith.addf %f, %g : f32
 %v = qnn.quantize %h, %s1 zero_point -5 clamp [-128, 127] : f32, f32 -> i8""")
        else:
            lines.append("^bb0(%c: i32, %m: f32, %o: i8):")
            lines.append(" %v = qnn.requantize %c, %m zero_point 3 clamp [3, 250] unsigned : i32, f32 -> i8")
        lines.append(" linalg.yield %%v : i8 } -> %s" % tensor(out))
        return "\n".join(lines), "%%y%d" % i, tensor(out)


def run_emulated(base, target, build):
    """Compiles for a GPU and for its emulation, and runs that."""
    chip, tensor_cores = target
    options = [base + ".mlir", "--target=nvptx-" + chip, "--tensor-cores=" + tensor_cores, "--name=random"]
    for extra in (["-o", base + "_gpu.so"], ["--emit=emulation", "-o", base + "_emulation.so"]):
        result = subprocess.run(["quant-compile"] + options + extra, capture_output=True, text=True)
        if result.returncode:
            return result
    environment = dict(os.environ, LD_LIBRARY_PATH=os.path.join(build, "lib", "emulation"), QUANT_OPT_EMULATED_CHIP=chip,
                       QUANT_OPT_EMULATION=base + "_emulation.so")
    return subprocess.run(["quant-run", base + "_gpu.so", "--inputs=" + base + ".npz", "--outputs=" + base + "_out.npz"],
                          env=environment, capture_output=True, text=True)


def run_cases(name, cases, folder, compile_only=False, gpu=None, threads=(1,)):
    """Compiles the cases as one module and runs it on each path; returns contractions, paths, differing results. With
    `compile_only`, returns whether it could be compiled. On each path, each number of `threads` must give the same file."""
    arguments, results, bodies, values, types = [], [], [], [], []
    feeds = {}
    for case in cases:
        for argument, array in case.inputs().items():
            feeds[argument] = array
            arguments.append('%%%s: %s {qnn.name = "%s", qnn.type = "%s"}' % (argument, tensor(array), argument, NAMES[array.dtype][1]))
        body, value, kind = case.mlir()
        bodies.append(body)
        values.append(value)
        types.append(kind)
        results.append('%s {qnn.name = "y%d", qnn.type = "%s"}' % (kind, case.number, NAMES[case.reference().dtype][1]))
    base = os.path.join(folder, name)
    with open(base + ".mlir", "w") as file:
        file.write("func.func @random(%s) -> (%s) {\n%s\nreturn %s : %s\n}\n" % (
            ", ".join(arguments), ", ".join(results), "\n".join(bodies), ", ".join(values), ", ".join(types)))
    np.savez(base + ".npz", **feeds)
    compiled = subprocess.run(["quant-compile", base + ".mlir"] + (["--target=host"] if gpu else []) + ["-o", base + ".so"], capture_output=True, text=True)
    if compiled.returncode:
        print("%s: exit code %d: %s" % (name, compiled.returncode, compiled.stderr))
        return False if compile_only else (len(cases), 0, len(cases))
    if compile_only:
        return True
    different, ran = 0, 0
    for path in CHIPS if gpu else PATHS:
        if gpu:
            result = run_emulated(base, path, gpu)
        else:
            result = subprocess.run(["quant-run", base + ".so", "--inputs=" + base + ".npz", "--outputs=" + base + "_out.npz"],
                                    env=dict(os.environ, QUANT_OPT_CPU=path), capture_output=True, text=True)
        # Only modules with bf16 contractions hold code for that path.
        if result.returncode and ("cannot run" in result.stderr or path == "avx512bf16" and "holds no code" in result.stderr):
            continue
        if result.returncode:
            sys.exit("%s, %s: exit code %d: %s" % (name, path, result.returncode, result.stderr))
        ran += 1
        for count in threads[1:]:
            again = base + "_%d.npz" % count
            subprocess.run(["quant-run", base + ".so", "--inputs=" + base + ".npz", "--outputs=" + again, "--threads=%d" % count],
                           env=dict(os.environ, QUANT_OPT_CPU=path), check=True, capture_output=True)
            if open(again, "rb").read() != open(base + "_out.npz", "rb").read():
                print("%s, %s: other bytes on %d threads" % (name, path, count))
                different += 1
        outputs = np.load(base + "_out.npz")
        for case in cases:
            expected, found = case.reference(), outputs["y%d" % case.number]
            if expected.tobytes() != found.tobytes():
                wrong = np.flatnonzero(expected.ravel() != found.ravel().astype(expected.dtype))
                print("%s, y%d, %s: %d of %d elements differ, first at %s: loops %s %s a %s b %s out %s, %s %s za %d zb %d, %s" % (
                    name, case.number, path, wrong.size, expected.size, wrong[:1], case.loops, case.kinds, case.a, case.b, case.out,
                    case.stored("a"), case.stored("b"), case.za, case.zb, case.epilogue))
                different += 1
    return len(cases), ran, different


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--modules", type=int, default=4)
    parser.add_argument("--each", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep")
    parser.add_argument("--gpu", metavar="BUILD_DIR")
    options = parser.parse_args()
    total, paths, different = 0, 0, 0
    with tempfile.TemporaryDirectory() as temporary:
        for seed in range(options.seed, options.seed + options.modules):
            rng = np.random.default_rng(seed)
            cases = [Contraction(rng, i) for i in range(options.each)]
            count, ran, wrong = run_cases("seed_%d" % seed, cases, options.keep or temporary, gpu=options.gpu)
            total, paths, different = total + count, max(paths, ran), different + wrong
    print("%d contractions, %d paths, %d different" % (total, paths, different))
    return 1 if different or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
