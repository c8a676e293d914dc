"""Writes a CNN that ends in the mean over two branches' images, and data for it: last_mean.py MODEL.onnx DATA.npz SAMPLES."""
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

rng = numpy.random.default_rng(0)
normal = lambda *shape: (rng.standard_normal(shape) / 4).astype(numpy.float32)
weights = {'stem.w': normal(24, 3, 3, 3), 'wide.w': normal(40, 24, 1, 1), 'wide.b': normal(40), 'depth.w': normal(24, 1, 3, 3)}
nodes = [
    helper.make_node('Conv', ['image', 'stem.w'], ['s'], name='stem', pads=[1, 1, 1, 1]),
    helper.make_node('Relu', ['s'], ['sr'], name='stem_relu'),
    helper.make_node('Conv', ['sr', 'wide.w', 'wide.b'], ['w'], name='wide'),
    helper.make_node('Relu', ['w'], ['wr'], name='wide_relu'),
    helper.make_node('Conv', ['sr', 'depth.w'], ['d'], name='depthwise', group=24, pads=[1, 1, 1, 1]),
    helper.make_node('Concat', ['wr', 'd'], ['both'], name='concat', axis=1),
    helper.make_node('GlobalAveragePool', ['both'], ['g'], name='pool'),
    helper.make_node('Flatten', ['g'], ['features'], name='flatten'),
]
graph = helper.make_graph(nodes, 'last_mean',
                          [helper.make_tensor_value_info('image', TensorProto.FLOAT, ['N', 3, 13, 13])],
                          [helper.make_tensor_value_info('features', TensorProto.FLOAT, ['N', 64])],
                          [numpy_helper.from_array(value, name) for name, value in weights.items()])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8), sys.argv[1])
numpy.savez(sys.argv[2], image=rng.standard_normal((int(sys.argv[3]), 3, 13, 13)).astype(numpy.float32))
