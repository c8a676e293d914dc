"""Random quantized ONNX graphs, compiled and run by this project, must give ONNX Runtime's bytes.

usage: random_quantized_graphs.py [--exceptions] [--count N] [--seed S] [--jobs J] [--keep DIR]

Each graph is made from its own seed, so a failure is repeated with `--seed S --count 1`. Kinds: QLinearConv in one to three
dimensions, QLinearMatMul, their Q/DQ forms with activations, ConvInteger and MatMulInteger, and small networks of Q/DQ layers with
pooling and data movement, float operators between Q/DQ. Prints one line per differing graph and ends with the counts.
"""
import argparse
import concurrent.futures
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

TYPES = {np.dtype(np.uint8): TensorProto.UINT8, np.dtype(np.int8): TensorProto.INT8,
         np.dtype(np.int32): TensorProto.INT32, np.dtype(np.float32): TensorProto.FLOAT}


class Graph:
    """A graph under construction: nodes, initializers, inputs with data."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.nodes, self.initializers, self.inputs, self.feeds, self.counter = [], [], [], {}, 0

    def name(self, stem):
        self.counter += 1
        return "%s_%d" % (stem, self.counter)

    def constant(self, array, stem="c"):
        array = np.asarray(array)
        name = self.name(stem)
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def input(self, shape, dtype):
        name = self.name("x")
        info = np.iinfo(dtype)
        self.feeds[name] = self.rng.integers(info.min, info.max + 1, shape).astype(dtype)
        self.inputs.append(helper.make_tensor_value_info(name, TYPES[np.dtype(dtype)], shape))
        return name

    def node(self, op, inputs, **attributes):
        name = self.name(op.lower())
        self.nodes.append(helper.make_node(op, inputs, [name], name="n_" + name, **attributes))
        return name

    def scale(self, low=-9.0, high=-1.0, shape=()):
        base = self.rng.uniform(low, high)
        return np.exp2(base + self.rng.uniform(-1, 1, shape)).astype(np.float32)

    def zero_point(self, dtype):
        info = np.iinfo(dtype)
        middle = (info.min + info.max + 1) // 2
        if self.rng.random() < 0.7:  # where most values stay within the range
            return np.asarray(middle + self.rng.integers(-20, 21), dtype)
        return np.asarray(self.rng.choice([0, info.min, info.max, self.rng.integers(info.min, info.max + 1)]), dtype)

    def pick(self, *choices):
        return choices[self.rng.integers(len(choices))]

    def model(self, outputs, opset=13):
        graph = helper.make_graph(self.nodes, "random", self.inputs, outputs, self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
        model.ir_version = 8
        return model


def spread(input_scale, weight_scale, reduction):
    """An output scale that spreads the accumulators of `reduction` random products over about 8 bits."""
    return np.float32(float(input_scale) * float(np.mean(weight_scale)) * np.sqrt(reduction) * 74 * 74 / 60)


def conv_shape(g, most=24):
    rank = g.pick(1, 2, 2, 2, 3)
    groups = g.pick(1, 1, 1, 2, 4, "depthwise")
    if groups == "depthwise":
        groups = int(g.rng.integers(2, most))
        per_in, per_out = 1, g.pick(1, 1, 2)
    else:
        per_in, per_out = int(g.rng.integers(1, most)), int(g.rng.integers(1, most))
    kernel = [int(g.rng.integers(1, 5)) for _ in range(rank)]
    strides = [int(g.rng.integers(1, 3)) for _ in range(rank)]
    dilations = [int(g.pick(1, 1, 2)) for _ in range(rank)]
    pads = [int(g.rng.integers(0, 3)) for _ in range(2 * rank)]
    extent = [max(1, (k - 1) * d + 1 - pads[i] - pads[i + rank]) for i, (k, d) in enumerate(zip(kernel, dilations))]
    size = [e + int(g.rng.integers(0, 14 if rank < 3 else 6)) for e in extent]
    attributes = dict(kernel_shape=kernel, strides=strides, dilations=dilations, group=groups)
    if g.rng.random() < 0.25:
        attributes["auto_pad"] = g.pick("SAME_UPPER", "SAME_LOWER", "VALID")
        if attributes["auto_pad"] == "VALID":
            size = [max(s, (k - 1) * d + 1) for s, k, d in zip(size, kernel, dilations)]
        else:
            attributes["dilations"] = [1] * rank
    else:
        attributes["pads"] = pads
    data = [int(g.pick(1, 1, 2)), groups * per_in] + size
    weights = [groups * per_out, per_in] + kernel
    return data, weights, attributes


def weights_of(g, shape, dtype):
    info = np.iinfo(dtype)
    return g.rng.integers(info.min, info.max + 1, shape).astype(dtype)


def output(name, dtype):
    return helper.make_tensor_value_info(name, TYPES[np.dtype(dtype)], None)


def qlinear_conv(g):
    data, wshape, attributes = conv_shape(g)
    dtype = g.pick(np.uint8, np.uint8, np.int8)
    wtype = np.int8 if dtype == np.int8 else g.pick(np.int8, np.int8, np.uint8)
    channels = wshape[0]
    per_channel = wtype == np.int8 and g.rng.random() < 0.6
    xs, ws = g.scale(), g.scale(shape=(channels,) if per_channel else ())
    wz = np.zeros(channels, wtype) if per_channel else np.asarray(0, wtype) if wtype == np.int8 else g.zero_point(wtype)
    ys = spread(xs, ws, np.prod(wshape[1:]))
    inputs = [g.input(data, dtype), g.constant(xs), g.constant(g.zero_point(dtype)), g.constant(weights_of(g, wshape, wtype), "w"),
              g.constant(ws), g.constant(wz), g.constant(ys), g.constant(g.zero_point(dtype))]
    if g.rng.random() < 0.6:
        inputs.append(g.constant(g.rng.integers(-20000, 20000, channels).astype(np.int32), "b"))
    return [output(g.node("QLinearConv", inputs, **attributes), dtype)]


def matmul_shapes(g):
    m, n, k = (int(g.pick(1, g.rng.integers(1, 8), g.rng.integers(1, 70), g.rng.integers(1, 130))) for _ in range(3))
    k = int(g.pick(k, k, 4 * k, g.rng.integers(200, 900)))
    batch = g.pick([], [], [2], [2, 3])
    return batch + [m, k], (batch if g.rng.random() < 0.3 else []) + [k, n]


def qlinear_matmul(g):
    a, b = matmul_shapes(g)
    dtype = g.pick(np.uint8, np.uint8, np.int8)
    wtype = np.int8 if dtype == np.int8 else g.pick(np.int8, np.uint8)
    per_column = len(b) == 2 and wtype == np.int8 and g.rng.random() < 0.5
    xs, ws = g.scale(), g.scale(shape=(b[-1],) if per_column else ())
    wz = np.zeros(b[-1], wtype) if per_column else g.zero_point(wtype)
    right = g.constant(weights_of(g, b, wtype), "w") if per_column or g.rng.random() < 0.7 else g.input(b, wtype)
    inputs = [g.input(a, dtype), g.constant(xs), g.constant(g.zero_point(dtype)), right, g.constant(ws), g.constant(wz),
              g.constant(spread(xs, ws, a[-1])), g.constant(g.zero_point(dtype))]
    return [output(g.node("QLinearMatMul", inputs), dtype)]


def integer(g):
    if g.rng.random() < 0.5:
        a, b = matmul_shapes(g)
        dtype, wtype = np.uint8, g.pick(np.int8, np.uint8)
        inputs = [g.input(a, dtype), g.constant(weights_of(g, b, wtype), "w"), g.constant(g.zero_point(dtype)),
                  g.constant(g.zero_point(wtype))]
        return [output(g.node("MatMulInteger", inputs), np.int32)]
    data, wshape, attributes = conv_shape(g)
    inputs = [g.input(data, np.uint8), g.constant(weights_of(g, wshape, np.uint8), "w"), g.constant(g.zero_point(np.uint8)),
              g.constant(g.zero_point(np.uint8))]
    return [output(g.node("ConvInteger", inputs, **attributes), np.int32)]


class Quantized:
    """A quantized edge of a Q/DQ network: the name of the 8-bit tensor, its parameters' names and values, its shape."""

    def __init__(self, name, scale, scale_name, zero_name, shape):
        self.name, self.scale, self.scale_name, self.zero_name, self.shape = name, scale, scale_name, zero_name, shape


