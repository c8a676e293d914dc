"""Words that have no place in the project: promises for later, tickets, paths of one machine; and files without a purpose."""
import re
import sys

import project

FORBIDDEN = [
    (re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b"), "a promise for later"),
    (re.compile(r"\b(?:issue|ticket|bug|PR|pull request)s?[ -]?#?\d+", re.IGNORECASE), "a ticket"),
    (re.compile(r"(?<![\w.%}])/(?:home|work|root|Users)(?=/|\b)(?!\.)"), "a path of one machine"),
    (re.compile(r"(?<![\w.%}$])/tmp/"), "a path of one machine"),
    (re.compile(r"\bworktree\b"), "a way of working"),
]

root = sys.argv[1]
findings = []
for path in project.files(root):
    if path.endswith((".onnx", ".npz", ".npy", ".bin", ".png", ".pyc", ".gz")) or path == "test/Lint/Inputs/words.py":
        continue
    content = project.lines(root, path)
    for number, line in enumerate(content, 1):
        for pattern, what in FORBIDDEN:
            match = pattern.search(line)
            if match:
                findings.append(f"{path}:{number}: '{match.group(0)}' is {what}")
    if path.endswith((".cpp", ".h", ".td")) and not content[0].startswith(("//", "/*")):
        findings.append(f"{path}:1: expected one sentence of purpose")
    if path.endswith(".py") and not any(line.startswith('"""') for line in content[:3]):
        findings.append(f"{path}:1: expected one sentence of purpose")
project.finish(findings, "words out of place")
