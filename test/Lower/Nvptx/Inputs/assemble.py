"""Compiles the demo's models for GPUs and counts what ptxas says of their kernels.

usage: assemble.py PTXAS SOURCE_DIR WORK_DIR
"""
import os
import re
import subprocess
import sys

ptxas, source, work = sys.argv[1:]
sys.path.insert(0, os.path.join(source, "demo"))
import demo

os.makedirs(work, exist_ok=True)
demo.prepare(work)
for model, chips in (("fashion_resnet8", (75, 80, 86, 89, 90)), ("fashion_mobilenet", (75, 90))):
    integer, ptx = os.path.join(work, model + ".mlir"), os.path.join(work, model + ".ptx")
    subprocess.run(["quant-compile", os.path.join(source, "demo", "models", model + ".onnx"), "--quantize=static", "--max-samples=50",
                    "--calibration-data=" + os.path.join(work, "calib.npz"), "--emit=integer", "-o", integer], check=True,
                   stderr=subprocess.DEVNULL)
    for chip in chips:
        subprocess.run(["quant-compile", integer, "--target=nvptx-sm_%d" % chip, "--emit=ptx", "-o", ptx], check=True)
        said = subprocess.run([ptxas, "-arch=sm_%d" % chip, "-v", ptx, "-o", os.devnull], check=True, stderr=subprocess.PIPE, text=True).stderr
        stacks = re.findall(r"(\d+) bytes stack frame, (\d+) bytes spill stores", said)
        print("%s on sm_%d: %d kernels, %d with a stack, %d that spill" % (model, chip, len(stacks), sum(a != "0" for a, b in stacks),
                                                                         sum(b != "0" for a, b in stacks)))
