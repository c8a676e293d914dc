"""Measures what lies between contractions beside ONNX Runtime: models of one operation on bytes or floats, on one thread.

usage: between.py --bin=FOLDER --work=FOLDER [--cases=PATTERN,...] [--rounds=15] [--block=0.01] [--docs=FILE]

Arrays of ours are channels last. ONNX Runtime gets the same model, and one whose arrays are channels first; the faster one counts. Writes
between.json and between.md into the work folder; --docs puts the table between the marks `<!-- between -->` and `<!-- end between -->`.
"""
import argparse
import fnmatch
import json
import os
import sys

os.environ["KMP_BLOCKTIME"] = "1"

import numpy as np  # noqa: E402
import onnx  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

import contenders  # noqa: E402
import measure  # noqa: E402
import report  # noqa: E402

BYTES, FLOATS = TensorProto.UINT8, TensorProto.FLOAT
COPY_RATE = 83e9  # bytes a second that a copy within the second cache moves; what the limits are stated by


class Builder:
    """One operation: arrays come as (name, type, shape with channels last) and are seen channels first inside."""

    def __init__(self, channels_first):
        self.channels_first, self.random = channels_first, np.random.default_rng(1)
        self.nodes, self.weights, self.inputs, self.outputs, self.feeds, self.moved = [], [], [], [], {}, 0

    def constant(self, array):
        self.weights.append(numpy_helper.from_array(np.asarray(array), "w%d" % len(self.weights)))
        return self.weights[-1].name

    def add(self, kind, *inputs, **attributes):
        name = attributes.pop("result", "%s_%d" % (kind.lower(), len(self.nodes)))
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def _arrange(self, array):
        return np.ascontiguousarray(array.transpose(0, 3, 1, 2)) if self.channels_first and array.ndim == 4 else array

    def declare(self, name, kind, values):
        self.feeds[name] = contenders.aligned(self._arrange(values))
        self.inputs.append(helper.make_tensor_value_info(name, kind, self.feeds[name].shape))
        self.moved += values.nbytes
        return name

    def _turn(self, x, perm, rank):
        return x if self.channels_first or rank != 4 else self.add("Transpose", x, perm=perm)

    def grid(self, scale, zero):
        return self.constant(np.float32(scale)), self.constant(np.uint8(zero))

    def read_bytes(self, name, shape, scale=0.0213712, zero=120):
        self.declare(name, BYTES, self.random.integers(0, 256, shape).astype(np.uint8))
        return self._turn(self.add("DequantizeLinear", name, *self.grid(scale, zero)), [0, 3, 1, 2], len(shape))

    def read_floats(self, name, shape):
        return self.declare(name, FLOATS, self.random.standard_normal(shape, np.float32))

    def requantize(self, x, scale=0.0213712, zero=120):
        grid = self.grid(scale, zero)
        return self.add("DequantizeLinear", self.add("QuantizeLinear", x, *grid), *grid)

    def _finish(self, shape, kind, size):
        shape = self._arrange(np.empty(shape, np.uint8)).shape
        self.outputs.append(helper.make_tensor_value_info("y", kind, shape))
        self.moved += int(np.prod(shape)) * size

    def write_bytes(self, x, shape, scale=0.0213712, zero=120):
        x = self._turn(x, [0, 2, 3, 1], len(shape))
        self.add("QuantizeLinear", x, *self.grid(scale, zero), result="y")
        self._finish(shape, BYTES, 1)

    def write_floats(self, kind, *inputs, shape, **attributes):
        self.add(kind, *inputs, result="y", **attributes)
        self._finish(shape, FLOATS, 4)

    def model(self):
        graph = helper.make_graph(self.nodes, "between", self.inputs, self.outputs, self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        return model


def one(kind, shape, result, scale=0.0213712, zero=120, **attributes):
    """bytes -> kind -> bytes"""
    return lambda b: b.write_bytes(b.add(kind, b.read_bytes("x", shape), **attributes), result, scale, zero)


def two(kind, first, second, after=None):
    def build(b):
        y = b.add(kind, b.read_bytes("a", first), b.read_bytes("b", second, 0.0171934, 100))
        b.write_bytes(b.add(after, y) if after else y, first, 0.0297311, 97)

    return build


def concat(b):
    parts = b.read_bytes("a", [1, 28, 28, 64]), b.requantize(b.read_bytes("b", [1, 28, 28, 64], 0.0171934, 100))
    b.write_bytes(b.add("Concat", *parts, axis=1), [1, 28, 28, 128])


def resize(mode, **attributes):
    def build(b):
        scales = b.constant(np.array([1, 1, 2, 2], np.float32))
        y = b.add("Resize", b.read_bytes("x", [1, 28, 28, 64]), "", scales, mode=mode, **attributes)
        b.write_bytes(y, [1, 56, 56, 64])

    return build


def quantize(b):
    b.write_bytes(b.read_floats("x", [1, 3136, 64]), [1, 3136, 64])


def dequantize(b):
    b.declare("x", BYTES, b.random.integers(0, 256, [1, 3136, 64]).astype(np.uint8))
    b.write_floats("DequantizeLinear", "x", *b.grid(0.0213712, 120), shape=[1, 3136, 64])


def layer_norm(b):
    width = 768
    gain, shift = b.constant(np.ones(width, np.float32)), b.constant(np.zeros(width, np.float32))
    b.write_floats("LayerNormalization", b.read_floats("x", [128, width]), gain, shift, shape=[128, width], axis=-1)


def mean(b):
    b.write_floats("ReduceMean", b.read_floats("x", [128, 768]), shape=[128, 1], axes=[-1], keepdims=1)


def softmax(b):
    b.write_floats("Softmax", b.read_floats("x", [12, 128, 128]), shape=[12, 128, 128], axis=-1)


def pool(kind, kernel, stride, pads, **attributes):
    return dict(kind=kind, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pads] * 4, **attributes)


