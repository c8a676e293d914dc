"""Writes a Q/DQ model whose convolutions are followed by activations as quantizers write them, and data.

usage: lookups.py MODEL.onnx DATA.npz, or lookups.py float MODEL.onnx DATA.npz, or lookups.py check OUTPUTS.npz

Each activation comes twice: right behind its convolution, and with a second input added, which holds zero, so that it is no function of
one byte. `check` compares the two. One more is beside an addition that reads the same bytes. `float` writes a chain of
convolutions and activations without quantization."""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if sys.argv[1] == "check":
    arrays = np.load(sys.argv[2])
    for name in arrays.files:
        if name.startswith("plain_"):
            first, plain = arrays[name[6:]], arrays[name]
            print(name[6:-3], "equal" if np.array_equal(first, plain) and len(np.unique(first)) > 8 else "DIFFERENT")
    sys.exit()
model_file, data_file = sys.argv[-2:]
height, width, channels = 5, 7, 84
random = np.random.default_rng(3)
nodes, constants, outputs = [], [], []


def constant(name, value):
    constants.append(numpy_helper.from_array(np.asarray(value), name))
    return name


def op(kind, inputs, name, **attributes):
    nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
    return name


def requantize(value, scale, zero_point, dtype=np.uint8):
    parameters = [constant(value + "_s", np.float32(scale)), constant(value + "_z", dtype(zero_point))]
    return op("DequantizeLinear", [op("QuantizeLinear", [value] + parameters, value + "_q")] + parameters, value + "_dq")


if sys.argv[1] == "float":
    value = "x"
    for i in range(3):
        weight = constant("w%d" % i, random.normal(0, 0.4, (8, 8, 1, 1)).astype(np.float32))
        value = op("Conv", [value, weight], "conv%d" % i)
        value = op("Mul", [value, op("Sigmoid", [value], "gate%d" % i)], "silu%d" % i)
    shape = [1, 8, height, width]
    tensors = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("x", value)]
    graph = helper.make_graph(nodes, "chain", tensors[:1], tensors[1:], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), model_file)
    np.savez(data_file, x=random.normal(0, 1.6, [16] + shape[1:]).astype(np.float32))
    sys.exit()
x = requantize("x", 0.031, 119)
weight = [constant("w", random.integers(-127, 128, (channels, 8, 3, 3)).astype(np.int8)),
          constant("w_s", random.uniform(0.002, 0.004, channels).astype(np.float32)),
          constant("w_z", np.zeros(channels, np.int8))]
weight = op("DequantizeLinear", weight, "w_dq", axis=0)


def conv(name):
    return requantize(op("Conv", [x, weight], name + "_conv", pads=[1, 1, 1, 1]), 0.07, 121)


activations = {
    "silu": (lambda y, name: op("Mul", [y, requantize(op("Sigmoid", [y], name + "_gate"), 1 / 256, 0)], name), 0.035, 8),
    "tanh": (lambda y, name: requantize(op("Tanh", [y], name), 1 / 128, 0, np.int8), 0.01, 3),
}
for kind, (make, scale, zero_point) in activations.items():
    outputs.append(requantize(make(conv(kind), kind), scale, zero_point))
    plain = op("Add", [conv("plain_" + kind), "zero"], "plain_" + kind + "_zeroed")
    outputs.append(requantize(make(plain, "plain_" + kind), scale, zero_point))
skip = conv("skip")
activated = requantize(op("HardSwish", [skip], "skip_hard"), 0.035, 11)
outputs.append(requantize(op("Add", [skip, activated], "sum"), 0.09, 100))
info = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, height, width]) for name in outputs]
data = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 8, height, width]),
        helper.make_tensor_value_info("zero", TensorProto.FLOAT, [1, 1, 1, 1])]
graph = helper.make_graph(nodes, "activations", data, info, constants)
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), model_file)
np.savez(data_file, x=random.normal(0, 1.6, (2, 8, height, width)).astype(np.float32),
         zero=np.zeros((2, 1, 1, 1), np.float32))
