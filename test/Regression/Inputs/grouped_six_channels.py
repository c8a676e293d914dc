"""Writes a QLinearConv of four groups, each from one to six channels, strided and padded on three sides."""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

constants = {"xs": np.float32(0.02), "xz": np.uint8(144), "w": np.arange(144, dtype=np.int8).reshape(24, 1, 3, 2),
             "ws": np.float32(0.01), "wz": np.int8(0), "ys": np.float32(0.04), "yz": np.uint8(0)}
node = helper.make_node("QLinearConv", ["x", *constants], ["y"], kernel_shape=[3, 2], strides=[2, 2], pads=[2, 0, 2, 2], group=4)
graph = helper.make_graph([node], "grouped", [helper.make_tensor_value_info("x", TensorProto.UINT8, [1, 4, 11, 6])],
                          [helper.make_tensor_value_info("y", TensorProto.UINT8, None)],
                          [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), sys.argv[1])
