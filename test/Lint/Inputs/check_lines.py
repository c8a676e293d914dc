"""Dead FileCheck lines: a prefix without its colon, or one that no RUN line of the file names."""
import re
import sys

import project

DIRECTIVES = "(?:-(?:NEXT|SAME|NOT|DAG|LABEL|EMPTY|COUNT-\\d+))"
COMMENT = re.compile(r"^\s*(?:(?://|#|;)\s*)?([A-Z][A-Z0-9_-]*?)(%s?)(:?)(?:\{LITERAL\}:)?(\s|$)(.*)" % DIRECTIVES)


def prefixes(text):
    found = set()
    for match in re.finditer(r"--?check-prefix(?:es)?[= ](\S+)", text):
        found.update(match.group(1).strip("'\"").split(","))
    if re.search(r"FileCheck(?![^\n|]*check-prefix)", text):
        found.add("CHECK")
    return found


def check(root, path):
    content = project.lines(root, path)
    joined = re.sub(r"\\\n\s*(?://|#)\s*RUN:", "", "\n".join(content))
    runs = "\n".join(line for line in joined.split("\n") if "RUN:" in line)
    known = prefixes(runs)
    for number, line in enumerate(content, 1):
        match = COMMENT.match(line)
        if not match or match.group(1) in ("RUN", "REQUIRES", "UNSUPPORTED", "XFAIL", "DEFINE", "REDEFINE", "END"):
            continue
        prefix, directive, colon, rest = match.group(1), match.group(2), match.group(3), match.group(5)
        if prefix in known and not colon and (directive or rest.startswith((":", "%", "@", "func"))):
            yield f"{path}:{number}: '{prefix}{directive}' lacks its colon"
        elif colon and prefix not in known and ("CHECK" in prefix or directive):
            yield f"{path}:{number}: no RUN line of this file checks the prefix '{prefix}'"
        elif colon and re.match(r"CHECK-(?!NEXT$|SAME$|NOT$|DAG$|LABEL$|EMPTY$|COUNT-\d+$)", prefix + directive) and \
                prefix not in known:
            yield f"{path}:{number}: '{prefix}{directive}' is no directive"


root = sys.argv[1]
findings = [finding for path in project.files(root, ".mlir", ".test", under="test") for finding in check(root, path)]
project.finish(findings, "dead CHECK lines")
