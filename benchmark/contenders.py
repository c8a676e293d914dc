"""What is measured: compiled libraries, ONNX Runtime and OpenVINO behind one interface, and the CPU's own peak.

A contender has a name, `run()`, which computes once and returns nothing, and `output`, the array that it writes. All read the same input
array, or {name: array}, in place, none allocates its result in `run`, and each gets exactly the number of threads asked for.
"""
import ctypes
import os
import re
import subprocess
import tempfile
import threading
import time

import numpy as np
import onnxruntime
import openvino
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

import quant_opt


def aligned(array):
    """A copy at an address that is a multiple of 64, as allocators of inference engines give: else every vector crosses a line."""
    raw = np.empty(array.nbytes + 64, np.uint8)
    start = -raw.ctypes.data % 64
    result = raw[start:start + array.nbytes].view(array.dtype).reshape(array.shape)
    result[...] = array
    return result


class Ours:
    def __init__(self, name, library, arrays, threads):
        self.name = name
        model = quant_opt.load(library)
        feeds = arrays if isinstance(arrays, dict) else {model.inputs[0].name: arrays}
        self.run, outputs = model.bind(feeds, threads)
        self.output = outputs[model.outputs[0].name]


class OnnxRuntime:
    def __init__(self, name, model, arrays, threads):
        self.name = name
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        result = session.get_outputs()[0]
        shape = [d if isinstance(d, int) else 1 for d in result.shape]
        value = lambda a: onnxruntime.OrtValue.ortvalue_from_numpy(a)
        self.output_value = value(aligned(np.zeros(shape, np.uint8 if result.type == "tensor(uint8)" else np.float32)))
        feeds = arrays if isinstance(arrays, dict) else {session.get_inputs()[0].name: arrays}
        self.input_values = {name: value(array) for name, array in feeds.items()}
        binding = session.io_binding()
        for name, each in self.input_values.items():
            binding.bind_ortvalue_input(name, each)
        binding.bind_ortvalue_output(result.name, self.output_value)
        self.run = lambda: session.run_with_iobinding(binding)
        self.run()
        self.output = self.output_value.numpy()


class OpenVino:
    core = openvino.Core()

    def __init__(self, name, model, array, threads):
        self.name = name
        read = self.core.read_model(model)
        read.reshape(list(array.shape))
        compiled = self.core.compile_model(read, "CPU", {
            "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": threads, "ENABLE_CPU_PINNING": False,
            "INFERENCE_PRECISION_HINT": "f32"})
        request = compiled.create_infer_request()
        self.output = np.empty(list(compiled.output(0).shape), np.float32)
        request.set_input_tensor(openvino.Tensor(array, shared_memory=True))
        request.set_output_tensor(openvino.Tensor(self.output, shared_memory=True))
        self.run = request.infer


class Peak:
    """The byte dot product from registers, on all threads at once; `macs` of them in a run."""

    def __init__(self, library, threads):
        self.name, self.output = "peak", None
        code = ctypes.CDLL(library)
        code.peak_macs_per_round.restype = code.peak_run.restype = ctypes.c_int64
        code.peak_run.argtypes = [ctypes.c_int64]
        rounds = 1000000
        self.macs = code.peak_macs_per_round() * rounds * threads

        def run():
            others = [threading.Thread(target=code.peak_run, args=(rounds,)) for _ in range(threads - 1)]
            for each in others:
                each.start()
            code.peak_run(rounds)
            for each in others:
                each.join()

        self.run = run


class Samples(CalibrationDataReader):
    def __init__(self, name, arrays):
        self.name, self.arrays = name, iter(arrays)

    def get_next(self):
        array = next(self.arrays, None)
        return None if array is None else {self.name: array[None]}


def quantize_for_peers(model, data, folder):
    """The same float model in the Q/DQ format, by ONNX Runtime's quantizer on the same data."""
    stem = os.path.join(folder, os.path.splitext(os.path.basename(model))[0])
    result = stem + "_qdq.onnx"
    if not os.path.exists(result):
        quant_pre_process(model, stem + "_pre.onnx", skip_symbolic_shape=True)
        file = np.load(data)
        name = file.files[0]
        quantize_static(stem + "_pre.onnx", result, Samples(name, file[name]), quant_format=QuantFormat.QDQ, per_channel=True,
                        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    return result


def _peak_kb(pid):
    """What the process has held at most so far: wait4's figure counts what this process held when it forked, too."""
    try:
        found = re.search(r"VmHWM:\s*(\d+)", open("/proc/%d/status" % pid).read())
    except OSError:
        found = None
    return int(found.group(1)) if found else 0


def compile_ours(compiler, model, library, options=()):
    """Compiles for this CPU; returns wall and CPU seconds and the peak memory in MB."""
    command = [compiler, model, "--target=host", *options, "-o", library]
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as log:
        child = subprocess.Popen(command, stderr=log)
        done, peak_kb = 0, 0
        while not done:
            peak_kb = max(peak_kb, _peak_kb(child.pid))
            time.sleep(0.005)
            done, status, usage = os.wait4(child.pid, os.WNOHANG)
        seconds = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            log.seek(0)
            raise RuntimeError("%s failed: %s" % (" ".join(command), log.read()))
    return {"seconds": seconds, "cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_mb": peak_kb / 1024}


def compile_peak(folder):
    source, library = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peak.c"), os.path.join(folder, "peak.so")
    subprocess.run(["clang-22", "-O2", "-shared", "-fPIC", source, "-o", library], check=True)
    return library
