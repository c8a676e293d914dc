"""Writes a small CNN with a residual add, and data for it: small_cnn.py MODEL.onnx DATA.npz SAMPLES."""
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

rng = numpy.random.default_rng(0)
normal = lambda *shape: (rng.standard_normal(shape) / 4).astype(numpy.float32)
weights = {
    'stem.w': normal(32, 3, 3, 3), 'stem.b': normal(32),
    'body.w': normal(32, 32, 3, 3), 'body.b': normal(32),
    'depth.w': normal(32, 1, 3, 3),
    'fc.w': normal(32, 10), 'fc.b': normal(10),
}
nodes = [
    helper.make_node('Conv', ['image', 'stem.w', 'stem.b'], ['s'], name='stem', pads=[1, 1, 1, 1]),
    helper.make_node('Relu', ['s'], ['sr'], name='stem_relu'),
    helper.make_node('Conv', ['sr', 'body.w', 'body.b'], ['b'], name='body', pads=[1, 1, 1, 1]),
    helper.make_node('Add', ['b', 'sr'], ['a'], name='residual'),
    helper.make_node('Relu', ['a'], ['ar'], name='body_relu'),
    helper.make_node('Conv', ['ar', 'depth.w'], ['d'], name='depthwise', group=32, strides=[2, 2]),
    helper.make_node('GlobalAveragePool', ['d'], ['g'], name='pool'),
    helper.make_node('Flatten', ['g'], ['f'], name='flatten'),
    helper.make_node('Gemm', ['f', 'fc.w', 'fc.b'], ['logits'], name='fc'),
]
graph = helper.make_graph(nodes, 'small_cnn',
                          [helper.make_tensor_value_info('image', TensorProto.FLOAT, ['N', 3, 12, 12])],
                          [helper.make_tensor_value_info('logits', TensorProto.FLOAT, ['N', 10])],
                          [numpy_helper.from_array(value, name) for name, value in weights.items()])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8), sys.argv[1])
numpy.savez(sys.argv[2], image=rng.standard_normal((int(sys.argv[3]), 3, 12, 12)).astype(numpy.float32))
