"""Loads and runs compiled models from Python, through their C ABI alone (ctypes and numpy; no compiler needed).

    model = quant_opt.load("model.so")
    logits = model.run(image=array)["logits"]
"""
from quant_opt.model import Model, ModelError, TensorInfo, load
from quant_opt.selection import SelectionError, select_samples

__all__ = ["Model", "ModelError", "SelectionError", "TensorInfo", "load", "select_samples"]
