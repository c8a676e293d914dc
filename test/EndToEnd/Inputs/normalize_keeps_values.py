"""Runs random CNNs before and after Normalize through the stock lowering and compares what they print.

Usage: normalize_keeps_values.py GENERATOR RUNNER_LIBRARIES FIRST_SEED COUNT [OPTION...], the options for --qnn-normalize.
"""
import re
import subprocess
import sys

LOWERING = [
    "--one-shot-bufferize=bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map",
    "--convert-linalg-to-loops", "--lower-affine", "--convert-scf-to-cf", "--expand-strided-metadata", "--lower-affine",
    "--finalize-memref-to-llvm", "--convert-math-to-llvm", "--convert-arith-to-llvm", "--convert-func-to-llvm", "--convert-cf-to-llvm",
    "--reconcile-unrealized-casts",
]


def call(command, text):
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr[:4000]}")
    return done.stdout


def run(module, runner):
    lowered = call(["quant-opt"] + LOWERING, module)
    printed = call(["mlir-runner", "-e", "main", "--entry-point-result=void", "-O0"] + runner, lowered)
    return re.sub(r"base@ = 0x[0-9a-f]+", "", printed)


def main():
    generator, libraries, first, count, *options = sys.argv[1:]
    runner = [f"--shared-libs={libraries}/libmlir_runner_utils.so,{libraries}/libmlir_c_runner_utils.so"]
    for seed in range(int(first), int(first) + int(count)):
        module = subprocess.run([sys.executable, generator, str(seed)], capture_output=True, text=True, check=True).stdout
        normalized = call(["quant-opt", f"--qnn-normalize={' '.join(options)}"], module)
        before, after = run(module, runner), run(normalized, runner)
        if before != after:
            sys.exit(f"seed {seed}: expected\n{before}found\n{after}")
        transposes = len(re.findall(r"linalg\.transpose", normalized))
        print(f"seed {seed}: same values, {transposes} transposes")


main()
