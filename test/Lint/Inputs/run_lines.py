"""RUN lines whose output nobody looks at, and test files without RUN lines."""
import re
import sys

import project

# A command counts as checked if its output is compared, or if it is a program whose exit status is the verdict.
CHECKED = re.compile(r"FileCheck|--?verify-diagnostics|\bdiff\b|\bcmp\b|%python|--compare\b|\btest\b|\bgrep\b|\bcount\b|\bnot\b|-verify-roundtrip|--bit-exact|--min-sqnr|--max-error")
# Preparation: a later RUN line of the same file reads what this one writes.
PREPARES = re.compile(r"\b(?:rm|mkdir|cp|split-file|touch|printf|echo|ln|chmod|head|cd)\b")
WRITTEN = re.compile(r"%t[\w./-]*|(?<=-o )\S+")
STEM = re.compile(r"([\w-]+)\.\w+")

root = sys.argv[1]
findings = []
for path in project.files(root, ".mlir", ".test", under="test"):
    if "/Inputs/" in path:
        continue
    text = re.sub(r"\\\n\s*(?://|#)\s*RUN:", "", "\n".join(project.lines(root, path)))
    runs = re.findall(r"(?<!\w)RUN:\s*(.*)", text)
    for name, value in re.findall(r"DEFINE:\s*(%\{[^}]+\})\s*=\s*(.*)", text):
        runs = [run.replace(name, value) for run in runs]
    if not runs:
        findings.append(f"{path}: has no RUN line")
    for index, run in enumerate(runs):
        if CHECKED.search(run):
            continue
        later = "\n".join(runs[index + 1:])
        # Without an output named, a compiler names it after its input.
        written = WRITTEN.findall(run) or [stem + "." for stem in STEM.findall(run)]
        if not PREPARES.search(run) and not any(file in later for file in written):
            findings.append(f"{path}: nothing checks what '{run.strip()}' does")
project.finish(findings, "RUN lines that check nothing")
