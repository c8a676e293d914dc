"""What compiling costs as networks grow, and how fast ranges are measured beside ONNX Runtime's calibrator."""
import os
import time

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationMethod, create_calibrator

import contenders
import models

# Model, method (ours, theirs), and two numbers of samples, whose difference leaves out what does not depend on their number.
CALIBRATED = [("resnet50", "min-max", CalibrationMethod.MinMax, 8, 40),
              ("fashion_resnet8", "percentile", CalibrationMethod.Percentile, 256, 2304)]


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
            np.savez(path + ".npz", input=models.samples(models.input_shape(model), 8, seed=2))
            cost = contenders.compile_ours(compiler, path, path + ".so", ["--quantize=static", "--calibration-data=" + path + ".npz"])
            seconds.append(cost["seconds"])
            os.remove(path)
            os.remove(path + ".so")
        found[name] = seconds
    return found


def calibration(compiler, paths, work):
    """Samples a second on all cores, {"model, method": {contender: number}}; `paths` gives the models' files."""
    return {"%s, %s" % (name, method): _rates(compiler, paths[name], method, theirs, few, many, work)
            for name, method, theirs, few, many in CALIBRATED}


def _rates(compiler, model, method, their_method, few, many, work):
    graph = onnx.load(model).graph
    shape = [1] + [d.dim_value for d in graph.input[0].type.tensor_type.shape.dim][1:]
    data, name, files = models.samples(shape, many, seed=3), graph.input[0].name, {}
    for count in (few, many):
        files[count] = os.path.join(work, "calibration_%d.npz" % count)
        np.savez(files[count], **{name: data[:count]})

    def ours(count):
        contenders.compile_ours(compiler, model, os.path.join(work, "ranges.json"),
                                ["--emit=ranges", "--calibration-method=" + method, "--calibration-data=" + files[count]])

    def theirs(count):
        calibrator = create_calibrator(model, augmented_model_path=os.path.join(work, "augmented.onnx"),
                                       calibrate_method=their_method)
        calibrator.collect_data(contenders.Samples(name, data[:count]))

    found = {}
    for contender, run in (("ours", ours), ("ONNX Runtime", theirs)):
        seconds = {few: [], many: []}
        for _ in range(3):
            for count in seconds:
                start = time.perf_counter()
                run(count)
                seconds[count].append(time.perf_counter() - start)
        found[contender] = (many - few) / max(min(seconds[many]) - min(seconds[few]), 1e-3)
    return found
