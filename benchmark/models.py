"""ONNX models with seeded weights, of the shapes that are measured: whole networks and single layers.

usage: models.py NAME FOLDER     writes NAME.onnx and NAME_calib.npz; NAME is a key of NETWORKS or LAYERS, or `all`

Speed does not depend on what the weights are, so they are drawn from a seeded generator at a scale that keeps activations near one.
"""
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17


class Builder:
    """Adds nodes one by one; a node is named after what it makes."""

    def __init__(self, name, shape, seed=1):
        self.name, self.shape = name, shape
        self.random = np.random.default_rng(seed)
        self.nodes, self.weights = [], []

    def constant(self, array):
        name = "w%d" % len(self.weights)
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def normal(self, *shape, scale):
        return self.constant(self.random.standard_normal(shape, np.float32) * np.float32(scale))

    def add(self, kind, *inputs, **attributes):
        name = "%s_%d" % (kind.lower(), len(self.nodes))
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def conv(self, x, cin, cout, kernel=1, stride=1, groups=1, gain=2.0):
        pad = kernel // 2
        fan = cin // groups * kernel * kernel
        return self.add("Conv", x, self.normal(cout, cin // groups, kernel, kernel, scale=(gain / fan) ** 0.5),
                        self.normal(cout, scale=0.1), kernel_shape=[kernel, kernel], strides=[stride, stride],
                        pads=[pad] * 4, group=groups)

    def dense(self, x, k, n, gain=1.0):
        return self.add("Add", self.add("MatMul", x, self.normal(k, n, scale=(gain / k) ** 0.5)), self.normal(n, scale=0.1))

    def finish(self, result, shape):
        value = lambda name, dims: helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)
        self.nodes.append(helper.make_node("Identity", [result], ["output"], name="output"))
        graph = helper.make_graph(self.nodes, self.name, [value("input", self.shape)], [value("output", shape)], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        onnx.checker.check_model(model)
        return onnx.shape_inference.infer_shapes(model)


def resnet50(repeat=1):
    b = Builder("resnet50", [1, 3, 224, 224])
    x = b.add("Relu", b.conv("input", 3, 64, 7, 2))
    x = b.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    cin = 64
    for width, blocks, first in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for i in range(blocks * repeat):
            stride = first if i == 0 else 1
            short = x if i else b.conv(x, cin, width * 4, 1, stride, gain=1.0)
            y = b.add("Relu", b.conv(x, cin, width))
            y = b.add("Relu", b.conv(y, width, width, 3, stride))
            x = b.add("Relu", b.add("Add", b.conv(y, width, width * 4, gain=0.3), short))
            cin = width * 4
    x = b.add("Flatten", b.add("GlobalAveragePool", x), axis=1)
    x = b.add("Gemm", x, b.normal(1000, 2048, scale=2048 ** -0.5), b.normal(1000, scale=0.1), transB=1)
    return b.finish(x, [1, 1000])


def mobilenetv2():
    b = Builder("mobilenetv2", [1, 3, 224, 224])
    limits = b.constant(np.float32(0)), b.constant(np.float32(6))
    relu6 = lambda x: b.add("Clip", x, *limits)
    x, cin = relu6(b.conv("input", 3, 32, 3, 2)), 32
    for t, cout, repeat, first in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
                                   (6, 320, 1, 1)):
        for i in range(repeat):
            stride, mid = first if i == 0 else 1, cin * t
            y = relu6(b.conv(x, cin, mid)) if t != 1 else x
            y = relu6(b.conv(y, mid, mid, 3, stride, groups=mid))
            y = b.conv(y, mid, cout, gain=1.0)
            x = b.add("Add", x, y) if stride == 1 and cin == cout else y
            cin = cout
    x = relu6(b.conv(x, 320, 1280))
    x = b.add("Flatten", b.add("GlobalAveragePool", x), axis=1)
    x = b.add("Gemm", x, b.normal(1000, 1280, scale=1280 ** -0.5), b.normal(1000, scale=0.1), transB=1)
    return b.finish(x, [1, 1000])


