"""The layers that the benchmark measures, and odd ones like them, must give a scalar reference's bits on every CPU path and on 1, 2 and 3 threads.

usage: benchmark_shapes.py [--all] [--docs FILE]

The reference sums in f64, where these sums are exact, one tap of a window after the other. With --all, every distinct layer of every case is
run as it is and with odd sizes; without, one odd layer of each kind, made smaller, for the test suite.
--docs puts the result between the marks `<!-- verified -->` and `<!-- end verified -->` of a document. Prints
`C contractions, P paths, 1, 2, 3 threads, D different`.
"""
import argparse
import os
import sys
import tempfile

import numpy as np
import onnx

import random_contractions

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "benchmark"))
import models  # noqa: E402

THREADS = (1, 2, 3)


class Layer(random_contractions.Contraction):
    """A layer of u8 by i8 with random data, requantized, or with a residual where its number is a multiple of 3."""

    def __init__(self, number):
        self.rng, self.number, self.loops, self.kinds, self.float = np.random.default_rng(number), number, [], [], False
        self.constant, self.found = True, None

    def fill(self):
        self.make_data()
        rng, depth = self.rng, np.prod([e for e, kind in zip(self.loops, self.kinds) if kind == "reduction"])
        self.a_data = rng.integers(0, 256, self.a_data.shape).astype(np.uint8)
        self.b_data = rng.integers(-128, 128, self.b_data.shape).astype(np.int8)
        self.za = self.zb = 0
        self.multiplier = (rng.uniform(0.2, 1, self.multiplier.shape) / (np.sqrt(depth) * 147 * 74 / 60)).astype(np.float32)
        self.epilogue = "residual" if self.number % 3 == 0 else "requantize"

    def reference(self):
        if self.found is None:
            self.found = super().reference()
        return self.found


