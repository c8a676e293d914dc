"""Static quantizers of other projects, each a function that quantizes a float ONNX model and runs the result on the test inputs.

Each takes (model path, calibration inputs, test inputs, work folder), arrays with samples in their leading axis, and returns the
logits. Every one of them gets all of the calibration samples. None knows the other; a package that is not there makes its contenders
unavailable, with a message that says what to install.
"""
import os

import numpy as np

BATCH = 100


class Unavailable(Exception):
    """A contender whose package is missing, or that fails on this model; the message says which."""


def _require(name):
    try:
        return __import__(name)
    except ImportError:
        raise Unavailable("the Python package %s is not installed: pip install -r benchmark/requirements-accuracy.txt" % name) from None


def run_onnx(path, test, name=None):
    """The first output of the ONNX model on all test samples, by ONNX Runtime on two threads."""
    onnxruntime = _require("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 2, 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = name or session.get_inputs()[0].name
    return np.concatenate([session.run(None, {name: test[i:i + BATCH]})[0] for i in range(0, len(test), BATCH)])


def _input_name(model):
    onnx = _require("onnx")
    return onnx.load(model, load_external_data=False).graph.input[0].name


def _prepared(model, work):
    """The model after ONNX Runtime's own preparation (shapes inferred, constants folded), as its documents ask for."""
    _require("onnxruntime")
    from onnxruntime.quantization.shape_inference import quant_pre_process
    path = os.path.join(work, os.path.basename(model)[:-5] + "_prepared.onnx")
    quant_pre_process(model, path, skip_symbolic_shape=True)
    return path


def _onnxruntime_static(method, per_channel):
    def contender(model, calibration, test, work):
        _require("onnxruntime")
        from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
        name = _input_name(model)

        class Samples(CalibrationDataReader):
            def __init__(self):
                self.left = iter(calibration)

            def get_next(self):
                sample = next(self.left, None)
                return None if sample is None else {name: sample[None]}

        result = os.path.join(work, "onnxruntime.onnx")
        try:
            quantize_static(_prepared(model, work), result, Samples(), quant_format=QuantFormat.QDQ, per_channel=per_channel,
                            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
                            calibrate_method=getattr(CalibrationMethod, method))
        except (ValueError, IndexError, RuntimeError) as error:
            raise Unavailable("fails: " + str(error).split("\n")[0]) from None
        return run_onnx(result, test)
    return contender


def _onnxruntime_dynamic(model, calibration, test, work):
    _require("onnxruntime")
    from onnxruntime.quantization import QuantType, quantize_dynamic
    result = os.path.join(work, "onnxruntime_dynamic.onnx")
    quantize_dynamic(_prepared(model, work), result, per_channel=True, weight_type=QuantType.QInt8)
    return run_onnx(result, test)


def _nncf(transformer):
    def contender(model, calibration, test, work):
        nncf, openvino = _require("nncf"), _require("openvino")
        core = openvino.Core()
        read = core.read_model(model)
        options = {"model_type": nncf.ModelType.TRANSFORMER} if transformer else {}
        quantized = nncf.quantize(read, nncf.Dataset(list(calibration), lambda sample: sample[None]),
                                  subset_size=len(calibration), **options)
        # What is not int8 is computed in f32, so that only quantization is compared.
        compiled = core.compile_model(quantized, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 2})
        return np.concatenate([compiled(test[i:i + BATCH])[0] for i in range(0, len(test), BATCH)])
    return contender


def has_transformer_blocks(model):
    """Whether transformer mode means anything: the graph normalizes by softmax inside."""
    onnx = _require("onnx")
    kinds = [node.op_type for node in onnx.load(model).graph.node]
    return "Softmax" in kinds[:-1]


PEERS = {
    "ONNX Runtime, MinMax, per channel": _onnxruntime_static("MinMax", True),
    "ONNX Runtime, percentile, per channel": _onnxruntime_static("Percentile", True),
    "ONNX Runtime, MinMax, per tensor": _onnxruntime_static("MinMax", False),
    "NNCF on OpenVINO": _nncf(transformer=False),
}
TRANSFORMER_PEERS = {
    "NNCF on OpenVINO, transformer mode": _nncf(transformer=True),
    "ONNX Runtime, dynamic": _onnxruntime_dynamic,
}
