"""How many instructions a small network takes, beside what was accepted: a guard of speed without a clock.

usage: instruction_counts.py FOLDER [--expected FILE] [--accept] [--counted]

Two counts for each layer: the instructions that its step executes on the AVX2 path (callgrind; valgrind knows no AVX-512), and, on the
AVX512-VNNI path, the instructions of its innermost loops for each dot product in them (from the disassembly). Neither depends on the machine. More than
3 % above instruction-counts.txt is an error; --accept writes what is found into that file. FOLDER holds what is made on the way, and
--counted compares what an earlier run left there.
"""
import argparse
import json
import os
import re
import subprocess
import sys

import numpy as np
import onnx

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "benchmark"))
import models  # noqa: E402

EXPECTED = os.path.join(HERE, "Inputs", "instruction-counts.txt")
TOLERANCE = 1.03
ABOUT = """# Instructions of a small network's layers, by instruction_counts.py: executed on the AVX2 path, and, on the AVX512-VNNI path, in the innermost
# loops for each dot product. If a change makes one larger for a good reason:
#   PATH=build/bin:$PATH python3 test/EndToEnd/instruction_counts.py FOLDER --accept
"""


def network():
    b = models.Builder("small", [1, 3, 18, 18])
    x = b.add("Relu", b.conv("input", 3, 32, 3, 2))
    x = b.add("Relu", b.conv(x, 32, 32, 3, 1, groups=32))
    y = b.add("Relu", b.conv(x, 32, 96))
    y = b.add("Relu", b.conv(y, 96, 32, 3))
    x = b.add("Add", x, y)
    x = b.dense(b.add("Reshape", x, b.constant(np.array([1, 81, 32]))), 32, 48)
    x = b.add("Mul", x, b.add("Sigmoid", x))
    x = b.add("ReduceMean", x, axes=[1], keepdims=0)
    x = b.add("Softmax", b.dense(x, 48, 512), axis=-1)
    return b.finish(x, [1, 512])


def run(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode:
        sys.exit("%s: exit code %d: %s%s" % (" ".join(command), done.returncode, done.stdout, done.stderr))
    return done.stdout


def executed(text):
    """{number of a step: instructions executed by it and what it calls} from callgrind's output."""
    names, counts, step, skip = {}, {}, None, False
    for line in text.splitlines():
        found = re.match(r"fn=\((\d+)\)(?: (.*))?", line)
        if found:
            name = names.setdefault(found.group(1), found.group(2))
            known = re.search(r"_step_(\d+)$", name)
            step = int(known.group(1)) if known else None
        elif step is not None and re.match(r"[+*\-\d]\S* \d+$", line):
            counts[step] = counts.get(step, 0) + int(line.split()[1])
        else:
            found = re.match(r"cfn=\((\d+)\) (.*)", line)
            if found:
                names.setdefault(*found.groups())
    return counts


def in_loops(text, path):
    """{number of a step: [instructions, dot products] of the innermost loops with dot products} from a disassembly."""
    functions, steps = {}, {}
    for block in re.split(r"\n\n", text):
        head = re.match(r"\s*([0-9a-f]+) <(.*)>:", block)
        if not head or "_%s_" % path not in head.group(2):
            continue
        code = [(int(a, 16), rest) for a, rest in re.findall(r"^\s+([0-9a-f]+):\s+(\S.*)$", block, re.MULTILINE)]
        jumps = [(int(t.group(1), 16), a) for a, rest in code for t in [re.match(r"j\w+\s+0x([0-9a-f]+)", rest)] if t]
        loops = [(to, at) for to, at in jumps if code[0][0] <= to <= at]
        inner = [l for l in loops if not any(m != l and l[0] <= m[0] and m[1] <= l[1] for m in loops)]
        total = [0, 0]
        for to, at in inner:
            body = [rest for a, rest in code if to <= a <= at]
            dots = sum(rest.startswith("vpdpbusd") for rest in body)
            if dots:
                total = [total[0] + len(body), total[1] + dots]
        functions[head.group(2)] = total
        known = re.search(r"_step_(\d+)$", head.group(2))
        if known:
            called = [re.search(r"<(.*?)>", rest).group(1) for _, rest in code if re.match(r"(call|jmp)\w*\s+0x\S+ <\w+>$", rest)]
            steps[int(known.group(1))] = [head.group(2)] + called
    return {step: [sum(functions.get(name, [0, 0])[i] for name in names) for i in range(2)] for step, names in steps.items()}


def count(folder):
    """(name, count) of each layer and kind of count."""
    base = os.path.join(folder, "small")
    model = network()
    onnx.save(model, base + ".onnx")
    np.savez(base + ".npz", input=models.samples([1, 3, 18, 18], 8, 2))
    run(["quant-compile", base + ".onnx", "--quantize=static", "--calibration-data=" + base + ".npz", "--name=small",
         "--target=x86-64-avx512vnni,x86-64-avx2", "-o", base + ".so"])
    forced = dict(os.environ, QUANT_OPT_CPU="avx2")
    run(["quant-run", base + ".so", "--profile=" + base + ".json", "--seconds=0"], env=forced)
    run(["clang", "-O1", os.path.join(HERE, "Inputs", "run_once.c"), "-o", base, "-ldl"])
    run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + base + ".out", base, base + ".so", "small", str(4 * 3 * 18 * 18),
         str(4 * 512)], env=forced)
    dynamic = executed(open(base + ".out").read())
    static = in_loops(run(["llvm-objdump", "-d", "--no-show-raw-insn", base + ".so"]), "avx512vnni")
    found = []
    for step, info in enumerate(json.load(open(base + ".json"))["steps"]):
        name = "%d/%s" % (step, info["layer"])
        found.append((name + " executed", dynamic[step]))
        if static.get(step, (0, 0))[1]:
            found.append((name + " per-dot-product", round(static[step][0] / static[step][1], 2)))
    return found


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--accept", action="store_true")
    parser.add_argument("--expected", default=EXPECTED)
    parser.add_argument("--counted", action="store_true")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    log = os.path.join(options.folder, "counts.json")
    if not options.counted:
        with open(log, "w") as file:
            json.dump(count(options.folder), file)
    found = [tuple(each) for each in json.load(open(log))]
    if options.accept:
        with open(options.expected, "w") as file:
            file.write(ABOUT + "".join("%s %s\n" % each for each in found))
        return 0
    expected = {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in open(options.expected) if not line.startswith("#")}
    worse = ["%s: %s instructions, %s accepted" % (name, value, expected[name]) for name, value in found
             if name in expected and value > TOLERANCE * expected[name]]
    for name, value in found:
        if name in expected and value * TOLERANCE < expected[name]:
            print("%s: %s instructions, fewer than the %s accepted" % (name, value, expected[name]))
    if [name for name, _ in found] != list(expected):
        worse.append("the layers are not those accepted")
    for line in worse:
        print(line)
    print("%d counts, %d too large%s" % (len(found), len(worse), "; how to accept them says %s" % options.expected if worse else ""))
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
