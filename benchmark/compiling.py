"""What compiling costs as networks grow, and how fast ranges are measured beside ONNX Runtime's calibrator."""
import os
import time

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationMethod, create_calibrator

import contenders
import models

FEW, MANY = 8, 40  # samples: the difference leaves out what does not depend on their number


def depth(compiler, work):
    """Seconds of compiling with calibration, {network: (of half the layers, of all)}."""
    networks = {"resnet50": (models.resnet50, lambda: models.resnet50(repeat=2)),
                "bert_base": (lambda: models.bert_base(layers=6), models.bert_base)}
    found = {}
    for name, makes in networks.items():
        seconds = []
        for which, make in zip(("half", "whole"), makes):
            path = os.path.join(work, "%s_%s.onnx" % (name, which))
            model = make()
            onnx.save(model, path)
            np.savez(path + ".npz", input=models.samples(models.input_shape(model), FEW, seed=2))
            cost = contenders.compile_ours(compiler, path, path + ".so", ["--quantize=static", "--calibration-data=" + path + ".npz"])
            seconds.append(cost["seconds"])
            os.remove(path)
            os.remove(path + ".so")
        found[name] = seconds
    return found


def calibration(compiler, model, work):
    """Samples a second, {contender: number}, each on all cores with its default method."""
    data = models.samples(models.input_shape(onnx.load(model)), MANY, seed=3)
    paths = {}
    for count in (FEW, MANY):
        paths[count] = os.path.join(work, "calibration_%d.npz" % count)
        np.savez(paths[count], input=data[:count])

    def ours(count):
        contenders.compile_ours(compiler, model, os.path.join(work, "ranges.json"), ["--emit=ranges", "--calibration-data=" + paths[count]])

    calibrator = create_calibrator(model, augmented_model_path=os.path.join(work, "augmented.onnx"),
                                   calibrate_method=CalibrationMethod.MinMax)

    def theirs(count):
        calibrator.collect_data(contenders.Samples("input", data[:count]))

    found = {}
    for name, run in (("ours", ours), ("ONNX Runtime", theirs)):
        seconds = {FEW: [], MANY: []}
        for _ in range(3):
            for count in seconds:
                start = time.perf_counter()
                run(count)
                seconds[count].append(time.perf_counter() - start)
        found[name] = (MANY - FEW) / max(min(seconds[MANY]) - min(seconds[FEW]), 1e-3)
    return found
