"""oneDNN as a contender: chains of single layers as primitives, made from the Q/DQ model that the other peers run.

Whole networks are not run through it: it is a library of layers, and who puts them together decides how fast a network is.
"""
import ctypes
import importlib.metadata
import os
import re
import subprocess
import sys

import numpy as np
import onnx
from onnx import numpy_helper

PACKAGE = "onednn-cpu-gomp"


def version():
    """As 3.2, or None where it is not installed."""
    try:
        importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return None
    text = open(os.path.join(sys.prefix, "include", "oneapi", "dnnl", "dnnl_version.h")).read()
    return ".".join(re.search(r"VERSION_%s (\d+)" % part, text).group(1) for part in ("MAJOR", "MINOR", "PATCH"))


def build(folder):
    """Compiles the C interface; None where oneDNN is not installed."""
    if not version():
        return None
    source, library = os.path.join(os.path.dirname(os.path.abspath(__file__)), "onednn.cpp"), os.path.join(folder, "onednn.so")
    place = os.path.join(sys.prefix, "lib")
    subprocess.run(["clang++-22", "-std=c++17", "-O2", "-shared", "-fPIC", "-I" + os.path.join(sys.prefix, "include"), source, "-o",
                    library, "-L" + place, "-ldnnl", "-Wl,-rpath," + place], check=True)
    return library


class _Graph:
    """The layers of a Q/DQ model whose nodes follow one another."""

    def __init__(self, path):
        graph = onnx.shape_inference.infer_shapes(onnx.load(path)).graph
        self.nodes = graph.node
        self.constants = {w.name: numpy_helper.to_array(w) for w in graph.initializer}
        self.makers = {name: node for node in graph.node for name in node.output}
        self.readers = {name: node for node in graph.node for name in node.input}
        self.shapes = {v.name: [d.dim_value or 1 for d in v.type.tensor_type.shape.dim]
                       for v in [*graph.value_info, *graph.input, *graph.output]}

    def is_chain(self):
        known = {"QuantizeLinear", "DequantizeLinear", "Conv", "Gemm", "GlobalAveragePool", "Reshape"}
        return all(node.op_type in known for node in self.nodes)

    def grid(self, node):
        return float(self.constants[node.input[1]]), int(self.constants[node.input[2]])

    def grid_behind(self, name):
        """Scale and zero point that the tensor is rounded to in the end, before the next layer reads it."""
        node, found = self.readers.get(name), None
        while node and node.op_type in ("QuantizeLinear", "DequantizeLinear", "Reshape"):
            found = self.grid(node) if node.op_type == "QuantizeLinear" else found
            node = self.readers.get(node.output[0])
        return found

    def dequantized(self, name):
        """The integers and the scales of a weight or a bias."""
        node = self.makers[name]
        return self.constants[node.input[0]], np.atleast_1d(self.constants[node.input[1]]).astype(np.float32)


def _pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)


def _dims(values):
    return (ctypes.c_int64 * len(values))(*values)


class OneDnn:
    """Raises ValueError where the model is no chain of layers, or oneDNN refuses one."""

    def __init__(self, name, library, model, array, threads):
        self.name, self.keep = name, [array]
        code = ctypes.CDLL(library)
        code.onednn_create.restype = ctypes.c_void_p
        code.onednn_kinds.restype = ctypes.c_char_p
        graph = _Graph(model)
        if not graph.is_chain():
            raise ValueError("not a chain of layers")
        first = next(n for n in graph.nodes if n.op_type == "QuantizeLinear")
        scale, zero = graph.grid(first)
        code.onednn_threads(threads)
        shape = list(array.shape) if array.ndim == 4 else [int(np.prod(array.shape[:-1])), array.shape[-1]]
        chain = ctypes.c_void_p(code.onednn_create(_pointer(array), _dims(shape), len(shape), ctypes.c_float(scale), zero))
        for node in graph.nodes:
            done = 1
            if node.op_type in ("Conv", "Gemm"):
                attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
                weights, scales = graph.dequantized(node.input[1])
                bias, bias_scales = graph.dequantized(node.input[2])
                dst_scale, dst_zero = graph.grid_behind(node.output[0])
                if dst_zero:
                    raise ValueError("\"%s\" is no ReLU" % node.name)
                if node.op_type == "Gemm" and attributes.get("transB"):
                    weights = weights.T
                weights = np.ascontiguousarray(weights)
                channels = len(bias)
                scales = np.ascontiguousarray(np.broadcast_to(scales, channels))
                bias = (bias * bias_scales.astype(np.float64)).astype(np.float32)
                data = _pointer(weights), _pointer(scales), _pointer(bias), ctypes.c_float(dst_scale)
                if node.op_type == "Conv":
                    done = code.onednn_convolution(
                        chain, _dims(graph.shapes[node.output[0]]), _dims(weights.shape),
                        ctypes.c_int64(attributes.get("strides", [1])[0]), ctypes.c_int64(attributes.get("pads", [0])[0]),
                        ctypes.c_int64(attributes.get("group", 1)), *data)
                else:
                    done = code.onednn_product(chain, _dims(weights.shape), *data)
            elif node.op_type == "GlobalAveragePool":
                done = code.onednn_mean(chain)
            if not done:
                raise ValueError("oneDNN refuses \"%s\"" % node.name)
        self.output = np.empty(graph.shapes[graph.nodes[-1].output[0]], np.float32)
        if not code.onednn_finish(chain, _pointer(self.output)):
            raise ValueError("oneDNN refuses the result")
        self.kinds = code.onednn_kinds(chain).decode().split()

        def run():
            code.onednn_run(chain)

        self.run = run
