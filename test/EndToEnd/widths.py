"""Compiles a real model with one layer, or all, in each wider precision, and prints whether accuracy is as it should be.

usage: widths.py WORK_DIR

Noise is measured against the float library on 300 test images. With every activation in 16 bits what remains is that of 8-bit weights, which
a float model with rounded weights measures. Bytes are compared on every path this CPU can run.
"""
import os
import sys

import numpy as np
import onnx
import onnxruntime

from fashion_models import ROOT, demo, logits, run

MODEL = os.path.join(ROOT, "demo", "models", "fashion_resnet8.onnx")
PATHS = ("avx512vnni", "avxvnni", "avx512", "avx2", "x86-64")


def round_weights(model):
    """The model with each output channel of each weight rounded to 255 steps."""
    for node in model.graph.node:
        if node.op_type not in ("Conv", "Gemm"):
            continue
        tensor = next(t for t in model.graph.initializer if t.name == node.input[1])
        weight = onnx.numpy_helper.to_array(tensor)
        axis = 0 if node.op_type == "Conv" or any(a.name == "transB" and a.i for a in node.attribute) else 1
        scale = np.abs(weight).max(tuple(i for i in range(weight.ndim) if i != axis), keepdims=True) / 127
        tensor.CopyFrom(onnx.numpy_helper.from_array((np.rint(weight / scale) * scale).astype(np.float32), tensor.name))
    return model


def main(work):
    os.makedirs(work, exist_ok=True)
    demo.prepare(work)
    calib, test, out = (os.path.join(work, name) for name in ("calib.npz", "some.npz", "out.npz"))
    images = np.load(os.path.join(work, "test.npz"))["image"][:300]
    np.savez(test, image=images)

    def compile(name, *options):
        library = os.path.join(work, name + ".so")
        run("quant-compile", MODEL, "-o", library, *options)
        return library

    def quantize(name, target, *layers):
        return compile(name, "--quantize=static", "--calibration-data=" + calib, "--target=" + target, "--equalize=off", "--correct-bias=off",
                       "--calibration-method=min-max", *("--layer=" + layer for layer in layers))

    def same_bytes(library):
        results = [logits(library, test, out, cpu=cpu) for cpu in PATHS]
        return all(result.tobytes() == results[-1].tobytes() for result in results if result is not None)

    floats = logits(compile("f32", "--target=host"), test, out).astype(np.float64)
    sqnr = lambda found: 10 * np.log10((floats ** 2).sum() / ((found - floats) ** 2).sum())
    session = onnxruntime.InferenceSession(round_weights(onnx.load(MODEL)).SerializeToString())
    rounded = session.run(None, {"image": images})[0].reshape(floats.shape)
    narrow = sqnr(logits(quantize("i8", "host"), test, out))
    wide_library = quantize("i16", "all", "*=i16")
    wide = logits(wide_library, test, out)
    alone = 10 * np.log10((rounded.astype(np.float64) ** 2).sum() / ((wide - rounded) ** 2).sum())
    sys.stderr.write("i8 %.2f dB, i16 %.2f dB, 8-bit weights %.2f dB, i16 from these %.2f dB\n" % (narrow, sqnr(wide), sqnr(rounded), alone))
    print("i16: %s, paths %s" % ("only weights are rounded" if alone > 55 and sqnr(wide) > narrow else "too noisy",
                                 "equal" if same_bytes(wide_library) else "differ"))
    for precision, floor in (("bf16", 45), ("f16", 60)):
        found = sqnr(logits(quantize(precision, "host", "*=" + precision), test, out))
        sys.stderr.write("%s %.2f dB\n" % (precision, found))
        print("%s: %s" % (precision, "accurate" if found > floor else "too noisy"))
    mixed = sqnr(logits(quantize("mixed", "host", "first=i16", "last=bf16"), test, out))
    sys.stderr.write("mixed %.2f dB\n" % mixed)
    print("one layer of each: %s" % ("no worse than i8" if mixed > narrow - 0.5 else "worse than i8"))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
