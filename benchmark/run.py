"""Measures compiled libraries beside ONNX Runtime, OpenVINO and oneDNN on the same buffers in one process, and writes what it found.

usage: run.py --bin=FOLDER --work=FOLDER [--cases=NAME,...] [--threads=1,2] [--rounds=15] [--block=0.02] [--docs=FILE] [--skip-compiling]

With resnet50, compiling twice as deep networks and measuring ranges is timed too, unless --skip-compiling. Results are compared before anything is timed. Writes results.json, results.md and results.png into the work folder; --docs puts
the tables between the marks `<!-- measured -->` and `<!-- end -->` of a document.
"""
import argparse
import importlib.metadata
import os
import platform
import re
import sys

# An idle OpenMP thread spins about a millisecond: no longer, lest it slow whoever is measured next. Read when libomp, and oneDNN's libgomp, load.
os.environ["KMP_BLOCKTIME"] = "1"
os.environ["GOMP_SPINCOUNT"] = "40000"

import numpy as np  # noqa: E402
import onnx  # noqa: E402

import compiling  # noqa: E402
import contenders  # noqa: E402
import measure  # noqa: E402
import models  # noqa: E402
import onednn  # noqa: E402
import report  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
DEMO = os.path.join(HERE, "..", "demo", "models")
SMALL = ["fashion_resnet8", "fashion_mobilenet"]
CASES = [*models.LAYERS, *SMALL, *models.NETWORKS]
FLOAT_SQNR, INT8_SQNR = 90, 20  # dB that a result must reach to be measured at all


