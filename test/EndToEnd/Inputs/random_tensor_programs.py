"""Random programs of elementwise, reducing and moving operations on tensors, compiled for every CPU path and compared with numpy.

usage: random_tensor_programs.py FIRST_SEED COUNT

All values are small integers, whatever their type, so that any order of summation is exact and the comparison is of bits.
Exits 1 if a program cannot be compiled or run, or differs on some path or number of threads.
"""
import os
import subprocess
import sys
import tempfile

import numpy as np

TYPES = {"f32": np.float32, "f64": np.float64, "i8": np.int8, "i32": np.int32, "i64": np.int64, "f16": np.float16}
ONNX = {"f32": "float", "f64": "double", "i8": "int8", "i32": "int32", "i64": "int64", "f16": "float16"}
LIMIT = 40


class Program:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.lines = []
        self.values = []  # (name, element type, array)
        self.count = 0

    def type_of(self, value):
        return "tensor<" + "".join(f"{d}x" for d in value[2].shape) + value[1] + ">"

    def pick(self, accept=lambda value: True):
        candidates = [value for value in self.values if accept(value)]
        # Late values more often, so that chains grow.
        return candidates[min(len(candidates) - 1, int(len(candidates) * self.rng.random() ** 0.5))] if candidates else None

    def add(self, element, array, text):
        self.count += 1
        name = f"%v{self.count}"
        self.values.append((name, element, np.array(array, order="C")))
        self.lines.append(text.replace("$r", name).replace("$t", self.type_of(self.values[-1])))

    def scalar(self, element, op, *args):
        kind = "f" if element.startswith("f") else "i"
        names = {"add": "arith.add" + kind, "sub": "arith.sub" + kind,
                 "max": "arith.maximumf" if kind == "f" else "arith.maxsi",
                 "min": "arith.minimumf" if kind == "f" else "arith.minsi"}
        return f"{names[op]} {', '.join(args)} : {element}"

    def constant(self, element, value):
        return f"arith.constant {float(value) if element.startswith('f') else value} : {element}"

    def generic(self, element, result, maps, kinds, operands, body, init=None):
        dims = ", ".join(f"d{i}" for i in range(len(kinds)))
        text = f"%e{self.count} = tensor.empty() : {'tensor<' + ''.join(f'{d}x' for d in result.shape) + element + '>'}\n"
        start = f"%e{self.count}"
        shape = "tensor<" + "".join(f"{d}x" for d in result.shape) + element + ">"
        if init is not None:
            text += f"  %c{self.count} = {self.constant(element, init)}\n"
            text += f"  %f{self.count} = linalg.fill ins(%c{self.count} : {element}) outs({start} : {shape}) -> {shape}\n"
            start = f"%f{self.count}"
        text += "  $r = linalg.generic {indexing_maps = [" + ", ".join(f"affine_map<({dims}) -> ({m})>" for m in maps)
        text += "], iterator_types = [" + ", ".join(f'"{k}"' for k in kinds) + "]} ins("
        text += ", ".join(o[0] for o in operands) + " : " + ", ".join(self.type_of(o) for o in operands)
        text += f") outs({start} : {shape}) {{\n  ^bb0(" + "".join(f"%a{i}: {o[1]}, " for i, o in enumerate(operands))
        text += f"%o: {element}):\n" + "".join(f"    {line}\n" for line in body) + f"  }} -> {shape}"
        self.add(element, result, text)

    def elementwise(self):
        a = self.pick()
        element, array, rank = a[1], a[2], a[2].ndim
        axes = list(self.rng.permutation(rank)) if self.rng.random() < 0.3 else list(range(rank))
        out = array.transpose(axes)
        inverse = ", ".join(f"d{axes.index(i)}" for i in range(rank))
        identity = ", ".join(f"d{i}" for i in range(rank))
        # A second operand that has some of the result's dimensions.
        b = self.pick(lambda v: v[1] == element and any(self.subset(v[2].shape, out.shape)))
        op = str(self.rng.choice(["add", "sub", "max", "min"]))
        operands, maps, lines = [a], [inverse], []
        if b is not None:
            where = next(iter(self.subset(b[2].shape, out.shape)))
            operands.append(b)
            maps.append(", ".join(f"d{i}" for i in where))
            wide = np.reshape(b[2], [out.shape[i] if i in where else 1 for i in range(rank)])
            lines.append("%x = " + self.scalar(element, op, "%a0", "%a1"))
        else:
            wide = np.asarray(3, dtype=out.dtype)
            lines += ["%k = " + self.constant(element, 3), "%x = " + self.scalar(element, op, "%a0", "%k")]
        function = {"add": np.add, "sub": np.subtract, "max": np.maximum, "min": np.minimum}[op]
        result = np.clip(function(out, wide), -LIMIT, LIMIT).astype(out.dtype)
        lines += ["%lo = " + self.constant(element, -LIMIT), "%hi = " + self.constant(element, LIMIT),
                  "%y = " + self.scalar(element, "max", "%x", "%lo"), "%z = " + self.scalar(element, "min", "%y", "%hi"),
                  f"linalg.yield %z : {element}"]
        self.generic(element, result, maps + [identity], ["parallel"] * rank, operands, lines)

    @staticmethod
    def subset(shape, of):
        """Positions in `of` that `shape` may stand for, in order."""
        positions, i = [], 0
        for extent in shape:
            while i < len(of) and of[i] != extent:
                i += 1
            if i == len(of):
                return
            positions.append(i)
            i += 1
        yield tuple(positions)

    def reduce(self):
        a = self.pick(lambda v: v[2].ndim > 0 and v[1] not in ("i8", "f16"))
        if a is None:
            return
        element, array, rank = a[1], a[2], a[2].ndim
        axes = tuple(i for i in range(rank) if self.rng.random() < 0.5) or (int(self.rng.integers(rank)),)
        kinds = ["reduction" if i in axes else "parallel" for i in range(rank)]
        identity = ", ".join(f"d{i}" for i in range(rank))
        kept = ", ".join(f"d{i}" for i in range(rank) if i not in axes)
        if self.rng.random() < 0.5:
            result, op, init = array.max(axis=axes), "max", -LIMIT
        else:
            result, op, init = array.sum(axis=axes, dtype=array.dtype), "add", 0
        body = ["%s = " + self.scalar(element, op, "%o", "%a0"), f"linalg.yield %s : {element}"]
        before = len(self.values)
        self.generic(element, np.asarray(result, dtype=array.dtype), [identity, kept], kinds, [a], body, init)
        # Sums leave the range: brought back by the next elementwise operation, which must be right here.
        if op == "add":
            name, _, value = self.values.pop()
            clipped = np.clip(value, -LIMIT, LIMIT)
            axesText = ", ".join(f"d{i}" for i in range(value.ndim))
            lines = ["%lo = " + self.constant(element, -LIMIT), "%hi = " + self.constant(element, LIMIT),
                     "%y = " + self.scalar(element, "max", "%a0", "%lo"), "%z = " + self.scalar(element, "min", "%y", "%hi"),
                     f"linalg.yield %z : {element}"]
            self.generic(element, clipped, [axesText, axesText], ["parallel"] * value.ndim, [(name, element, value)], lines)
        assert len(self.values) == before + 1

    def pool(self):
        a = self.pick(lambda v: v[2].ndim >= 2 and v[2].shape[-2] >= 3)
        if a is None:
            return
        element, array, rank = a[1], a[2], a[2].ndim
        stride = int(self.rng.integers(1, 3))
        extent = (array.shape[-2] - 3) // stride + 1
        windows = [array[..., k:k + stride * (extent - 1) + 1:stride, :] for k in range(3)]
        result = np.max(windows, axis=0)
        source = ", ".join([f"d{i}" for i in range(rank - 2)] + [f"d{rank - 2} * {stride} + d{rank}", f"d{rank - 1}"])
        target = ", ".join(f"d{i}" for i in range(rank))
        self.count += 1
        window = (f"%w{self.count}", element, np.empty(3, TYPES[element]))
        self.lines.append(f"{window[0]} = tensor.empty() : tensor<3x{element}>")
        self.generic(element, result, [source, f"d{rank}", target], ["parallel"] * rank + ["reduction"], [a, window],
                     ["%s = " + self.scalar(element, "max", "%o", "%a0"), f"linalg.yield %s : {element}"], -LIMIT)

    def pad(self):
        a = self.pick(lambda v: v[2].ndim > 0 and v[2].size < 20000)
        if a is None:
            return
        low, high = (self.rng.integers(0, 3, a[2].ndim) for _ in range(2))
        result = np.pad(a[2], list(zip(low, high)), constant_values=7)
        block = ", ".join(f"%i{i}: index" for i in range(a[2].ndim))
        self.add(a[1], result, f"$r = tensor.pad {a[0]} low[{', '.join(map(str, low))}] high[{', '.join(map(str, high))}] {{\n"
                 f"  ^bb0({block}):\n    %p = {self.constant(a[1], 7)}\n    tensor.yield %p : {a[1]}\n  }} : {self.type_of(a)} to $t")

    def slice(self):
        a = self.pick(lambda v: v[2].ndim > 0 and v[2].size > 1)
        if a is None:
            return
        shape = a[2].shape
        steps = [int(self.rng.integers(1, 3)) for _ in shape]
        offsets = [int(self.rng.integers(0, (d + 1) // 2)) for d in shape]
        result = a[2][tuple(slice(o, None, s) for o, s in zip(offsets, steps))]
        lists = "".join("[" + ", ".join(map(str, values)) + "]" for values in (offsets, result.shape, steps))
        self.add(a[1], result, f"$r = tensor.extract_slice {a[0]}{lists} : {self.type_of(a)} to $t")

    def concat(self):
        a = self.pick(lambda v: v[2].ndim > 0 and v[2].size < 10000)
        if a is None:
            return
        axis = int(self.rng.integers(a[2].ndim))
        b = self.pick(lambda v: v[1] == a[1] and v[2].ndim == a[2].ndim and v[2].size < 10000 and
                      all(x == y for i, (x, y) in enumerate(zip(v[2].shape, a[2].shape)) if i != axis))
        self.add(a[1], np.concatenate([a[2], b[2]], axis), f"$r = tensor.concat dim({axis}) {a[0]}, {b[0]} : "
                 f"({self.type_of(a)}, {self.type_of(b)}) -> $t")

    def reshape(self):
        a = self.pick(lambda v: v[2].ndim > 1)
        if a is None:
            return
        groups = "[[" + ", ".join(str(i) for i in range(a[2].ndim)) + "]]"
        self.add(a[1], a[2].reshape(-1), f"$r = tensor.collapse_shape {a[0]} {groups} : {self.type_of(a)} into $t")

    def reverse(self):
        a = self.pick(lambda v: v[2].ndim > 0)
        if a is None:
            return
        rank, last = a[2].ndim, a[2].shape[-1] - 1
        identity = ", ".join(f"d{i}" for i in range(rank))
        source = ", ".join([f"d{i}" for i in range(rank - 1)] + [f"{last} - d{rank - 1}"])
        self.generic(a[1], a[2][..., ::-1], [source, identity], ["parallel"] * rank, [a], [f"linalg.yield %a0 : {a[1]}"])

    def make(self):
        inputs = []
        for i in range(int(self.rng.integers(1, 4))):
            element = str(self.rng.choice(list(TYPES)))
            shape = [int(d) for d in self.rng.choice([1, 2, 3, 5, 8, 17, 40], int(self.rng.integers(0, 5)))]
            while np.prod(shape) > 30000:
                shape.pop()
            array = self.rng.integers(-20, 20, shape).astype(TYPES[element])
            self.values.append((f"%x{i}", element, array))
            inputs.append(self.values[-1])
        steps = [self.elementwise] * 4 + [self.reduce, self.pool, self.pad, self.slice, self.concat, self.reshape, self.reverse]
        for _ in range(int(self.rng.integers(3, 12))):
            steps[self.rng.integers(len(steps))]()
        results = [self.pick() for _ in range(int(self.rng.integers(1, 4)))] + [self.values[-1]]
        arguments = ", ".join(f'{v[0]}: {self.type_of(v)} {{qnn.name = "x{i}", qnn.type = "{ONNX[v[1]]}"}}'
                              for i, v in enumerate(inputs))
        types = ", ".join(f'{self.type_of(v)} {{qnn.name = "y{i}", qnn.type = "{ONNX[v[1]]}"}}' for i, v in enumerate(results))
        body = "\n  ".join(self.lines)
        text = (f"func.func @net({arguments}) -> ({types}) {{\n  {body}\n  return " + ", ".join(v[0] for v in results) + " : " +
                ", ".join(self.type_of(v) for v in results) + "\n}\n")
        return text, {f"x{i}": v[2] for i, v in enumerate(inputs)}, {f"y{i}": v[2] for i, v in enumerate(results)}


def check(seed, folder):
    text, inputs, expected = Program(seed).make()
    model, library = os.path.join(folder, "net.mlir"), os.path.join(folder, "net.so")
    with open(model, "w") as file:
        file.write(text)
    np.savez(os.path.join(folder, "in.npz"), **inputs)
    done = subprocess.run(["quant-compile", model, "-o", library], capture_output=True, text=True)
    if done.returncode:
        return f"not compiled: {done.stderr.strip()[:300]}"
    for path in ["avx512vnni", "avxvnni", "avx512", "avx2", "x86-64"]:
        for threads in [1, 2]:
            output = os.path.join(folder, "out.npz")
            done = subprocess.run(["quant-run", library, f"--inputs={folder}/in.npz", f"--outputs={output}", f"--threads={threads}"],
                                  capture_output=True, text=True, env={**os.environ, "QUANT_OPT_CPU": path})
            if done.returncode:
                if "CPU" in done.stderr:
                    continue  # this machine cannot run the path
                return f"{path}: not run: {done.stderr.strip()[:300]}"
            got = np.load(output)
            for name, value in expected.items():
                if not np.array_equal(got[name].reshape(value.shape), value):
                    return f"{path}, {threads} threads: {name} differs in {np.sum(got[name].reshape(value.shape) != value)} elements"
    return None


def main():
    first, count = int(sys.argv[1]), int(sys.argv[2])
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + count):
            problem = check(seed, folder)
            if problem:
                failures += 1
                print(f"seed {seed}: {problem}")
                if len(sys.argv) > 3:
                    os.rename(os.path.join(folder, "net.mlir"), f"{sys.argv[3]}/seed{seed}.mlir")
    print(f"{count} programs, {failures} wrong")
    sys.exit(1 if failures else 0)


main()