class Convolution(Layer):
    def __init__(self, number, size, cin, cout, kernel, stride=1, groups=1, dilation=1):
        super().__init__(number)
        pad, reach = dilation * (kernel // 2), dilation * (kernel - 1) + 1
        out = (size + 2 * pad - reach) // stride + 1
        n, o = self.loop(1), [self.loop(out), self.loop(out)]
        self.shared = groups == cin == cout
        g = [self.loop(groups)] if groups > 1 and not self.shared else []
        c = self.loop(cout // groups if g else cout)
        k = [self.loop(kernel, "reduction"), self.loop(kernel, "reduction")]
        inner = [] if self.shared else [self.loop(cin // groups, "reduction")]
        self.a = [{n: 1}] + [{o[i]: stride, k[i]: dilation} for i in range(2)] + [{x: 1} for x in g + (inner or [c])]
        self.b = g + [c] + k + inner
        self.out = [n] + o + g + [c]
        self.window = kernel, stride, dilation, out
        self.fill()
        if pad:
            self.pad_value = 7
            end = self.a_data.shape[1] - size - pad
            self.pads = [(0, 0), (pad, max(end, 0)), (pad, max(end, 0))] + [(0, 0)] * (self.a_data.ndim - 3)
            inside = np.full_like(self.a_data, 7)
            middle = tuple(slice(low, -high or None) for low, high in self.pads)
            inside[middle] = self.a_data[middle]
            self.a_data = inside

    def sums(self):
        kernel, stride, dilation, out = self.window
        a, b, total = self.a_data.astype(np.float64), self.b_data.astype(np.float64), 0
        for y in range(kernel):
            for x in range(kernel):
                rows, columns = (slice(t * dilation, t * dilation + (out - 1) * stride + 1, stride) for t in (y, x))
                taps, weights = a[:, rows, columns], b[..., y, x, :] if not self.shared else b[:, y, x]
                if self.shared:
                    total = total + taps * weights
                else:
                    total = total + np.matmul(taps[..., None, :], np.swapaxes(weights, -1, -2))[..., 0, :] if taps.ndim > 4 else \
                        total + taps @ weights.T
        return total.astype(np.int64)


class Product(Layer):
    """Rows by channels; of `batch` pairs of activations, or by a constant weight."""

    def __init__(self, number, m, k, n, batch=1):
        super().__init__(number)
        h = [self.loop(batch)] if batch > 1 else []
        i, j, r = self.loop(m), self.loop(n), self.loop(k, "reduction")
        self.a, self.b, self.out = [{x: 1} for x in h + [i, r]], h + [j, r], h + [i, j]
        self.constant = not h
        self.fill()

    def sums(self):
        return np.matmul(self.a_data.astype(np.float64), np.swapaxes(self.b_data.astype(np.float64), -1, -2)).astype(np.int64)


def layers_of(model):
    """(class, arguments) of each contraction of an ONNX model."""
    model = onnx.shape_inference.infer_shapes(model)
    shape = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in [*model.graph.value_info, *model.graph.input, *model.graph.output]}
    shape.update((w.name, list(w.dims)) for w in model.graph.initializer)
    for node in model.graph.node:
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Conv":
            (_, cin, size, _), (cout, _, kernel, _) = shape[node.input[0]], shape[node.input[1]]
            yield Convolution, (size, cin, cout, kernel, attributes["strides"][0], attributes["group"])
        elif node.op_type in ("MatMul", "Gemm"):
            left, right = shape[node.input[0]], shape[node.output[0]]
            batch = int(np.prod(right[:-2])) if len(shape[node.input[1]]) > 2 else 1
            rows = int(np.prod(right[:-1])) // batch
            yield Product, (rows, left[-1], right[-1], batch)


def shrink(kind, arguments):
    """The same kind of layer with little work, its parities kept."""
    small = lambda x, most: x if x <= most else most - (most - x) % 2
    if kind is Product:
        m, k, n, batch = arguments
        return kind, (small(m, 16), small(k, 256), small(n, 96), min(batch, 2))
    size, cin, cout, kernel, stride, groups = arguments
    if groups > 1:
        return kind, (small(size, 14), small(cin, 128), small(cin, 128), kernel, stride, small(cin, 128))
    return kind, (small(size, 14), small(cin, 72), small(cout, 144), kernel, stride, 1)


def make_odd(kind, arguments):
    """The same kind of layer where nothing divides: sums no multiple of 4, channels and sizes odd."""
    if kind is Product:
        m, k, n, batch = arguments
        return kind, ({1: 3, 128: 17}.get(m, m + 1), k - 1 - k % 2, n + 1 - n % 2 + 2, batch)
    size, cin, cout, kernel, stride, groups = arguments
    if groups > 1:
        return kind, (size + 1 - size % 2, cin + 1 - cin % 2, cin + 1 - cin % 2, kernel, stride, cin + 1 - cin % 2)
    return kind, (size + 1 - size % 2, cin - 1 + cin % 2, cout + 1 - cout % 2 + 2, kernel, stride, 1)


# Groups, strides, dilations, few rows; the first six for the test suite.
ODD = [(Convolution, (15, 24, 24, 3, 2, 4)), (Convolution, (17, 5, 19, 3, 1, 1, 2)), (Convolution, (19, 9, 7, 5, 3)),
       (Convolution, (9, 65, 65, 5, 2, 65)), (Product, (1, 1023, 37)), (Product, (5, 31, 47, 3)), (Convolution, (13, 15, 21, 3, 1, 3)),
       (Convolution, (11, 33, 33, 3, 1, 33, 2)), (Product, (3, 97, 65)), (Product, (17, 13, 5)), (Product, (1, 7, 1)), (Product, (1, 4, 17))]


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--docs")
    options = parser.parse_args()
    # Shapes alone are asked for.
    models.Builder.normal = lambda self, *shape, scale: self.constant(np.zeros(shape, np.float32))
    wanted = []
    for make in [*models.LAYERS.values(), *(models.NETWORKS.values() if options.all else ())]:
        wanted += layers_of(make())
    if options.all:
        every = list(dict.fromkeys([*wanted, *(make_odd(*each) for each in wanted), *ODD]))
    else:
        kinds = {(kind, arguments[3:5] if kind is Convolution else arguments[0]): (kind, arguments) for kind, arguments in wanted}
        every = [make_odd(*shrink(*each)) for each in kinds.values()] + ODD[:6]
    contractions, paths, different = 0, 0, 0
    for begin in range(0, len(every), 12):
        cases = [kind(begin + i, *arguments) for i, (kind, arguments) in enumerate(every[begin:begin + 12])]
        with tempfile.TemporaryDirectory() as folder:
            count, paths, wrong = random_contractions.run_cases("shapes", cases, folder, threads=THREADS)
        contractions, different = contractions + count, different + wrong
        if options.all:
            print("%d of %d, %d different" % (contractions, len(every), different), flush=True)
    result = "%d contractions, %d paths, 1, 2, 3 threads, %d different" % (contractions, paths, different)
    print(result)
    if options.docs:
        with open(options.docs) as file:
            before, rest = file.read().split("<!-- verified -->\n", 1)
        after = rest.split("<!-- end verified -->", 1)[1]
        with open(options.docs, "w") as file:
            file.write(before + "<!-- verified -->\n`scripts/benchmark --verify`: " + result + ".\n<!-- end verified -->" + after)
    return 1 if different or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