def cpu_description():
    text = open("/proc/cpuinfo").read()
    field = lambda name: re.search(r"^%s\s*: (.*)$" % name, text, re.MULTILINE).group(1)
    wanted = ["avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "avx512_bf16"]
    present = field("flags").split()
    return {"model": "%s (family %s, model %s)" % (field("model name"), field("cpu family"), field("model")),
            "features": [flag for flag in wanted if flag in present], "cpus": len(os.sched_getaffinity(0)),
            "load": os.getloadavg()[0]}


def prepare(case, options):
    """The case's files: float model, calibration data, model for peers, both libraries, and what compiling them cost."""
    work = os.path.join(options.work, case)
    os.makedirs(work, exist_ok=True)
    if case in SMALL:
        model, data = os.path.join(DEMO, case + ".onnx"), os.path.join(work, case + "_calib.npz")
        graph = onnx.load(model).graph
        shape = [1] + [d.dim_value for d in graph.input[0].type.tensor_type.shape.dim][1:]
        np.savez(data, **{graph.input[0].name: models.samples(shape, 64, seed=2)})
    else:
        model, data = models.write(case, work)
    library = lambda kind: os.path.join(work, "%s_%s.so" % (case, kind))
    compiler = os.path.join(options.bin, "quant-compile")
    cost = {"f32": contenders.compile_ours(compiler, model, library("f32")),
            "int8": contenders.compile_ours(compiler, model, library("int8"),
                                            ["--quantize=static", "--calibration-data=" + data])}
    return {"model": model, "peers": contenders.quantize_for_peers(model, data, work), "f32": library("f32"),
            "int8": library("int8"), "cost": cost, "input": np.load(data)[np.load(data).files[0]][:1].copy()}


def compare(everyone):
    """SQNR of every result against ONNX Runtime's float one; whoever of ours is wrong stops the run."""
    for each in everyone:
        each.run()
    reference = next(each.output for each in everyone if each.name == "ONNX Runtime f32").copy()
    found = {each.name: measure.sqnr(reference, each.output) for each in everyone}
    for name, least in (("ours f32", FLOAT_SQNR), ("ours int8", INT8_SQNR)):
        if found[name] < least:
            raise RuntimeError("%s is wrong: %.1f dB, expected at least %d" % (name, found[name], least))
    return found


def make_onednn(library, case, files, threads):
    """Only of single layers: how fast a network is, is up to who puts layers together."""
    if not library or case not in models.LAYERS:
        return []
    return [onednn.OneDnn("oneDNN int8", library, files["peers"], files["input"], threads)]


def measure_case(case, files, threads, libraries, options):
    make = [(contenders.Ours, "ours int8", "int8"), (contenders.OnnxRuntime, "ONNX Runtime int8", "peers"),
            (contenders.OpenVino, "OpenVINO int8", "peers"), (contenders.Ours, "ours f32", "f32"),
            (contenders.OnnxRuntime, "ONNX Runtime f32", "model"), (contenders.OpenVino, "OpenVINO f32", "model")]
    everyone = [kind(name, files[file], files["input"], threads) for kind, name, file in make]
    everyone[3:3] = make_onednn(libraries["oneDNN"], case, files, threads)
    row = {"case": case, "threads": threads, "sqnr_db": compare(everyone)}
    peak = contenders.Peak(libraries["peak"], threads)
    if peak.macs:
        everyone.append(peak)
    times = measure.interleave(everyone, options.rounds, options.block)
    row["seconds"] = {name: measure.spread(values) for name, values in times.items()}
    ratio = lambda over, name: measure.spread(times[over] / times[name])
    row["int8_over"] = {name: ratio(name, "ours int8") for name in times if name not in ("ours int8", "peak")}
    row["f32_over"] = {name: ratio(name, "ours f32") for name in ("ONNX Runtime f32", "OpenVINO f32")}
    fastest = np.min([times[name] for name in report.PEERS if name in times], axis=0)
    row["int8_over"]["fastest int8 peer"] = measure.spread(fastest / times["ours int8"])
    row["macs"] = files["macs"]
    if peak.macs:
        row["peak_gmacs"] = measure.spread(peak.macs / times["peak"] / 1e9)
        row["share_of_peak"] = measure.spread(files["macs"] / times["ours int8"] / (peak.macs / times["peak"]))
    return row


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--cases", default=",".join(CASES))
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--block", type=float, default=0.02)
    parser.add_argument("--docs")
    parser.add_argument("--skip-compiling", action="store_true")
    options = parser.parse_args()
    cases = options.cases.split(",")
    unknown = [case for case in cases if case not in CASES]
    if unknown:
        sys.exit("unknown case %s; cases: %s" % (unknown[0], ", ".join(CASES)))
    os.makedirs(options.work, exist_ok=True)
    libraries = {"peak": contenders.compile_peak(options.work), "oneDNN": onednn.build(options.work)}
    version = importlib.metadata.version
    found = {"command": "scripts/benchmark " + " ".join(a for a in sys.argv[1:] if not a.startswith(("--bin=", "--work="))),
             "cpu": cpu_description(), "rounds": options.rounds, "block_seconds": options.block,
             "versions": {"ONNX Runtime": version("onnxruntime"), "OpenVINO": version("openvino"),
                          "oneDNN": onednn.version(),
                          "Python": platform.python_version()}, "compile": [], "rows": []}
    for case in cases:
        files = prepare(case, options)
        files["macs"] = models.multiply_adds(onnx.shape_inference.infer_shapes(onnx.load(files["model"])))
        found["compile"].append({"case": case, "model_mb": os.path.getsize(files["model"]) / 2**20, **files["cost"]})
        for threads in map(int, options.threads.split(",")):
            row = measure_case(case, files, threads, libraries, options)
            found["rows"].append(row)
            print(report.line(row), flush=True)
    compiler = os.path.join(options.bin, "quant-compile")
    if "resnet50" in cases and not options.skip_compiling:
        found["depth"] = compiling.depth(compiler, options.work)
        found["calibration"] = compiling.calibration(
            compiler, {"resnet50": os.path.join(options.work, "resnet50", "resnet50.onnx"),
                       "fashion_resnet8": os.path.join(DEMO, "fashion_resnet8.onnx")}, options.work)
    report.write(found, options.work, options.docs)


if __name__ == "__main__":
    main()
