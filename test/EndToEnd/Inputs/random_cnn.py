"""Writes a random small CNN in the Imported form, with a main function that prints its output on a fixed input.

All numbers are small multiples of powers of two, so that every order of summation gives the same bits and two runs can be
compared as text. Usage: random_cnn.py SEED
"""
import random
import sys


class Module:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.lines = []
        self.count = 0

    def emit(self, text):
        self.count += 1
        name = f"%v{self.count}"
        self.lines.append(f"  {name} = {text}")
        return name

    @staticmethod
    def type(shape):
        return "tensor<" + "".join(f"{d}x" for d in shape) + "f32>"

    def constant(self, shape, choices):
        def nested(dims):
            if not dims:
                return str(float(self.rng.choice(choices)))
            return "[" + ", ".join(nested(dims[1:]) for _ in range(dims[0])) + "]"
        return self.emit(f"arith.constant dense<{nested(shape)}> : {self.type(shape)}")

    def filled(self, shape, value="0.0"):
        scalar = self.emit(f"arith.constant {value} : f32")
        empty = self.emit(f"tensor.empty() : {self.type(shape)}")
        return self.emit(f"linalg.fill ins({scalar} : f32) outs({empty} : {self.type(shape)}) -> {self.type(shape)}")

    def generic(self, loops, reductions, maps, inputs, init, shape, body):
        dims = ", ".join(loops)
        maps = ", ".join(f"affine_map<({dims}) -> ({', '.join(m)})>" for m in maps)
        iterators = ", ".join('"reduction"' if l in reductions else '"parallel"' for l in loops)
        values = ", ".join(v for v, _ in inputs)
        types = ", ".join(self.type(s) for _, s in inputs)
        args = ", ".join([f"%a{i}: f32" for i in range(len(inputs))] + ["%o: f32"])
        steps = "\n".join("    " + step for step in body)
        return self.emit(f"linalg.generic {{indexing_maps = [{maps}], iterator_types = [{iterators}]}} ins({values} : {types}) "
                         f"outs({init} : {self.type(shape)}) {{\n  ^bb0({args}):\n{steps}\n    linalg.yield %r : f32\n  }} -> {self.type(shape)}")

    def elementwise(self, value, shape, body, *others):
        """`body` over value (%a0) and others, each a (value, shape, map) triple."""
        loops = [f"d{i}" for i in range(len(shape))]
        empty = self.emit(f"tensor.empty() : {self.type(shape)}")
        maps = [loops] + [m for _, _, m in others] + [loops]
        return self.generic(loops, [], maps, [(value, shape)] + [(v, s) for v, s, _ in others], empty, shape, body)

    def pad(self, value, shape, amount):
        zero = self.emit("arith.constant 0.0 : f32")
        new = shape[:2] + [d + 2 * amount for d in shape[2:]]
        value = self.emit(f"tensor.pad {value} low[0, 0, {amount}, {amount}] high[0, 0, {amount}, {amount}] {{\n"
                          f"  ^bb0(%i: index, %j: index, %k: index, %l: index):\n    tensor.yield {zero} : f32\n"
                          f"  }} : {self.type(shape)} to {self.type(new)}")
        return value, new

    def convolution(self, value, shape, out, kernel, stride, groups):
        if kernel > 1:
            value, shape = self.pad(value, shape, kernel // 2)
        n, c, h, w = shape
        oh, ow = (h - kernel) // stride + 1, (w - kernel) // stride + 1
        window = [f"oh * {stride} + kh", f"ow * {stride} + kw"]
        product = ["%p = arith.mulf %a0, %a1 : f32", "%r = arith.addf %o, %p : f32"]
        if groups == c == out:
            weights = self.constant([c, kernel, kernel], [-1, 0, 1])
            return self.generic(["n", "c", "oh", "ow", "kh", "kw"], ["kh", "kw"],
                                [["n", "c"] + window, ["c", "kh", "kw"], ["n", "c", "oh", "ow"]],
                                [(value, shape), (weights, [c, kernel, kernel])], self.filled([n, c, oh, ow]), [n, c, oh, ow],
                                product), [n, c, oh, ow]
        if groups == 1:
            weights = self.constant([out, c, kernel, kernel], [-1, 0, 1])
            return self.generic(["n", "oc", "oh", "ow", "ic", "kh", "kw"], ["ic", "kh", "kw"],
                                [["n", "ic"] + window, ["oc", "ic", "kh", "kw"], ["n", "oc", "oh", "ow"]],
                                [(value, shape), (weights, [out, c, kernel, kernel])], self.filled([n, out, oh, ow]),
                                [n, out, oh, ow], product), [n, out, oh, ow]
        split = [n, groups, c // groups, h, w]
        value = self.emit(f"tensor.expand_shape {value} [[0], [1, 2], [3], [4]] output_shape {split} : {self.type(shape)} into {self.type(split)}")
        wshape = [groups, out // groups, c // groups, kernel, kernel]
        weights = self.constant(wshape, [-1, 0, 1])
        result = [n, groups, out // groups, oh, ow]
        value = self.generic(["n", "g", "oc", "oh", "ow", "ic", "kh", "kw"], ["ic", "kh", "kw"],
                             [["n", "g", "ic"] + window, ["g", "oc", "ic", "kh", "kw"], ["n", "g", "oc", "oh", "ow"]],
                             [(value, split), (weights, wshape)], self.filled(result), result, product)
        merged = [n, out, oh, ow]
        return self.emit(f"tensor.collapse_shape {value} [[0], [1, 2], [3], [4]] : {self.type(result)} into {self.type(merged)}"), merged

    def batch_norm(self, value, shape):
        a = self.constant([shape[1]], [0.5, 1, 2, -1])
        b = self.constant([shape[1]], [-1, 0, 0.5])
        body = ["%p = arith.mulf %a0, %a1 : f32", "%r = arith.addf %p, %a2 : f32"]
        return self.elementwise(value, shape, body, (a, [shape[1]], ["d1"]), (b, [shape[1]], ["d1"]))

    def activation(self, value, shape):
        kind = self.rng.randrange(4)
        zero = self.emit("arith.constant 0.0 : f32")
        if kind == 0:
            return self.elementwise(value, shape, [f"%r = arith.maximumf {zero}, %a0 : f32"])
        if kind == 1:
            return self.elementwise(value, shape, [f"%c = arith.cmpf olt, %a0, {zero} : f32", f"%r = arith.select %c, {zero}, %a0 : f32"])
        bound = self.emit(f"arith.constant {'4.0' if kind == 2 else '0.25'} : f32")
        if kind == 2:
            return self.elementwise(value, shape, [f"%m = arith.minimumf {bound}, %a0 : f32", f"%r = arith.maximumf %m, {zero} : f32"])
        return self.elementwise(value, shape, [f"%p = arith.mulf {bound}, %a0 : f32", "%r = arith.maximumf %p, %a0 : f32"])

    def pooling(self, value, shape):
        n, c, h, w = shape
        new = [n, c, h // 2, w // 2]
        window = self.emit("tensor.empty() : tensor<2x2xf32>")
        if self.rng.randrange(2):
            init, body = self.filled(new, "-1.0e30"), ["%r = arith.maximumf %o, %a0 : f32"]
        else:
            init, body = self.filled(new), ["%r = arith.addf %o, %a0 : f32"]
        return self.generic(["n", "c", "oh", "ow", "kh", "kw"], ["kh", "kw"],
                            [["n", "c", "oh * 2 + kh", "ow * 2 + kw"], ["kh", "kw"], ["n", "c", "oh", "ow"]],
                            [(value, shape), (window, [2, 2])], init, new, body), new

    def halve_channels(self, value, shape):
        """A slice along channels, concatenated with itself behind a relu: values keep their count."""
        n, c, h, w = shape
        half = [n, c // 2, h, w]
        parts = [self.emit(f"tensor.extract_slice {value}[0, {o}, 0, 0] [{n}, {c // 2}, {h}, {w}] [1, 1, 1, 1] : "
                           f"{self.type(shape)} to {self.type(half)}") for o in (c // 2, 0)]
        parts[0] = self.activation(parts[0], half)
        return self.emit(f"tensor.concat dim(1) {parts[0]}, {parts[1]} : ({self.type(half)}, {self.type(half)}) -> {self.type(shape)}")

    def write(self):
        rng = self.rng
        shape = [1, rng.choice([1, 2, 4]), 8, 8]
        source = shape
        value = "%image"
        for _ in range(3):
            out = rng.choice([4, 8])
            groups = rng.choice([1, 1, 2, shape[1]]) if shape[1] > 1 else 1
            if groups == shape[1]:
                out = shape[1]
            kernel, stride = rng.choice([1, 3]), rng.choice([1, 1, 2])
            if shape[2] < 4:
                stride = 1
            skip, skip_shape = value, shape
            value, shape = self.convolution(value, shape, out, kernel, stride, groups)
            if rng.randrange(4):
                value = self.batch_norm(value, shape)
            if skip_shape == shape and rng.randrange(2):
                value = self.elementwise(value, shape, ["%r = arith.addf %a0, %a1 : f32"], (skip, shape, ["d0", "d1", "d2", "d3"]))
            value = self.activation(value, shape)
            extra = rng.randrange(4)
            if extra == 0 and shape[2] >= 4:
                value, shape = self.pooling(value, shape)
            elif extra == 1 and shape[1] % 2 == 0:
                value = self.halve_channels(value, shape)
        n, c, h, w = shape
        if rng.randrange(2):
            result = [n, c]
            value = self.generic(["n", "c", "h", "w"], ["h", "w"], [["n", "c", "h", "w"], ["n", "c"]], [(value, shape)],
                                 self.filled(result), result, ["%r = arith.addf %o, %a0 : f32"])
        else:
            result = [n, c * h * w]
            value = self.emit(f"tensor.collapse_shape {value} [[0], [1, 2, 3]] : {self.type(shape)} into {self.type(result)}")
        outputs = 3
        weights = self.constant([result[1], outputs], [-1, 0, 1])
        final = [n, outputs]
        value = self.generic(["m", "n", "k"], ["k"], [["m", "k"], ["k", "n"], ["m", "n"]], [(value, result), (weights, [result[1], outputs])],
                             self.filled(final), final, ["%p = arith.mulf %a0, %a1 : f32", "%r = arith.addf %o, %p : f32"])
        bias = self.constant([outputs], [1, 2, -3])
        value = self.elementwise(value, final, ["%r = arith.addf %a0, %a1 : f32"], (bias, [outputs], ["d1"]))
        body = "\n".join(self.lines)
        print(f"""func.func @model(%image: {self.type(source)}) -> {self.type(final)} {{
{body}
  return {value} : {self.type(final)}
}}
func.func private @printMemrefF32(tensor<*xf32>)
func.func @main() {{
  %empty = tensor.empty() : {self.type(source)}
  %image = linalg.generic {{indexing_maps = [affine_map<(n, c, h, w) -> (n, c, h, w)>],
                           iterator_types = ["parallel", "parallel", "parallel", "parallel"]}} outs(%empty : {self.type(source)}) {{
  ^bb0(%o: f32):
    %c = linalg.index 1 : index
    %h = linalg.index 2 : index
    %w = linalg.index 3 : index
    %three = arith.constant 3 : index
    %five = arith.constant 5 : index
    %ch = arith.muli %c, %three : index
    %hw = arith.muli %h, %w : index
    %s = arith.addi %ch, %hw : index
    %t = arith.addi %s, %w : index
    %m = arith.remui %t, %five : index
    %i = arith.index_cast %m : index to i32
    %f = arith.sitofp %i : i32 to f32
    %two = arith.constant 2.0 : f32
    %v = arith.subf %f, %two : f32
    linalg.yield %v : f32
  }} -> {self.type(source)}
  %y = func.call @model(%image) : ({self.type(source)}) -> {self.type(final)}
  %u = tensor.cast %y : {self.type(final)} to tensor<*xf32>
  func.call @printMemrefF32(%u) : (tensor<*xf32>) -> ()
  return
}}""")


Module(int(sys.argv[1])).write()
