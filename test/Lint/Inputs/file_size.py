"""Files over 500 lines: a sign of two ideas in one."""
import sys

import project

LIMIT = 500
# Generated, or data.
EXEMPT = {"docs/passes.md", "docs/dialect.md"}

root = sys.argv[1]
findings = []
for path in project.files(root, ".cpp", ".h", ".c", ".td", ".py", ".mlir", ".test", ".md", ".txt", ".cmake"):
    count = len(project.lines(root, path))
    if count > LIMIT and path not in EXEMPT:
        findings.append(f"{path}: {count} lines")
project.finish(findings, f"files over {LIMIT} lines")
