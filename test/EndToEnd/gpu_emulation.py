"""Compiles the demo's models for a GPU, runs their kernels on this CPU, and compares bytes with the CPU's library.

usage: gpu_emulation.py BUILD_DIR WORK_DIR [device]

With `device`, the kernels run on this machine's GPU.

Prints one line for each model and chip.
"""
import os
import subprocess
import sys

import numpy as np

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "demo"))
import demo

SAMPLES = 3


def run(*command, **environment):
    done = subprocess.run(command, env=dict(os.environ, **environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("%s: exit code %d\n%s" % (" ".join(command), done.returncode, done.stderr[-2000:]))
    return done.stdout


def output(library, data, out, **environment):
    run("quant-run", library, "--inputs=" + data, "--outputs=" + out, **environment)
    file = np.load(out)
    return {name: file[name].tobytes() for name in file.files}


def compare(name, source, data, build, work, targets, device):
    """Whether the kernels for each chip, with its tensor cores or without, give what the CPU's library gives."""
    cpu, gpu, emulation, out = (os.path.join(work, end) for end in ("cpu.so", "gpu.so", "emulation.so", "out.npz"))
    run("quant-compile", source, "--target=host", "--name=net", "-o", cpu)
    expected = output(cpu, data, out)
    for chip, tensor_cores in targets:
        options = ["--target=nvptx-" + chip, "--tensor-cores=" + tensor_cores, "--name=net"]
        run("quant-compile", source, *options, "-o", gpu)
        environment = {}
        if not device:
            run("quant-compile", source, *options, "--emit=emulation", "-o", emulation)
            environment = {"LD_LIBRARY_PATH": os.path.join(build, "lib", "emulation"), "QUANT_OPT_EMULATION": emulation,
                           "QUANT_OPT_EMULATED_CHIP": chip}
        found = output(gpu, data, out, **environment)
        print("%s on %s, tensor cores %s: %s" % (name, chip, tensor_cores, "equal" if found == expected else "DIFFERENT"), flush=True)


def main(build, work, device=None):
    os.makedirs(work, exist_ok=True)
    demo.prepare(work)
    calib, few = os.path.join(work, "calib.npz"), os.path.join(work, "few.npz")
    np.savez(few, image=np.load(os.path.join(work, "test.npz"))["image"][:SAMPLES])
    for model in demo.MODELS:
        source, integer = os.path.join(ROOT, "demo", "models", model + ".onnx"), os.path.join(work, model + ".mlir")
        run("quant-compile", source, "--quantize=static", "--calibration-data=" + calib, "--emit=integer", "-o", integer)
        compare(model + " int8", integer, few, build, work, [("sm_75", "on"), ("sm_80", "off"), ("sm_80", "on")], device)
    compare("fashion_resnet8 f32", os.path.join(ROOT, "demo", "models", "fashion_resnet8.onnx"), few, build, work, [("sm_80", "on")], device)


main(*sys.argv[1:])