CASES = {
    "sigmoid, 56 x 56 x 64": one("Sigmoid", [1, 56, 56, 64], [1, 56, 56, 64], 1 / 256, 0),
    "requantization, 56 x 56 x 64": one("Relu", [1, 56, 56, 64], [1, 56, 56, 64], 0.0131931, 0),
    "concat of two 28 x 28 x 64, one requantized": concat,
    "global average pool, 7 x 7 x 1280": one("GlobalAveragePool", [1, 7, 7, 1280], [1, 1, 1, 1280]),
    "global average pool, 56 x 56 x 96": one("GlobalAveragePool", [1, 56, 56, 96], [1, 1, 1, 96]),
    "max pool 2 x 2, 56 x 56 x 64": one(shape=[1, 56, 56, 64], result=[1, 28, 28, 64], **pool("MaxPool", 2, 2, 0)),
    "max pool 3 x 3, stride 2, 112 x 112 x 64":
        one(shape=[1, 112, 112, 64], result=[1, 56, 56, 64], **pool("MaxPool", 3, 2, 1)),
    "average pool 2 x 2, 56 x 56 x 64": one(shape=[1, 56, 56, 64], result=[1, 28, 28, 64], **pool("AveragePool", 2, 2, 0)),
    "average pool 3 x 3, 28 x 28 x 128":
        one(shape=[1, 28, 28, 128], result=[1, 28, 28, 128], **pool("AveragePool", 3, 1, 1, count_include_pad=1)),
    "addition, 56 x 56 x 64": two("Add", [1, 56, 56, 64], [1, 56, 56, 64]),
    "addition and ReLU, 14 x 14 x 256": two("Add", [1, 14, 14, 256], [1, 14, 14, 256], "Relu"),
    "product with one value a channel, 28 x 28 x 96": two("Mul", [1, 28, 28, 96], [1, 1, 1, 96]),
    "resize to twice the size, nearest, 28 x 28 x 64":
        resize("nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
    "resize to twice the size, linear, 28 x 28 x 64": resize("linear", coordinate_transformation_mode="half_pixel"),
    "quantize, 56 x 56 x 64": quantize,
    "dequantize, 56 x 56 x 64": dequantize,
    "f32: layer normalization, 128 x 768": layer_norm,
    "f32: mean, 128 x 768": mean,
    "f32: softmax, 12 x 128 x 128": softmax,
}


def make_model(case, channels_first, path):
    builder = Builder(channels_first)
    CASES[case](builder)
    onnx.save(builder.model(), path)
    return builder


def compare(case, ours, theirs):
    """Bytes may differ by a step where the other fuses operations to one with a rule of its own."""
    if ours.dtype == np.uint8:
        worst = np.abs(ours.astype(int) - theirs.astype(int)).max()
        if worst > 1:
            raise RuntimeError("%s is wrong: %d steps from ONNX Runtime" % (case, worst))
    elif measure.sqnr(theirs, ours) < 90:
        raise RuntimeError("%s is wrong: %.1f dB from ONNX Runtime" % (case, measure.sqnr(theirs, ours)))


def measure_case(case, options):
    stem = os.path.join(options.work, "".join(c if c.isalnum() else "_" for c in case))
    last = make_model(case, False, stem + "_last.onnx")
    first = make_model(case, True, stem + "_first.onnx")
    contenders.compile_ours(os.path.join(options.bin, "quant-compile"), stem + "_last.onnx", stem + ".so")
    ours = contenders.Ours("ours", stem + ".so", last.feeds, 1)
    theirs = [contenders.OnnxRuntime("channels last", stem + "_last.onnx", last.feeds, 1),
              contenders.OnnxRuntime("channels first", stem + "_first.onnx", first.feeds, 1)]
    ours.run()
    compare(case, ours.output, theirs[0].output)
    times = measure.interleave([ours, *theirs], options.rounds, options.block)
    fastest = np.minimum(times["channels last"], times["channels first"])
    return {"case": case, "us": measure.spread(times["ours"] * 1e6), "peer_us": measure.spread(fastest * 1e6),
            "over": measure.spread(fastest / times["ours"]), "limit_us": last.moved / COPY_RATE * 1e6}


def table(rows):
    number = lambda value: "%.0f" % value if value >= 99.5 else "%.1f" % value
    return report.table(["operation", "ours, us", "ONNX Runtime, us", "over ONNX Runtime", "limit, us"],
                        [[row["case"], number(row["us"]["median"]), number(row["peer_us"]["median"]), report.ratio(row["over"]),
                          number(row["limit_us"])] for row in rows]) + "\n"


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--cases", default="*")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--block", type=float, default=0.01)
    parser.add_argument("--docs")
    options = parser.parse_args()
    chosen = [case for case in CASES if any(fnmatch.fnmatch(case, pattern) for pattern in options.cases.split(","))]
    if not chosen:
        sys.exit("no case matches %s; cases: %s" % (options.cases, "; ".join(CASES)))
    os.makedirs(options.work, exist_ok=True)
    rows = []
    for case in chosen:
        rows.append(measure_case(case, options))
        print("%s: %.1f us, ONNX Runtime %.1f, limit %.1f" % (case, rows[-1]["us"]["median"], rows[-1]["peer_us"]["median"],
                                                               rows[-1]["limit_us"]), flush=True)
    with open(os.path.join(options.work, "between.json"), "w") as file:
        json.dump(rows, file, indent=1)
    text = table(rows)
    with open(os.path.join(options.work, "between.md"), "w") as file:
        file.write(text)
    if options.docs:
        report.replace(options.docs, "between", text)


if __name__ == "__main__":
    main()
