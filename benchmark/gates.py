"""The project's goals for speed, and which of them a run of the benchmark meets: `first` is what a release needs, `then` what comes after."""

LARGE = ["conv_3x3_256_at14", "conv_1x1_256_1024_at14", "bert_ffn_128x768x3072"]
NETWORKS = ["resnet50", "mobilenetv2", "bert_base"]


def _rows(found, cases, threads=1):
    return [row for row in found["rows"] if row["case"] in cases and row["threads"] == threads]


def _least(values):
    """The smallest, or None where nothing was measured."""
    return min(values, default=None)


def _over(found, case, threads, name="fastest int8 peer"):
    return _least(row["int8_over"][name]["median"] for row in _rows(found, [case], threads))


def _compiled(found, case, figure):
    return _least(figure(each) for each in found["compile"] if each["case"] == case)


def _measured(found):
    """(goal, value, first, then) what should be at least `first` and `then`, or, where they are negative, at most their amounts."""
    share = lambda row: row["share_of_peak"]["median"]
    for case in LARGE:
        yield "%s: share of the peak" % case, _least(share(r) for r in _rows(found, [case]) if "share_of_peak" in r), 0.90, 0.97
    for case, first, then in (("stem_7x7", 1.2, 1.3), ("pointwise_24_144_at56", 1.1, 1.3), ("depthwise_3x3_128_at56", 2.5, 3.5),
                              ("gemv_4096x4096", 1.2, 1.5)):
        yield "%s: over the fastest peer" % case, _over(found, case, 1), first, then
    for case, first, then in (("resnet50", 1.0, 1.2), ("mobilenetv2", 1.3, 2.0), ("bert_base", 1.0, 1.2)):
        for threads in (1, 2):
            yield "%s, %d thread%s: over the fastest peer" % (case, threads, "s" * (threads > 1)), _over(found, case, threads), first, then
    for case, first, then in (("resnet50", 3.2, 3.8), ("mobilenetv2", 2.5, 3.2), ("bert_base", 3.0, 3.5)):
        yield "%s: int8 over own f32" % case, _over(found, case, 1, "ours f32"), first, then
    for case in NETWORKS:
        value = _least(row["f32_over"]["ONNX Runtime f32"]["median"] for row in _rows(found, [case]))
        yield "%s: f32 over ONNX Runtime's f32" % case, value, 0.8, 1.0
    for case in ("resnet50", "bert_base"):
        yield "%s: compiling with calibration, s" % case, _compiled(found, case, lambda c: c["int8"]["seconds"]), -60, -15
        yield "%s: peak memory over float weights" % case, _compiled(found, case, lambda c: c["int8"]["peak_mb"] / c["model_mb"]), None, -4
    for case, (half, whole) in found.get("depth", {}).items():
        yield "%s: compiling twice the layers" % case, whole / half, -2, -2
    for case, rates in found.get("calibration", {}).items():
        yield "%s: samples calibrated a second, over ONNX Runtime" % case, rates["ours"] / rates["ONNX Runtime"], 2, 5


def gates(found):
    """(goal, value, first, then, what is met) as text, of what was measured."""
    result = []
    for goal, value, first, then in _measured(found):
        if value is None:
            continue
        meets = lambda limit: limit is None or (value <= -limit if limit < 0 else value >= limit)
        met = "then" if meets(first) and meets(then) else "first" if meets(first) else "missed"
        text = lambda limit: "–" if limit is None else "at most %g" % -limit if limit < 0 else "%g" % limit
        result.append((goal, "%.2f" % value, text(first), text(then), met))
    return result