def edge(g, shape, dtype):
    scale = g.scale()
    return Quantized(g.input(shape, dtype), scale, g.constant(scale), g.constant(g.zero_point(dtype)), shape)


def dequantize(g, q):
    return g.node("DequantizeLinear", [q.name, q.scale_name, q.zero_name])


def quantize(g, name, scale, dtype, shape, zero_point=None):
    zero_point = g.zero_point(dtype) if zero_point is None else zero_point
    scale_name, zero_name = g.constant(np.float32(scale)), g.constant(zero_point)
    return Quantized(g.node("QuantizeLinear", [name, scale_name, zero_name]), np.float32(scale), scale_name, zero_name, shape)


def qdq_weights(g, shape, axis):
    """Dequantized int8 weights, per channel along `axis` or per tensor; returns name and scales."""
    per_channel = g.rng.random() < 0.6
    scale = g.scale(shape=(shape[axis],) if per_channel else ())
    zero = np.zeros(scale.shape, np.int8)
    inputs = [g.constant(weights_of(g, shape, np.int8), "w"), g.constant(scale), g.constant(zero)]
    return g.node("DequantizeLinear", inputs, **(dict(axis=axis) if per_channel else {})), scale


def qdq_bias(g, channels, input_scale, weight_scale):
    scale = np.broadcast_to(np.float32(input_scale) * weight_scale.astype(np.float32), (channels,)).astype(np.float32)
    inputs = [g.constant(g.rng.integers(-20000, 20000, channels).astype(np.int32), "b"), g.constant(np.ascontiguousarray(scale)),
              g.constant(np.zeros(channels, np.int32))]
    return g.node("DequantizeLinear", inputs, axis=0)


