"""Quantizes the demo's models with default options and holds them to their floors, on every CPU path of this machine.

usage: fashion_models.py WORK_DIR

Prints one line a model: which floors hold, whether every contraction is in int8, whether all CPU paths and thread counts give the
same bytes, and whether the float library agrees with ONNX Runtime.
"""
import os
import subprocess
import sys

import numpy as np
import onnxruntime

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "demo"))
import demo

# model: lowest agreement with float in %, lowest SQNR of the logits in dB, largest drop of top-1 in points
FLOORS = {"fashion_resnet8": (99.3, 30.5, 0.2), "fashion_mobilenet": (99.2, 24.5, 0.25)}


def run(*command, **environment):
    done = subprocess.run(command, env=dict(os.environ, **environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("%s: exit code %d\n%s" % (" ".join(command), done.returncode, done.stderr[-2000:]))
    return done.stdout


def logits(library, test, out, threads=1, cpu=""):
    """The library's outputs on the test images; None if this CPU lacks the path asked for."""
    environment = dict(os.environ, **({"QUANT_OPT_CPU": cpu} if cpu else {}))
    done = subprocess.run(["quant-run", library, "--inputs=" + test, "--outputs=" + out, "--threads=%d" % threads],
                          env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode and "cannot run" in done.stderr:
        return None
    if done.returncode:
        sys.exit("quant-run %s: exit code %d\n%s" % (library, done.returncode, done.stderr[-2000:]))
    file = np.load(out)
    return file[file.files[0]]


def check(model, work, labels):
    source = os.path.join(ROOT, "demo", "models", model + ".onnx")
    calib, test, out = (os.path.join(work, name) for name in ("calib.npz", "test.npz", "out.npz"))
    library, floating = (os.path.join(work, model + end) for end in ("_int8.so", "_f32.so"))
    run("quant-compile", source, "--quantize=static", "--calibration-data=" + calib, "-o", library)
    run("quant-compile", source, "--target=host", "-o", floating)
    integer = os.path.join(work, model + ".mlir")
    run("quant-compile", source, "--quantize=static", "--calibration-data=" + calib, "--emit=integer", "-o", integer)
    run("quant-opt", "--qnn-verify-integer=require-integer", integer, "-o", os.devnull)

    int8, f32 = logits(library, test, out), logits(floating, test, out)
    session = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
    reference = session.run(None, {"image": np.load(test)["image"]})[0]
    top1 = lambda array: 100 * (array.reshape(len(labels), -1).argmax(1) == labels).mean()
    noise = ((int8.astype(np.float64) - f32) ** 2).sum()
    sqnr = 10 * np.log10((f32.astype(np.float64) ** 2).sum() / noise)
    agreement = 100 * (int8.reshape(len(labels), -1).argmax(1) == f32.reshape(len(labels), -1).argmax(1)).mean()
    low_agreement, low_sqnr, most_drop = FLOORS[model]
    sys.stderr.write("%s: top-1 %.2f, float %.2f, agreement %.2f, SQNR %.2f dB\n" % (model, top1(int8), top1(f32), agreement, sqnr))
    holds = agreement >= low_agreement and sqnr >= low_sqnr and top1(f32) - top1(int8) <= most_drop
    same_float = abs(top1(f32) - top1(reference)) <= 0.01
    others = [logits(library, test, out, threads=2)]
    others += [logits(library, test, out, cpu=cpu) for cpu in ("avx512vnni", "avxvnni", "avx512", "avx2", "x86-64")]
    same_bytes = all(other.tobytes() == int8.tobytes() for other in others if other is not None)
    print("%s: floors %s, paths and threads %s, float %s" % (model, "hold" if holds else "broken", "equal" if same_bytes else
                                                             "differ", "equal" if same_float else "differs"))


def main(work):
    os.makedirs(work, exist_ok=True)
    labels = demo.prepare(work)
    for model in FLOORS:
        check(model, work, labels)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
