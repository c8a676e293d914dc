"""The project's own files, for the lint tests."""
import os
import sys

SKIPPED = {".git", ".venv", ".venv-benchmark", "__pycache__"}


def files(root, *suffixes, under=""):
    """Paths below root/under, relative to root, that end in one of the suffixes (all if none is given), sorted."""
    found = []
    root = os.path.normpath(root)
    for folder, folders, names in os.walk(os.path.normpath(os.path.join(root, under))):
        folders[:] = [name for name in folders if name not in SKIPPED and not (folder == root and name.startswith("build"))]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names
                  if name not in SKIPPED and (not suffixes or name.endswith(suffixes))]
    return sorted(found)


def lines(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read().split("\n")


def finish(findings, what):
    """Prints the findings and fails if there are any."""
    for finding in findings:
        print(finding)
    if findings:
        sys.exit(f"{len(findings)} {what}")
    print(f"no {what}")
