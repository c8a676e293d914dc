"""Imports the models in a test file: ONNX's text form between lines of `// -----`, each printed with what was said about it.

Lines that start with `//` are the test's own. The function is named after the graph. Arguments after the file go to quant-compile.
"""
import os
import re
import subprocess
import sys
import tempfile

import onnx.parser

with open(sys.argv[1]) as file:
    parts = re.split(r"^// -----.*$", file.read(), flags=re.MULTILINE)
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "model.onnx")
    for part in parts:
        text = "\n".join(line for line in part.splitlines() if not line.startswith("//"))
        model = onnx.parser.parse_model(text)
        onnx.save(model, path)
        command = ["quant-compile", path, "--emit=mlir", "-o", "-", "--name=" + model.graph.name] + sys.argv[2:]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print("exit", done.returncode, model.graph.name)
        print(done.stdout.replace(folder + "/", ""))
