"""A compiled model as a Python object: numpy arrays in, numpy arrays out."""
import collections
import ctypes
import difflib
import math
import os

import numpy as np

from quant_opt.elf import exported_symbols

ABI_VERSION = 1
DTYPES = {"float": np.float32, "double": np.float64, "float16": np.float16, "int8": np.int8, "uint8": np.uint8,
          "int16": np.int16, "uint16": np.uint16, "int32": np.int32, "uint32": np.uint32, "int64": np.int64,
          "uint64": np.uint64, "bool": np.bool_}
STATUS = {1: "a null pointer was passed", 2: "the workspace is not aligned to 64 bytes", 3: "threads must be within [1, 1024]",
          4: "QUANT_OPT_CPU names no CPU path", 5: "this CPU cannot run the path that QUANT_OPT_CPU asks for",
          6: "the library holds no code for that CPU path"}

TensorInfo = collections.namedtuple("TensorInfo", "name type shape")
TensorInfo.__doc__ = "An input or output: its name, ONNX element type (as in \"float\") and shape."


class ModelError(Exception):
    """A library that is no compiled model, wrong inputs, or an error code of its run function."""


class _Tensor(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_char_p), ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("rank", ctypes.c_int64)]


class _ModelInfo(ctypes.Structure):
    _fields_ = [("abi_version", ctypes.c_uint32), ("status", ctypes.c_int32), ("name", ctypes.c_char_p),
                ("producer", ctypes.c_char_p), ("source_hash", ctypes.c_char_p), ("weights_hash", ctypes.c_char_p),
                ("cpu", ctypes.c_char_p), ("cpus", ctypes.POINTER(ctypes.c_char_p)), ("num_cpus", ctypes.c_int64),
                ("inputs", ctypes.POINTER(_Tensor)), ("num_inputs", ctypes.c_int64),
                ("outputs", ctypes.POINTER(_Tensor)), ("num_outputs", ctypes.c_int64), ("workspace_bytes", ctypes.c_int64)]


def _tensors(array, count):
    return [TensorInfo(t.name.decode(), t.type.decode(), tuple(t.shape[: t.rank])) for t in array[:count]]


def _aligned(size):
    """`size` bytes (at least one) at an address that is a multiple of 64."""
    raw = np.empty(max(size, 1) + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start:start + max(size, 1)]


def _empty(tensor):
    dtype = np.dtype(DTYPES[tensor.type])
    size = math.prod(tensor.shape) * dtype.itemsize
    return _aligned(size)[:size].view(dtype).reshape(tensor.shape)


class Model:
    """A compiled model. Not for concurrent calls: one object holds one workspace.

    Attributes: name; inputs, outputs (lists of TensorInfo in the model's order); cpu, the CPU path chosen; producer.
    """

    def __init__(self, path):
        path = os.path.abspath(path)
        try:
            names = [s[:-len("_workspace_bytes")] for s in exported_symbols(path) if s.endswith("_workspace_bytes")]
        except ValueError as error:
            raise ModelError(str(error)) from None
        if len(names) != 1:
            raise ModelError("%s is not a compiled model: it exports no NAME_workspace_bytes" % path)
        library = ctypes.CDLL(path)
        get_info = getattr(library, names[0] + "_info")
        get_info.restype = ctypes.POINTER(_ModelInfo)
        info = get_info().contents
        if info.abi_version != ABI_VERSION:
            raise ModelError("%s has ABI version %d; this package reads version %d" % (path, info.abi_version, ABI_VERSION))
        if info.status:
            raise ModelError("%s cannot run here: %s" % (path, STATUS.get(info.status, "error code %d" % info.status)))
        self.name = info.name.decode()
        self.producer = info.producer.decode()
        self.cpu = info.cpu.decode()
        self.inputs = _tensors(info.inputs, info.num_inputs)
        self.outputs = _tensors(info.outputs, info.num_outputs)
        self._run = getattr(library, names[0] + "_run")
        self._run.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
        self._run.restype = ctypes.c_int
        self._workspace = _aligned(info.workspace_bytes)

    def _input(self, tensor, value):
        array = np.ascontiguousarray(value)
        dtype = np.dtype(DTYPES[tensor.type])
        if array.dtype != dtype or array.shape != tensor.shape:
            raise ModelError("input %s: expected %s%s, found %s%s"
                             % (tensor.name, dtype, list(tensor.shape), array.dtype, list(array.shape)))
        return array

    def _pointers(self, arrays):
        return (ctypes.c_void_p * max(len(arrays), 1))(*(array.ctypes.data for array in arrays))

    def _check_names(self, given):
        known = [tensor.name for tensor in self.inputs]
        for name in given:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1, cutoff=0.5)
                raise ModelError("no input is named %s; %s" % (name, "did you mean %s?" % near[0] if near else
                                                               "the inputs are " + ", ".join(known)))
        missing = [name for name in known if name not in given]
        if missing:
            raise ModelError("missing inputs: " + ", ".join(missing))

    def bind(self, inputs, threads=1):
        """(function, outputs): each call of the function runs the model on what `inputs` (C-contiguous arrays by name) hold by
        then and overwrites the arrays in `outputs`; it copies and allocates nothing."""
        self._check_names(inputs)
        arrays = [self._input(tensor, inputs[tensor.name]) for tensor in self.inputs]
        results = [_empty(tensor) for tensor in self.outputs]
        given, made, workspace = self._pointers(arrays), self._pointers(results), self._workspace.ctypes.data

        def call(keep=(arrays, results, self._workspace)):
            status = self._run(given, made, workspace, threads)
            if status:
                raise ModelError("%s_run: %s" % (self.name, STATUS.get(status, "error code %d" % status)))

        return call, {tensor.name: result for tensor, result in zip(self.outputs, results)}

    def run(self, inputs=None, threads=1, **named):
        """Runs the model once on arrays of exactly its inputs' shapes and types; returns {output name: array}."""
        call, outputs = self.bind(dict(inputs or {}, **named), threads)
        call()
        return outputs


def load(path):
    """The compiled model in the shared library at `path`."""
    return Model(path)
