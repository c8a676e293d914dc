"""Passes and operations without summary, description or example, and pass or pipeline options that no test names."""
import json
import os
import re
import subprocess
import sys

import project


def records(root, path, include):
    command = ["llvm-tblgen", "--dump-json", f"-I{root}/include", f"-I{include}", f"{root}/{path}"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main():
    root, include = sys.argv[1:]
    findings = []
    tests = "\n".join("\n".join(project.lines(root, path)) for path in project.files(root, under="test"))

    def check_option(flag, owner):
        if not re.search(r"(?<![\w-])%s(?=[=\s\"',}])" % re.escape(flag), tests):
            findings.append(f"{owner}: no test names the option '{flag}'")

    for path in project.files(root, ".td", under="include"):
        defs = records(root, path, include)
        for name in defs["!instanceof"].get("PassBase", []):
            definition = defs[name]
            if not definition["summary"] or not definition["description"]:
                findings.append(f"{path}: the pass {name} has no summary or no description")
            elif "```" not in definition["description"] and "Example" not in definition["description"]:
                findings.append(f"{path}: the description of the pass {name} has no example")
            for test in re.findall(r"test/[\w./-]+\.\w+", definition["description"]):
                if not os.path.exists(os.path.join(root, test)):
                    findings.append(f"{path}: the description of the pass {name} names {test}, which is not there")
            if f"--{definition['argument']}" not in tests and f"{definition['argument']}" not in tests:
                findings.append(f"{path}: no test runs the pass '{definition['argument']}'")
            for option in definition["options"]:
                check_option(defs[option["def"]]["argument"], f"{path}: {name}")
        for name in defs["!instanceof"].get("Op", []):
            definition = defs[name]
            if definition["opDialect"]["def"] != "Qnn_Dialect":
                continue
            if not definition["summary"] or not definition["description"]:
                findings.append(f"{path}: the operation {name} has no summary or no description")
            elif "Example" not in definition["description"]:
                findings.append(f"{path}: the description of the operation {name} has no example")
    for path in project.files(root, ".h", ".cpp", under="include/quant-opt/Pipelines") + \
            project.files(root, ".cpp", under="lib/Pipelines"):
        for flag in re.findall(r"Option<[^{;]*>\s*\w+\{\s*\*this,\s*\"([\w-]+)\"", "\n".join(project.lines(root, path))):
            check_option(flag, path)
    project.finish(sorted(set(findings)), "gaps in descriptions and option tests")


main()
