"""Tables, JSON and plot of what was measured."""
import json
import os

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

import gates  # noqa: E402

PEERS = ["ONNX Runtime int8", "OpenVINO int8", "oneDNN int8"]


def _milliseconds(row, name):
    return "%.3g" % (row["seconds"][name]["median"] * 1e3) if name in row["seconds"] else "–"


def ratio(value):
    return "%.2f (%.2f–%.2f)" % (value["median"], value["low"], value["high"])


def line(row):
    """One measured row as text."""
    return "%s, %d threads: int8 %s ms, ORT %s, OpenVINO %s, oneDNN %s, over the fastest %s, share %s; f32 %s ms, over ORT %s" % (
        row["case"], row["threads"], _milliseconds(row, "ours int8"), *(_milliseconds(row, peer) for peer in PEERS),
        ratio(row["int8_over"]["fastest int8 peer"]), "%.2f" % row["share_of_peak"]["median"] if "share_of_peak" in row else "-",
        _milliseconds(row, "ours f32"), ratio(row["f32_over"]["ONNX Runtime f32"]))


def table(header, rows):
    return "\n".join(["| " + " | ".join(cells) + " |" for cells in [header, ["---"] * len(header), *rows]])


def tables(found):
    """The Markdown tables."""
    cpu = found["cpu"]
    text = ["`%s` on %s, %d CPUs, with %s; ONNX Runtime %s, OpenVINO %s, oneDNN %s. Medians of %d interleaved blocks of at least %d ms; ratios are "
            "medians over blocks with their 10–90 %% range; above 1, ours is faster.%s"
            % (found["command"].strip(), cpu["model"], cpu["cpus"], ", ".join(cpu["features"]), found["versions"]["ONNX Runtime"],
               found["versions"]["OpenVINO"], found["versions"]["oneDNN"] or "not installed", found["rounds"], found["block_seconds"] * 1e3,
               " Load average at the start: %.1f." % cpu["load"] if "load" in cpu else "")]
    goals = gates.gates(found)
    if goals:
        text.append(table(["goal", "measured", "first", "then", "met"], goals))
        text.append("%d of %d goals meet \"first\", %d of them \"then\" too." % (
            sum(g[-1] != "missed" for g in goals), len(goals), sum(g[-1] == "then" for g in goals)))
    header = ["case", "threads", "int8 ms", "ONNX Runtime int8 ms", "OpenVINO int8 ms", "oneDNN int8 ms", "over the fastest peer", "share of peak",
              "int8 over own f32", "f32 ms", "f32 over ONNX Runtime f32", "SQNR dB ours / ONNX Runtime / OpenVINO / oneDNN"]
    rows = []
    for row in found["rows"]:
        share = "%.0f %%" % (100 * row["share_of_peak"]["median"]) if "share_of_peak" in row else "–"
        rows.append([row["case"], str(row["threads"]), _milliseconds(row, "ours int8"), *(_milliseconds(row, p) for p in PEERS),
                     ratio(row["int8_over"]["fastest int8 peer"]), share, ratio(row["int8_over"]["ours f32"]),
                     _milliseconds(row, "ours f32"), ratio(row["f32_over"]["ONNX Runtime f32"]),
                     " / ".join("%.1f" % row["sqnr_db"][n] for n in ["ours int8", *PEERS] if n in row["sqnr_db"])])
    text.append(table(header, rows))
    peaks = ["%d thread%s %.0f GMAC/s" % (r["threads"], "s" * (r["threads"] > 1), r["peak_gmacs"]["median"])
             for r in {r["threads"]: r for r in found["rows"] if "peak_gmacs" in r}.values()]
    if peaks:
        text.append("Calibrated peak of the byte dot product in the same run: %s." % ", ".join(peaks))
    cells = lambda cost: ["%.1f (%.1f)" % (cost["seconds"], cost["cpu_seconds"]), "%.0f" % cost["peak_mb"]]
    text.append(table(["compiling", "model MB", "f32 s (CPU s)", "f32 peak MB", "int8 with calibration s (CPU s)", "int8 peak MB"],
                       [[c["case"], "%.1f" % c["model_mb"], *cells(c["f32"]), *cells(c["int8"])] for c in found["compile"]]))
    if "depth" in found:
        text.append(table(["compiling with calibration", "half the layers, s", "all, s"],
                           [[name, "%.1f" % half, "%.1f" % whole] for name, (half, whole) in found["depth"].items()]))
    if "calibration" in found:
        text.append(table(["measuring ranges on all cores", "samples a second", "ONNX Runtime's calibrator"],
                           [[case, "%.1f" % rates["ours"], "%.1f" % rates["ONNX Runtime"]] for case, rates in found["calibration"].items()]))
    return "\n\n".join(text) + "\n"


def plot(found, path):
    """A bar a case and number of threads: how many times faster than the fastest peer."""
    rows = found["rows"]
    figure, axes = pyplot.subplots(figsize=(9, 0.32 * len(rows) + 1.2))
    ratios = [row["int8_over"]["fastest int8 peer"] for row in rows]
    middle = [r["median"] for r in ratios]
    errors = [[r["median"] - r["low"] for r in ratios], [r["high"] - r["median"] for r in ratios]]
    axes.barh(range(len(rows)), middle, xerr=errors, color=["tab:blue" if m >= 1 else "tab:orange" for m in middle])
    axes.set_yticks(range(len(rows)), ["%s, %d" % (row["case"], row["threads"]) for row in rows], fontsize=8)
    axes.invert_yaxis()
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xlabel("times faster than the fastest of ONNX Runtime, OpenVINO and oneDNN (int8); bars: 10–90 %")
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def replace(document, mark, text, end=None):
    """Puts the text between `<!-- mark -->` and `<!-- end mark -->` of a document."""
    start, stop = "<!-- %s -->\n" % mark, "<!-- %s -->" % (end or "end " + mark)
    with open(document) as file:
        before, rest = file.read().split(start, 1)
    with open(document, "w") as file:
        file.write(before + start + text + stop + rest.split(stop, 1)[1])


def write(found, folder, document=None):
    with open(os.path.join(folder, "results.json"), "w") as file:
        json.dump(found, file, indent=1)
    text = tables(found)
    with open(os.path.join(folder, "results.md"), "w") as file:
        file.write(text)
    plot(found, os.path.join(folder, "results.png"))
    if document:
        replace(document, "measured", text, "end")
    print("\n" + text)
