"""Sources that clang-format would change."""
import subprocess
import sys

import project

root = sys.argv[1]
sources = [path for path in project.files(root, ".cpp", ".h", ".c") if path.startswith(("include/", "lib/", "tools/", "test/"))]
done = subprocess.run(["clang-format", "--dry-run", "--style=file"] + sources, cwd=root, capture_output=True, text=True)
changed = sorted({line.split(":")[0] for line in done.stderr.split("\n") if "clang-format-violations" in line})
if done.returncode != 0:
    sys.exit(done.stderr)
project.finish(changed, "files to format")
