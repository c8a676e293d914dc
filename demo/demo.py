"""The main job on small real models: float ONNX to an int8 library, with accuracy and latency beside the float model's.

usage: demo.py BIN_DIR WORK_DIR

Uses the Fashion-MNIST models beside this file (78 k and 42 k parameters) and Debian's dataset-fashion-mnist: 500 training images
to calibrate, all 10,000 test images to score. ONNX Runtime, where installed, checks that the compiled float model is the model.
"""
import gzip
import os
import re
import subprocess
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
DATASET = "/usr/share/datasets/fashion-mnist"
MODELS = ["fashion_resnet8", "fashion_mobilenet"]


def read_idx(name, header, shape):
    with gzip.open(os.path.join(DATASET, name)) as file:
        return np.frombuffer(file.read(), np.uint8, offset=header).reshape(shape)


def prepare(work):
    """Writes calib.npz (50 training images of each class) and test.npz, float32 in [-1, 1]; returns the test labels."""
    images = read_idx("train-images-idx3-ubyte.gz", 16, (-1, 1, 28, 28))
    labels = read_idx("train-labels-idx1-ubyte.gz", 8, (-1,))
    chosen = np.sort(np.concatenate([np.flatnonzero(labels == c)[:50] for c in range(10)]))
    test = read_idx("t10k-images-idx3-ubyte.gz", 16, (-1, 1, 28, 28))
    scaled = lambda array: array.astype(np.float32) / 255 * 2 - 1
    np.savez(os.path.join(work, "calib.npz"), image=scaled(images[chosen]))
    np.savez(os.path.join(work, "test.npz"), image=scaled(test))
    return read_idx("t10k-labels-idx1-ubyte.gz", 8, (-1,))


def run(*command):
    print("  $ " + " ".join(os.path.basename(word) if i == 0 else word for i, word in enumerate(command)), flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("%s failed with exit code %d" % (command[0], done.returncode))
    return done.stdout


def only_array(path):
    file = np.load(path)
    return file[file.files[0]].astype(np.float64)


def onnxruntime_logits(model, images):
    try:
        import onnxruntime
    except ImportError:
        return None
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {"image": images})[0]


def evaluate(bin_dir, work, model, labels):
    """One row of the table: compiles `model` in float and in int8, runs both on the test images."""
    compiler, runner = os.path.join(bin_dir, "quant-compile"), os.path.join(bin_dir, "quant-run")
    source = os.path.join(HERE, "models", model + ".onnx")
    calib, test = os.path.join(work, "calib.npz"), os.path.join(work, "test.npz")
    row, logits = {"model": model}, {}
    for kind, options in (("f32", []), ("int8", ["--quantize=static", "--calibration-data=" + calib])):
        library = os.path.join(work, "%s_%s.so" % (model, kind))
        outputs = os.path.join(work, "%s_%s.npz" % (model, kind))
        run(compiler, source, *options, "-o", library)
        run(runner, library, "--inputs=" + test, "--outputs=" + outputs)
        timing = run(runner, library, "--inputs=" + test, "--benchmark", "--threads=1")
        logits[kind] = only_array(outputs).reshape(len(labels), -1)
        row[kind + " top-1 %"] = "%.2f" % (100 * (logits[kind].argmax(1) == labels).mean())
        row[kind + " us"] = re.search(r"median ([0-9.]+) us", timing).group(1)
    noise = ((logits["int8"] - logits["f32"]) ** 2).sum()
    row["agreement %"] = "%.2f" % (100 * (logits["int8"].argmax(1) == logits["f32"].argmax(1)).mean())
    row["SQNR dB"] = "%.1f" % (10 * np.log10((logits["f32"] ** 2).sum() / noise))
    row["speed-up"] = "%.2f" % (float(row["f32 us"]) / float(row["int8 us"]))
    reference = onnxruntime_logits(source, np.load(test)["image"])
    if reference is not None:
        row["ONNX Runtime f32 top-1 %"] = "%.2f" % (100 * (reference.argmax(1) == labels).mean())
    return row


def main(bin_dir, work):
    os.makedirs(work, exist_ok=True)
    labels = prepare(work)
    rows = [evaluate(bin_dir, work, model, labels) for model in MODELS]
    columns = list(rows[0])
    widths = [max(len(c), *(len(r[c]) for r in rows)) for c in columns]
    print("\nFashion-MNIST, 10,000 test images, calibrated on 500 training images; latency of one image on one thread\n")
    for cells in (columns, ["-" * w for w in widths], *([r[c] for c in columns] for r in rows)):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + " |")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
