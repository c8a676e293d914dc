"""Replaces a model's output by the place of its largest element. Arguments: model, new model."""
import sys

import onnx

model = onnx.load(sys.argv[1])
scores = model.graph.output.pop()
model.graph.node.append(onnx.helper.make_node("ArgMax", [scores.name], ["best"], axis=1, keepdims=0))
model.graph.output.append(onnx.helper.make_tensor_value_info("best", onnx.TensorProto.INT64, ["N"]))
onnx.save(model, sys.argv[2])
