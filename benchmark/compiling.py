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
    """Seconds of compiling with calibration, the least of two turns, {network: (of half the layers, of all)}."""
    networks = {"resnet50": (models.resnet50, lambda: models.resnet50(repeat=2)),
                "bert_base": (lambda: models.bert_base(layers=6), models.bert_base)}
    found = {}
    for name, makes in networks.items():
        paths = [os.path.join(work, "%s_%s.onnx" % (name, which)) for which in ("half", "whole")]
        for make, path in zip(makes, paths):
            model = make()
            onnx.save(model, path)
            np.savez(path + ".npz", input=models.samples(models.input_shape(model), 8, seed=2))
        seconds = [[], []]
        for _ in range(2):
            for path, taken in zip(paths, seconds):
                cost = contenders.compile_ours(compiler, path, path + ".so", ["--quantize=static", "--calibration-data=" + path + ".npz"])
                taken.append(cost["seconds"])
        found[name] = [min(taken) for taken in seconds]
        for path in paths:
            os.remove(path)
            os.remove(path + ".so")
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

    # In turns, so that a busy minute of the machine slows both.
    runs = {"ours": ours, "ONNX Runtime": theirs}
    seconds = {(contender, count): [] for contender in runs for count in (few, many)}
    for _ in range(7):
        for (contender, count), taken in seconds.items():
            start = time.perf_counter()
            runs[contender](count)
            taken.append(time.perf_counter() - start)
    return {contender: (many - few) / max(np.median(seconds[contender, many]) - np.median(seconds[contender, few]), 1e-3)
            for contender in runs}
