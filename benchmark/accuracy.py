#!/usr/bin/env python3
"""Measures what quantization costs in accuracy, beside other quantizers, and writes the table of docs/accuracy.md.

usage: accuracy.py FOLDER [--bin=build/bin] [--work=build/accuracy] [--models=A,B] [--contenders=ours|peers|all] [--again]
                          [--docs=docs/accuracy.md]

FOLDER holds for each model M the files M.onnx (leading dimension symbolic or 1), M_calib.npz and M_test.npz with one array named as the
input (leading axis = samples), and M_labels.npz with `label` (a class for each sample) or `target` (a class for each position).
What was measured is kept in WORK/accuracy.json, and measured again only with --again. A contender that is not installed is left out with a message.
"""
import argparse
import glob
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np

import accuracy_peers

OURS = {
    "quant-opt, default": ["--min-sqnr=off"],
    "quant-opt, best": ["--accuracy=best", "--min-sqnr=off"],
}


def load_only(path):
    """The only array of an .npz file, and its name."""
    file = np.load(path)
    return file[file.files[0]], file.files[0]


def score(logits, labels, reference=None):
    """What the task's own metric says, and beside the float model's logits: the share of equal choices in % and SQNR in dB."""
    logits = logits.astype(np.float64)
    result = {}
    if "target" in labels.files:
        shifted = logits - logits.max(-1, keepdims=True)
        picked = np.take_along_axis(shifted - np.log(np.exp(shifted).sum(-1, keepdims=True)), labels["target"][..., None], -1)
        result["cross_entropy"] = -float(picked.mean())
    else:
        logits = logits.reshape(len(labels["label"]), -1)
        result["top1"] = 100 * float((logits.argmax(-1) == labels["label"]).mean())
    if reference is not None:
        reference = reference.astype(np.float64).reshape(logits.shape)
        noise = float(((logits - reference) ** 2).sum())
        result["agreement"] = 100 * float((logits.argmax(-1) == reference.argmax(-1)).mean())
        result["sqnr"] = 10 * float(np.log10((reference ** 2).sum() / noise)) if noise else float("inf")
    return result


def compile_and_run(tools, model, data, test_path, options, work):
    """The logits of the compiled model on all test samples, and what compilation took in seconds."""
    library, outputs = os.path.join(work, "model.so"), os.path.join(work, "outputs.npz")
    start = time.monotonic()
    subprocess.run([os.path.join(tools, "quant-compile"), model, "--target=host", "--quantize=static", "--calibration-data=" + data,
                    *options, "-o", library], check=True)
    seconds = time.monotonic() - start
    subprocess.run([os.path.join(tools, "quant-run"), library, "--inputs=" + test_path, "--outputs=" + outputs], check=True)
    return load_only(outputs)[0], seconds


class Measurement:
    """One table: {model: {contender: figures or message}}, kept in a file."""

    def __init__(self, options):
        self.options = options
        self.path = os.path.join(options.work, "accuracy.json")
        self.found = {}
        if os.path.exists(self.path):
            with open(self.path) as file:
                self.found = json.load(file)

    def take(self, model, contender, measure):
        row = self.found.setdefault(model, {})
        if contender in row and not self.options.again:
            return
        start = time.monotonic()
        try:
            row[contender] = measure()
        except accuracy_peers.Unavailable as error:
            print("%s, %s: left out: %s" % (model, contender, error), flush=True)
            if "not installed" in str(error):
                return  # another machine, or another day, may have it
            row[contender] = {"message": str(error)}
        row[contender]["total_seconds"] = time.monotonic() - start
        print(model, contender, row[contender], flush=True)
        with open(self.path, "w") as file:
            json.dump(self.found, file, indent=1)

    def run(self, name):
        folder = self.options.folder
        model, data, test_path = (os.path.join(folder, name + end) for end in (".onnx", "_calib.npz", "_test.npz"))
        labels = np.load(os.path.join(folder, name + "_labels.npz"))
        calibration, test = load_only(data)[0], load_only(test_path)[0]
        reference_path = os.path.join(self.options.work, name + "_float.npy")
        if not os.path.exists(reference_path):
            np.save(reference_path, accuracy_peers.run_onnx(model, test))
        reference = np.load(reference_path)
        self.take(name, "float", lambda: score(reference, labels))
        if self.options.contenders in ("peers", "all"):
            peers = dict(accuracy_peers.PEERS)
            if accuracy_peers.has_transformer_blocks(model):
                peers.update(accuracy_peers.TRANSFORMER_PEERS)
            for contender, quantize in peers.items():
                def measure():
                    with tempfile.TemporaryDirectory() as work:
                        return score(quantize(model, calibration, test, work), labels, reference)
                self.take(name, contender, measure)
        if self.options.contenders in ("ours", "all"):
            for contender, choice in OURS.items():
                def measure():
                    with tempfile.TemporaryDirectory() as work:
                        logits, seconds = compile_and_run(self.options.bin, model, data, test_path, choice, work)
                        return {**score(logits, labels, reference), "seconds": seconds}
                self.take(name, contender, measure)


def _cell(figures):
    if figures is None:
        return "–"
    if "message" in figures:
        return "fails"
    own = "%.4f" % figures["cross_entropy"] if "cross_entropy" in figures else "%.2f" % figures["top1"]
    return own if "sqnr" not in figures else "%s · %.2f · %.1f" % (own, figures["agreement"], figures["sqnr"])


def table(found):
    """The Markdown table: a row a model, a column a contender; the best of each figure is for the reader to see."""
    contenders = ["float", *OURS, *accuracy_peers.PEERS, *accuracy_peers.TRANSFORMER_PEERS]
    contenders = [c for c in contenders if any(c in row for row in found.values())]
    lines = [["contender", *found], ["---"] * (1 + len(found))]
    for contender in contenders:
        lines.append([contender, *(_cell(found[model].get(contender)) for model in found)])
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    failures = ["- %s, %s: %s" % (model, contender, row[contender]["message"])
                for model, row in found.items() for contender in row if "message" in row[contender]]
    return text + "\n" + ("\n" + "\n".join(failures) + "\n" if failures else "")


def main(arguments):
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--bin", default="build/bin")
    parser.add_argument("--work", default="build/accuracy")
    parser.add_argument("--models", default="")
    parser.add_argument("--contenders", choices=["ours", "peers", "all"], default="all")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--docs", default="")
    options = parser.parse_args(arguments)
    os.makedirs(options.work, exist_ok=True)
    present = sorted(os.path.basename(path)[:-len(".onnx")] for path in glob.glob(os.path.join(options.folder, "*.onnx")))
    names = options.models.split(",") if options.models else present
    missing = [name for name in names if name not in present]
    if missing or not names:
        sys.exit("accuracy.py: error: %s holds no model %s; it holds %s" % (options.folder, ", ".join(missing), ", ".join(present) or "none"))
    measurement = Measurement(options)
    for name in names:
        measurement.run(name)
    text = table({name: measurement.found[name] for name in names})
    print("\n" + text)
    if options.docs:
        with open(options.docs) as file:
            before, rest = file.read().split("<!-- measured -->\n", 1)
        with open(options.docs, "w") as file:
            file.write(before + "<!-- measured -->\n" + text + "<!-- end -->" + rest.split("<!-- end -->", 1)[1])


if __name__ == "__main__":
    main(sys.argv[1:])