def activation(g, name):
    kind = g.pick("none", "none", "relu", "clip")
    if kind == "relu":
        return g.node("Relu", [name])
    if kind == "clip":
        return g.node("Clip", [name, g.constant(np.float32(0)), g.constant(np.float32(6))])
    return name


def qdq_conv(g, q, dtype, wshape, attributes, out_shape):
    """A convolution with bias, and a Relu that its output's zero point implies: only then ONNX Runtime runs it in integers."""
    weights, ws = qdq_weights(g, wshape, 0)
    inputs = [dequantize(g, q), weights]
    if g.rng.random() < 0.6:
        inputs.append(qdq_bias(g, wshape[0], q.scale, ws))
    y, zero_point = g.node("Conv", inputs, **attributes), None
    if g.rng.random() < 0.4:
        y, zero_point = g.node("Relu", [y]), np.asarray(np.iinfo(dtype).min, dtype)
    return quantize(g, y, spread(q.scale, ws, np.prod(wshape[1:])), dtype, out_shape, zero_point)


def qdq_layer(g):
    dtype = g.pick(np.uint8, np.uint8, np.int8)
    if g.rng.random() < 0.6:
        data, wshape, attributes = conv_shape(g)
        return [output(qdq_conv(g, edge(g, data, dtype), dtype, wshape, attributes, None).name, dtype)]
    a, b = matmul_shapes(g)
    q = edge(g, a, dtype)
    if len(b) == 2:
        weights, ws = qdq_weights(g, b, 1)
    else:
        other = edge(g, b, np.uint8 if dtype == np.uint8 else np.int8)
        weights, ws = dequantize(g, other), other.scale
    y = g.node("MatMul", [dequantize(g, q), weights])
    return [output(quantize(g, y, spread(q.scale, ws, a[-1]), dtype, None).name, dtype)]


