"""RUN lines whose output nobody looks at, and test files without RUN lines."""
import re
import sys

import project

# A command counts as checked if its output is compared, or if it is a program whose exit status is the verdict.
CHECKED = re.compile(r"FileCheck|--?verify-diagnostics|\bdiff\b|\bcmp\b|%python|\btest\b|\bgrep\b|\bcount\b|\bnot\b|-verify-roundtrip")
# Preparation: a later RUN line of the same file reads what this one writes.
PREPARES = re.compile(r"\b(?:rm|mkdir|cp|split-file|touch|printf|echo|ln|chmod|head|cd)\b")
WRITTEN = re.compile(r"%t[\w./-]*")

root = sys.argv[1]
findings = []
for path in project.files(root, ".mlir", ".test", under="test"):
    if "/Inputs/" in path:
        continue
    text = re.sub(r"\\\n\s*(?://|#)\s*RUN:", "", "\n".join(project.lines(root, path)))
    runs = re.findall(r"RUN:\s*(.*)", text)
    if not runs:
        findings.append(f"{path}: has no RUN line")
    for index, run in enumerate(runs):
        if CHECKED.search(run):
            continue
        later = "\n".join(runs[index + 1:])
        if not PREPARES.search(run) and not any(file in later for file in WRITTEN.findall(run)):
            findings.append(f"{path}: nothing checks what '{run.strip()}' does")
project.finish(findings, "RUN lines that check nothing")
