"""The lit suite: FileCheck tests in folders that mirror lib/, GoogleTest programs under Unit/."""
import os
import shutil
import sys

import lit.formats

config.name = "quant-opt"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs"]
config.test_source_root = os.path.join(config.quant_opt_source, "test")
config.test_exec_root = os.path.join(config.quant_opt_build, "test")

tools = [os.path.join(config.quant_opt_build, "bin"), config.llvm_tools_dir, os.environ.get("PATH", "")]
config.environment["PATH"] = os.pathsep.join(tools)

# Python tests use the interpreter that scripts/setup prepared (numpy, onnx, onnxruntime); %S/Inputs holds their data.
venv = os.path.join(config.quant_opt_source, ".venv", "bin", "python")
python = os.environ.get("QUANT_OPT_PYTHON", venv if os.path.exists(venv) else sys.executable)
config.substitutions.append(("%python", python))
config.substitutions.append(("%llvm_include", os.path.join(os.path.dirname(config.llvm_tools_dir), "include")))
config.substitutions.append(("%llvm_lib", os.path.join(os.path.dirname(config.llvm_tools_dir), "lib")))
config.substitutions.append(("%source", config.quant_opt_source))
config.substitutions.append(("%build", config.quant_opt_build))

# What this CPU can run, so that gated tests name a feature instead of probing.
flags = set()
with open("/proc/cpuinfo") as cpuinfo:
    for line in cpuinfo:
        if line.startswith("flags"):
            flags = set(line.split(":", 1)[1].split())
            break
if {"avx512f", "avx512bw", "avx512vl", "avx512dq"} <= flags:
    config.available_features.add("avx512")
    if "avx512_vnni" in flags:
        config.available_features.add("avx512vnni")
        if "avx512_bf16" in flags:
            config.available_features.add("avx512bf16")
if "avx_vnni" in flags:
    config.available_features.add("avxvnni")
if {"avx2", "fma"} <= flags:
    config.available_features.add("avx2")

# Opens the report's page; the tests that need it are left out where it is not installed.
if shutil.which("chromium"):
    config.available_features.add("chromium")

# Counts instructions.
if shutil.which("valgrind"):
    config.available_features.add("valgrind")

# What of CUDA is here: the assembler, and a GPU with its driver.
ptxas = shutil.which("ptxas") or shutil.which("ptxas", path="/usr/local/cuda/bin")
if ptxas:
    config.available_features.add("ptxas")
    config.substitutions.append(("%ptxas", ptxas))
if os.path.exists("/dev/nvidia0"):
    config.available_features.add("gpu")