def qdq_network(g):
    """conv, act, [max pool | transpose | reshape | concat], conv, act, flatten, matmul."""
    channels, size = int(g.rng.integers(1, 9)), int(g.rng.integers(6, 15))
    q = edge(g, [1, channels, size, size], np.uint8)
    for _ in range(int(g.rng.integers(1, 4))):
        wide = int(g.rng.integers(1, 40))
        q = qdq_conv(g, q, np.uint8, [wide, q.shape[1], 3, 3], dict(kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
                     [1, wide, q.shape[2], q.shape[3]])
        if q.shape[2] >= 4 and g.rng.random() < 0.5:
            y = g.node("MaxPool", [dequantize(g, q)], kernel_shape=[2, 2], strides=[2, 2])
            shape = q.shape[:2] + [q.shape[2] // 2, q.shape[3] // 2]
            name = g.node("QuantizeLinear", [y, q.scale_name, q.zero_name])
            q = Quantized(name, q.scale, q.scale_name, q.zero_name, shape)
    flat = int(np.prod(q.shape))
    y = g.node("Reshape", [dequantize(g, q), g.constant(np.asarray([1, flat], np.int64))])
    name = g.node("QuantizeLinear", [y, q.scale_name, q.zero_name])
    q = Quantized(name, q.scale, q.scale_name, q.zero_name, [1, flat])
    weights, ws = qdq_weights(g, [flat, int(g.rng.integers(1, 30))], 1)
    y = g.node("MatMul", [dequantize(g, q), weights])
    return [output(quantize(g, y, spread(q.scale, ws, flat), np.uint8, None).name, np.uint8)]


def qdq_elementwise(g):
    """Float operators between dequantize and quantize: by `elementwise_c1`, which is ONNX Runtime without its fusions."""
    dtype = g.pick(np.uint8, np.int8)
    shape = [int(g.rng.integers(1, 4)), int(g.rng.integers(1, 40)), int(g.rng.integers(1, 12)), int(g.rng.integers(1, 12))]
    a, b = edge(g, shape, dtype), edge(g, g.pick(shape, [1, shape[1], 1, 1]), dtype)
    scale = max(a.scale, b.scale)
    kind = g.pick("Add", "Sub", "Mul", "LeakyRelu", "Relu", "Transpose", "Concat", "Slice")
    x = dequantize(g, a)
    if kind in ("Add", "Sub", "Mul"):
        y = g.node(kind, [x, dequantize(g, b)])
        scale = a.scale * b.scale * 64 if kind == "Mul" else scale * 2
        if g.rng.random() < 0.5:
            y = activation(g, y)
    elif kind == "LeakyRelu":
        y = g.node(kind, [x], alpha=float(g.rng.uniform(0.01, 0.5)))
    elif kind == "Transpose":
        y = g.node(kind, [x], perm=[int(d) for d in g.rng.permutation(4)])
    elif kind == "Concat":
        y = g.node(kind, [x, dequantize(g, edge(g, shape, dtype))], axis=int(g.rng.integers(0, 4)))
    elif kind == "Slice":
        y = g.node(kind, [x] + [g.constant(np.asarray(v, np.int64)) for v in ([0], [shape[1] // 2 + 1], [1])])
    else:
        y = g.node(kind, [x])
    return [output(quantize(g, y, scale, dtype, None).name, dtype)]


def qdq_fused_add(g):
    """A residual add, which ONNX Runtime fuses to its own QLinearAdd."""
    shape = [1, int(g.rng.integers(1, 64)), 16, 16]
    a, b = edge(g, shape, np.uint8), edge(g, shape, np.uint8)
    y = g.node("Add", [dequantize(g, a), dequantize(g, b)])
    return [output(quantize(g, y, max(a.scale, b.scale) * 2, np.uint8, None).name, np.uint8)]


def qdq_activation(g):
    """A convolution whose activation the output's zero point does not imply: ONNX Runtime computes it in f32."""
    q = edge(g, [1, int(g.rng.integers(1, 24)), 12, 12], np.uint8)
    weights, ws = qdq_weights(g, [int(g.rng.integers(1, 24)), q.shape[1], 3, 3], 0)
    y = g.node("Conv", [dequantize(g, q), weights], kernel_shape=[3, 3])
    y = g.node("Clip", [y, g.constant(np.float32(-1)), g.constant(np.float32(2))])
    return [output(quantize(g, y, 0.02, np.uint8, None, np.uint8(100)).name, np.uint8)]


def qdq_average(g):
    """Average pools: ONNX Runtime's own quantized ones; here the sum is exact in i32."""
    q = edge(g, [1, int(g.rng.integers(1, 64)), int(g.rng.integers(4, 12)), int(g.rng.integers(4, 12))], np.uint8)
    x = dequantize(g, q)
    if g.rng.random() < 0.5:
        y = g.node("GlobalAveragePool", [x])
    else:
        y = g.node("AveragePool", [x], kernel_shape=[2, 3], strides=[2, 1])
    return [output(quantize(g, y, q.scale, np.uint8, None).name, np.uint8)]


EXACT = [qlinear_conv, qlinear_conv, qlinear_matmul, integer, qdq_layer, qdq_layer, qdq_network, qdq_elementwise]
EXCEPTIONS = [qdq_fused_add, qdq_average, qdq_activation]


def make(seed, kinds):
    g = Graph(seed)
    kind = kinds[seed % len(kinds)]
    return kind, g.model(kind(g)), g.feeds


def run(command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)


def runs_in_float(path):
    """Whether ONNX Runtime, having optimized the model to `path`, still computes one of its layers in f32."""
    return any(node.op_type in ("Conv", "MatMul", "Gemm") for node in onnx.load(path).graph.node)


def check(seed, kinds, keep):
    """Returns (kind, differing values, total values, largest difference, message). Where the oracle itself computes a layer in
    f32, which rounds, a difference of one step does not count."""
    function, model, feeds = make(seed, kinds)
    kind = function.__name__
    options = onnxruntime.SessionOptions()
    if function is qdq_elementwise:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    with tempfile.TemporaryDirectory() as scratch:
        folder = keep or scratch
        path = lambda end: os.path.join(folder, "graph_%d.%s" % (seed, end))
        options.optimized_model_filepath = path("optimized.onnx")
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        names = [o.name for o in session.get_outputs()]
        expected = dict(zip(names, session.run(names, feeds)))
        onnx.save(model, path("onnx"))
        np.savez(path("npz"), **feeds)
        done = run(["quant-compile", path("onnx"), "--target=host", "-o", path("so")])
        if done.returncode == 0:
            done = run(["quant-run", path("so"), "--inputs=" + path("npz"), "--outputs=" + path("out.npz")])
        if done.returncode != 0:
            return kind, -1, 0, 0, "exit code %d: %s" % (done.returncode, done.stdout.strip()[-600:])
        actual = np.load(path("out.npz"))
        differing = total = largest = 0
        for name, want in expected.items():
            got = actual[name]
            if got.shape != want.shape or got.dtype != want.dtype:
                return kind, -1, 0, 0, "%s: expected %s%s, found %s%s" % (name, want.dtype, want.shape, got.dtype, got.shape)
            differing += int((got != want).sum())
            total += want.size
            largest = max(largest, int(np.abs(got.astype(np.int64) - want).max(initial=0)))
        if largest == 1 and kinds is EXACT and function is not qdq_elementwise and runs_in_float(path("optimized.onnx")):
            sys.stderr.write("seed %d, %s: the oracle computes in f32; %d of %d values differ by one step\n"
                             % (seed, kind, differing, total))
            differing = 0
        return kind, differing, total, largest, ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--exceptions", action="store_true", help="the published exceptions: at most one step may differ")
    parser.add_argument("--keep", help="leave models, inputs and outputs in this folder")
    options = parser.parse_args()
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
    kinds = EXCEPTIONS if options.exceptions else EXACT
    wrong = errors = most = values = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        seeds = range(options.seed, options.seed + options.count)
        results = pool.map(lambda seed: check(seed, kinds, options.keep), seeds)
        for seed, (kind, differing, total, largest, message) in zip(seeds, results):
            if differing and (message or not options.exceptions):
                print("seed %d, %s: %s" % (seed, kind, message or "%d of %d values differ" % (differing, total)))
            errors += differing < 0
            wrong += max(differing, 0)
            values += total
            most = max(most, largest)
    if options.exceptions:
        sys.stderr.write("%d of %d values differ\n" % (wrong, values))
        print("%d graphs, differences of at most %d, %d errors" % (options.count, max(most, 1), errors))
        return 1 if errors or most > 1 else 0
    print("%d graphs, %d differing values, %d errors" % (options.count, wrong, errors))
    return 1 if wrong or errors else 0


if __name__ == "__main__":
    sys.exit(main())
