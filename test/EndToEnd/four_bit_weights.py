"""Quantizes one of the demo's models with weights of 4 bits, rounded to nearest and chosen by least squares.

usage: four_bit_weights.py WORK_DIR

Prints one line: whether the figures are where they belong.
"""
import os
import sys

import numpy as np

import fashion_models
from fashion_models import ROOT, demo, logits, run

MODEL = "fashion_resnet8"


def main(work):
    os.makedirs(work, exist_ok=True)
    labels = demo.prepare(work)
    source = os.path.join(ROOT, "demo", "models", MODEL + ".onnx")
    calib, test, out = (os.path.join(work, name) for name in ("calib.npz", "test.npz", "out.npz"))
    scores = {}
    for name, options in (("float", []), ("nearest", ["--round-weights=off", "--correct-bias=off"]), ("fitted", ["--round-weights=on"])):
        library = os.path.join(work, name + ".so")
        if options:
            options += ["--quantize=static", "--calibration-data=" + calib, "--weight-bits=4", "--min-sqnr=off"]
        run("quant-compile", source, "--target=host", "-o", library, *options)
        scores[name] = logits(library, test, out).astype(np.float64).reshape(len(labels), -1)
    top1 = {name: 100 * (array.argmax(1) == labels).mean() for name, array in scores.items()}
    power = (scores["float"] ** 2).sum()
    sqnr = {name: 10 * np.log10(power / ((scores[name] - scores["float"]) ** 2).sum()) for name in ("nearest", "fitted")}
    for name in sqnr:
        sys.stderr.write("%s: top-1 %.2f, float %.2f, SQNR %.2f dB\n" % (name, top1[name], top1["float"], sqnr[name]))
    # Measured: nearest 91.83 % and 14.0 dB, fitted 92.49 % and 31.5 dB, float 92.56 %.
    print("nearest: %s, by least squares: top-1 %s, SQNR %s, %s than nearest" % (
        "lossy" if top1["nearest"] < top1["float"] - 0.3 else "as good as float",
        "holds" if top1["fitted"] >= top1["float"] - 0.25 else "broken",
        "holds" if sqnr["fitted"] >= 29 else "broken",
        "better" if top1["fitted"] > top1["nearest"] + 0.2 and sqnr["fitted"] > sqnr["nearest"] + 10 else "no better"))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