def bert_base(layers=12, tokens=128, width=768, heads=12):
    b = Builder("bert_base", [1, tokens, width])
    x, size = "input", width // heads
    split, merge = b.constant(np.array([1, tokens, heads, size])), b.constant(np.array([1, tokens, width]))
    eighth, root, one, half = (b.constant(np.float32(v)) for v in (size ** 0.5, 2 ** 0.5, 1, 0.5))
    norm = lambda x: b.add("LayerNormalization", x, b.constant(np.ones(width, np.float32)), b.normal(width, scale=0.1),
                           axis=-1, epsilon=1e-12)
    head = lambda x, perm: b.add("Transpose", b.add("Reshape", b.dense(x, width, width), split), perm=perm)
    for _ in range(layers):
        q, k, v = head(x, [0, 2, 1, 3]), head(x, [0, 2, 3, 1]), head(x, [0, 2, 1, 3])
        scores = b.add("Softmax", b.add("Div", b.add("MatMul", q, k), eighth), axis=-1)
        mixed = b.add("Reshape", b.add("Transpose", b.add("MatMul", scores, v), perm=[0, 2, 1, 3]), merge)
        x = norm(b.add("Add", b.dense(mixed, width, width), x))
        y = b.dense(x, width, 4 * width)
        y = b.add("Mul", b.add("Mul", y, b.add("Add", b.add("Erf", b.add("Div", y, root)), one)), half)
        x = norm(b.add("Add", b.dense(y, 4 * width, width), x))
    return b.finish(x, [1, tokens, width])


def conv_layers(name, cin, couts, size, kernel=1, stride=1, groups=1):
    """Convolutions in a row and a mean over the image, so that what enters and leaves as float and channels-first stays small."""
    b = Builder(name, [1, cin, size, size])
    x = "input"
    for cout in couts:
        x, cin = b.add("Relu", b.conv(x, cin, cout, kernel, stride, groups)), cout
    return b.finish(b.add("GlobalAveragePool", x), [1, cin, 1, 1])


def dense_layers(name, rows, k, ns):
    b = Builder(name, [1, rows, k])
    x = "input"
    for n in ns:
        x, k = b.add("Relu", b.dense(x, k, n, gain=2.0)), n
    return b.finish(x, [1, rows, k])


NETWORKS = {"resnet50": resnet50, "mobilenetv2": mobilenetv2, "bert_base": bert_base}
LAYERS = {
    "stem_7x7": lambda: conv_layers("stem_7x7", 3, [64], 224, 7, 2),
    "conv_3x3_256_at14": lambda: conv_layers("conv_3x3_256_at14", 256, [256] * 4, 14, 3),
    "conv_1x1_256_1024_at14": lambda: conv_layers("conv_1x1_256_1024_at14", 256, [1024, 256] * 2, 14),
    "pointwise_24_144_at56": lambda: conv_layers("pointwise_24_144_at56", 24, [144, 24] * 2, 56),
    "depthwise_3x3_128_at56": lambda: conv_layers("depthwise_3x3_128_at56", 128, [128] * 8, 56, 3, 1, 128),
    "bert_ffn_128x768x3072": lambda: dense_layers("bert_ffn_128x768x3072", 128, 768, [3072, 768] * 2),
    "gemv_4096x4096": lambda: dense_layers("gemv_4096x4096", 1, 4096, [4096]),
}


def samples(shape, count, seed):
    return np.random.default_rng(seed).standard_normal([count] + list(shape)[1:], np.float32)


def input_shape(model):
    return [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]


def multiply_adds(model):
    """Multiply-adds of convolutions and matrix products in one run."""
    typed = {v.name: [d.dim_value or 1 for d in v.type.tensor_type.shape.dim]
             for v in list(model.graph.value_info) + list(model.graph.input) + list(model.graph.output)}
    typed.update((w.name, list(w.dims)) for w in model.graph.initializer)
    total = 0
    for node in model.graph.node:
        if node.op_type == "Conv":
            total += int(np.prod(typed[node.output[0]]) * np.prod(typed[node.input[1]][1:]))
        elif node.op_type in ("MatMul", "Gemm"):
            total += int(np.prod(typed[node.output[0]]) * typed[node.input[0]][-1])
    return total


def write(name, folder, calibration=8):
    """Writes the model and its calibration data unless both are there; returns their paths."""
    path, data = os.path.join(folder, name + ".onnx"), os.path.join(folder, name + "_calib.npz")
    if not (os.path.exists(path) and os.path.exists(data)):
        os.makedirs(folder, exist_ok=True)
        model = {**NETWORKS, **LAYERS}[name]()
        onnx.save(model, path)
        np.savez(data, input=samples(input_shape(model), calibration, seed=2))
    return path, data


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in {"all", *NETWORKS, *LAYERS}:
        sys.exit(__doc__)
    for each in [*NETWORKS, *LAYERS] if sys.argv[1] == "all" else [sys.argv[1]]:
        write(each, sys.argv[2])
