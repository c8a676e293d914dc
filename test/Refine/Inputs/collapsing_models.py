"""Models that plain 8-bit quantization breaks, with samples. Arguments: KIND, model file, data file.

signal:    a front end with linear power (a few huge values among small ones), logarithms, two convolutions, a linear layer
embedding: a one-hot code beside a time stamp in seconds, and a table of rows of very different size picked by an index
mask:      attention whose additive bias holds small position biases and float32's lowest value where it must not look
"""
import sys

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

random = np.random.default_rng(5)
nodes, weights = [], []


def constant(name, value):
    weights.append(numpy_helper.from_array(np.asarray(value), name))
    return name


def add(kind, inputs, output, **attributes):
    nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
    return output


def normal(*shape, fan=None):
    return (random.standard_normal(shape) / np.sqrt(fan or np.prod(shape[1:]))).astype(np.float32)


def linear(x, inside, outside, output):
    x = add("MatMul", [x, constant(output + "_w", normal(inside, outside, fan=inside))], output)
    return add("Add", [x, constant(output + "_b", 0.1 * normal(outside, fan=1))], output + "_bias")


def signal(samples):
    # 32 bins of power over 40 frames: white noise under a few strong tones, 70 dB apart.
    power = random.exponential(1.0, (samples, 32, 40)) * np.exp(2 * random.standard_normal((samples, 32, 1)))
    power[np.arange(samples), random.integers(0, 32, samples)] *= 1e7
    bands = np.zeros((32, 32, 1), np.float32)
    for band in range(32):
        bands[band, max(band - 1, 0):band + 2] = 0.5
    x = add("Conv", ["x", constant("bands", bands)], "mel", kernel_shape=[1])
    x = add("Log", [add("Add", [x, constant("tiny", np.float32(1e-3))], "offset")], "log")
    for i, (inside, outside) in enumerate([(32, 24), (24, 16)]):
        x = add("Conv", [x, constant(f"k{i}", normal(outside, inside, 3)), constant(f"b{i}", normal(outside, fan=9))],
                f"conv{i}", kernel_shape=[3])
        x = add("Relu", [x], f"relu{i}")
    x = add("ReduceMean", [x], "pool", axes=[2], keepdims=0)
    x = linear(x, 16, 10, "fc")
    return {"x": power.astype(np.float32)}, x, 10


def embedding(samples):
    codes = np.eye(24)[random.integers(0, 24, samples)]
    stamps = 1.7e9 + random.uniform(0, 1e8, (samples, 1))
    rows = normal(50, 24, fan=1) * np.exp(random.uniform(-7, 7, (50, 1))).astype(np.float32)
    picked = add("Gather", [constant("table", rows), "index"], "pick")
    first = random.standard_normal((25, 32)).astype(np.float32) / 3
    first[24] = 1e-9 * random.standard_normal(32)
    x = add("MatMul", ["x", constant("first_w", first)], "first")
    # Rows of any size matter alike: the model divides by their norm.
    y = add("MatMul", [picked, constant("rows_w", normal(24, 32, fan=24))], "rows")
    norm = add("ReduceL2", [picked], "norm", axes=[1], keepdims=1)
    x = add("Relu", [add("Add", [x, add("Div", [y, norm], "unit")], "join")], "relu")
    for i in range(3):
        x = add("Relu", [linear(x, 32, 32, f"fc{i}")], f"relu{i}")
    return {"x": np.hstack([codes, stamps]).astype(np.float32),
            "index": random.integers(0, 50, (samples, )).astype(np.int64)}, linear(x, 32, 10, "fc"), 10


def mask(samples):
    length, width = 24, 32
    lowest = np.finfo(np.float32).min
    bias = 0.3 * random.standard_normal((samples, length, length)).astype(np.float32)
    for sample in range(samples):
        bias[sample][:, random.integers(2, 8):] = lowest
    x = "x"
    for i in range(2):
        q, k, v = (linear(x, width, width, f"{part}{i}") for part in "qkv")
        k = add("Transpose", [k], f"transpose{i}", perm=[0, 2, 1])
        # The product comes of both operands together, so that the bias is an operand of a contraction's epilogue.
        scores = add("Mul", [add("MatMul", [q, k], f"scores{i}"), constant(f"scale{i}", np.float32(0.2))], f"scaled{i}")
        weight = add("Softmax", [add("Add", [scores, "bias"], f"biased{i}")], f"softmax{i}", axis=-1)
        y = linear(add("MatMul", [weight, v], f"values{i}"), width, width, f"out{i}")
        x = add("Add", [x, y], f"residual{i}")
    x = add("ReduceMean", [x], "pool", axes=[1], keepdims=0)
    return {"x": random.standard_normal((samples, length, width)).astype(np.float32), "bias": bias}, \
        linear(x, width, 10, "fc"), 10


kind, model_file, data_file = sys.argv[1:]
data, result, classes = {"signal": signal, "embedding": embedding, "mask": mask}[kind](96)
types = {np.dtype(np.float32): TensorProto.FLOAT, np.dtype(np.int64): TensorProto.INT64}
inputs = [helper.make_tensor_value_info(name, types[array.dtype], ["N", *array.shape[1:]]) for name, array in data.items()]
output = helper.make_tensor_value_info(result, TensorProto.FLOAT, ["N", classes])
graph = helper.make_graph(nodes, kind, inputs, [output], weights)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
checker.check_model(model, full_check=True)
save(model, model_file)
np.savez(data_file, **data)
