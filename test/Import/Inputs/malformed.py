"""Makes damaged and hostile models, imports each, and prints what was said: malformed.py FOLDER."""
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

KINDS = """raw-size typed-size overflow negative rank cycle missing twice initializer-twice unsupported
opset inputs too-many-inputs symbolic leading external external-end
external-offset external-length external-parent external-absolute external-symlink external-folder-symlink
external-hardlink external-fifo external-missing truncated empty text""".split()


def write(kind, folder):
    """Makes FOLDER/model.onnx and what it refers to."""
    os.makedirs(folder, exist_ok=True)
    weights = numpy_helper.from_array(np.arange(32, dtype=np.float32), "w")
    nodes = [helper.make_node("Add", ["x", "w"], ["y"], "add")]
    shape = [32]
    initializers = [weights]
    opset = 13

    def external(location, offset=0, length=128):
        weights.ClearField("raw_data")
        weights.data_location = TensorProto.EXTERNAL
        for key, value in (("location", location), ("offset", str(offset)), ("length", str(length))):
            entry = weights.external_data.add()
            entry.key, entry.value = key, value

    def data_file(name, size=128):
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(np.arange(size // 4, dtype=np.float32).tobytes())
        return path

    if kind == "raw-size":
        weights.raw_data = weights.raw_data[:-1]
    elif kind == "typed-size":
        weights.ClearField("raw_data")
        weights.float_data.extend([1, 2, 3])
    elif kind == "overflow":
        weights.dims[:] = [2**32, 2**32]
    elif kind == "negative":
        weights.dims[:] = [-32]
    elif kind == "rank":
        weights.dims[:] = [32] + [1] * 20
    elif kind == "cycle":
        nodes = [helper.make_node("Add", ["x", "b"], ["a"], "first"), helper.make_node("Add", ["a", "w"], ["b"], "second"),
                 helper.make_node("Add", ["a", "b"], ["y"], "third")]
    elif kind == "missing":
        nodes = [helper.make_node("Add", ["x", "nowhere"], ["y"], "add")]
    elif kind == "twice":
        nodes.append(helper.make_node("Neg", ["x"], ["y"], "again"))
    elif kind == "initializer-twice":
        initializers = [weights, weights]
    elif kind == "unsupported":
        nodes = [helper.make_node("LSTM", ["x", "w", "w"], ["h"], "rnn"), helper.make_node("Relu", ["h"], ["r"], "relu"),
                 helper.make_node("Fancy", ["r"], ["f"], "fancy", domain="org.example"),
                 helper.make_node("Det", ["f"], ["y"], "a\nname\x1b[31m")]
    elif kind == "opset":
        opset = 99
    elif kind == "inputs":
        nodes = [helper.make_node("Add", ["x"], ["y"], "add")]
    elif kind == "too-many-inputs":
        nodes = [helper.make_node("Add", ["x", "w", "w"], ["y"], "add")]
    elif kind == "symbolic":
        shape = ["batch", "length"]
    elif kind == "leading":
        shape = ["batch", 32]
    elif kind == "external":
        data_file("data/w.bin", 192)
        external("data/w.bin", 64)
    elif kind == "external-end":
        data_file("w.bin")
        external("w.bin", 64)
    elif kind == "external-offset":
        data_file("w.bin")
        external("w.bin", 2**64 - 64)
    elif kind == "external-length":
        data_file("w.bin")
        external("w.bin", 0, 64)
    elif kind == "external-parent":
        data_file("../w.bin")
        external("../w.bin")
    elif kind == "external-absolute":
        external(os.path.abspath(data_file("w.bin")))
    elif kind == "external-symlink":
        data_file("real.bin")
        os.symlink("real.bin", os.path.join(folder, "w.bin"))
        external("w.bin")
    elif kind == "external-folder-symlink":
        data_file("real/w.bin")
        os.symlink("real", os.path.join(folder, "link"))
        external("link/w.bin")
    elif kind == "external-hardlink":
        path = data_file("real.bin")
        os.link(path, os.path.join(folder, "w.bin"))
        external("w.bin")
    elif kind == "external-fifo":
        os.mkfifo(os.path.join(folder, "w.bin"))
        external("w.bin")
    elif kind == "external-missing":
        external("nowhere.bin")

    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], initializers)
    data = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8).SerializeToString()
    if kind == "truncated":
        data = data[:len(data) // 2]
    elif kind == "empty":
        data = b""
    elif kind == "text":
        data = b"this is not a model"
    with open(os.path.join(folder, "model.onnx"), "wb") as file:
        file.write(data)


shutil.rmtree(sys.argv[1], ignore_errors=True)
for kind in KINDS:
    folder = os.path.join(sys.argv[1], kind)
    write(kind, folder)
    command = ["quant-compile", os.path.join(folder, "model.onnx"), "--emit=mlir", "-o", "-"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    print("==", kind, "exit", done.returncode)
    print("\n".join(line for line in done.stdout.splitlines() if re.search("error|note|func.func", line)).replace(folder + "/", ""))
