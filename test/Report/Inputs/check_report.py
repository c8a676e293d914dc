"""Validates a report's JSON against its schema, checks what must hold between its numbers, and that the page holds the same JSON."""
import json
import sys

import jsonschema

page, path, schema = sys.argv[1:4]
report = json.load(open(path))
with open(schema) as file:
    definition = json.load(file)
jsonschema.Draft202012Validator.check_schema(definition)
jsonschema.Draft202012Validator(definition).validate(report)

text = open(page).read()
begin = text.index('<script type="application/json" id="report">') + len('<script type="application/json" id="report">')
assert json.loads(text[begin:text.index("</script>", begin)]) == report
for outside in ("http://", "https://", "src=", "@import", "url("):
    assert outside not in text.replace("http://www.w3.org/2000/svg", ""), outside

edges = {edge["name"]: edge for edge in report["edges"]}
for layer in report["layers"]:
    for name in layer["inputs"] + layer["epilogue_inputs"] + ([layer["output"]] if layer["output"] else []):
        assert name in edges, name
for edge in edges.values():
    assert edge["least"] <= 0 <= edge["most"]
    seen = edge.get("seen")
    if seen and seen["count"]:
        counts = seen["histogram"]["counts"]
        assert abs(sum(counts) - seen["count"]) <= 1e-3 * seen["count"] + len(counts)
        points = edge.get("convergence", [])
        assert not points or (points[-1]["min"], points[-1]["max"]) == (seen["min"], seen["max"])
shares = [layer["sensitivity"]["noise_share"] for layer in report["layers"] if "sensitivity" in layer]
assert not shares or abs(sum(shares) - 1) < 1e-6, shares
data = report["calibration"]["data"]
print("valid: %d layers, %d edges, %d float, %s" % (len(report["layers"]), len(edges), len(report["float"]),
                                                  "%d samples" % data[0]["asked"] if data else "no data"))
