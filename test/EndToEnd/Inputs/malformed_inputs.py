"""Feeds mutants of valid files to the tools: malformed_inputs.py FOLDER COUNT [SEED] [KIND].

Every mutant must end within ten seconds and one GiB with exit code 0, 1 or 4, and unless it is 0 with 1 to 20 lines of
printable text on standard error and no output file.
"""
import os
import random
import resource
import subprocess
import sys
import time

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

folder, count = sys.argv[1], int(sys.argv[2])
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 0
only = sys.argv[4] if len(sys.argv) > 4 else None
here = os.path.dirname(os.path.abspath(__file__))
tools_inputs = os.path.join(here, '..', '..', 'Tools', 'Inputs')


def make_model(path):
    """A convolution, an activation, a reshape by a constant and a product."""
    rng = numpy.random.default_rng(0)
    weights = {
        'w': rng.standard_normal((4, 1, 3, 3)).astype(numpy.float32),
        'b': rng.standard_normal(4).astype(numpy.float32),
        's': numpy.array([1, -1], numpy.int64),
        'm': rng.standard_normal((144, 3)).astype(numpy.float32),
    }
    nodes = [
        helper.make_node('Conv', ['x', 'w', 'b'], ['c'], name='conv', kernel_shape=[3, 3]),
        helper.make_node('Relu', ['c'], ['r'], name='relu'),
        helper.make_node('Reshape', ['r', 's'], ['f'], name='flatten'),
        helper.make_node('MatMul', ['f', 'm'], ['y'], name='product'),
    ]
    graph = helper.make_graph(
        nodes, 'small', [helper.make_tensor_value_info('x', TensorProto.FLOAT, ['N', 1, 8, 8])],
        [helper.make_tensor_value_info('y', TensorProto.FLOAT, ['N', 3])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8), path)


def run(command):
    """Exit code (negative for a signal), standard error, seconds, and peak memory in KiB."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (20, 20)))
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    return os.waitstatus_to_exitcode(status), errors, time.monotonic() - begin, usage.ru_maxrss


def mutate(data, rng, text):
    """One to three random edits."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 3])):
        if not data:
            break
        at = rng.randrange(len(data))
        length = min(rng.choice([1, 1, 2, 4, 16, 64]), len(data) - at)
        kind = rng.randrange(6)
        if kind == 0:
            del data[at:]
        elif kind == 1:
            del data[at:at + length]
        elif kind == 2:
            data[at:at] = data[at:at + length] * rng.choice([1, 2, 50])
        elif kind == 3:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 4:
            data[at:at + length] = bytes(rng.choice([0, 0x7f, 0x80, 0xff]) for _ in range(length))
        elif text:
            data[at:at] = rng.choice([b'99999999999999999999', b'-1', b'(', b')', b'"', b'\x1b[31m', b'?', b'<', b'{', b'NaN'])
        else:
            other = rng.randrange(len(data))
            data[at:at + length] = data[other:other + length]
    return bytes(data)


os.makedirs(folder, exist_ok=True)
path = lambda name: os.path.join(folder, name)
make_model(path('model.onnx'))
numpy.savez(path('x.npz'), x=numpy.ones((5, 1, 8, 8), numpy.float32))
numpy.savez_compressed(path('xz.npz'), x=numpy.ones((5, 1, 8, 8), numpy.float32))
numpy.save(path('x.npy'), numpy.ones((5, 1, 8, 8), numpy.float32))
for command in (
    ['quant-compile', path('model.onnx'), '--target=x86-64', '-o', path('model.so')],
    ['quant-compile', path('model.onnx'), '--emit=mlir', '-o', path('model.mlir')],
    ['quant-opt', path('model.mlir'), '--emit-bytecode', '-o', path('model.mlirbc')],
    ['quant-compile', path('model.onnx'), '--emit=ranges', '--calibration-data=' + path('x.npz'), '-o', path('ranges.json')],
):
    code, errors, _, _ = run(command)
    if code and only in (None, 'json'):
        sys.exit('%s: %d\n%s' % (' '.join(command), code, errors.decode()))

# Each kind: valid file, whether it is text, and the command with MUTANT and OUTPUT in it.
compile_model = ['quant-compile', 'MUTANT', '--target=x86-64', '-o', 'OUTPUT']
run_model = ['quant-run', path('model.so'), '--inputs=MUTANT', '--outputs=OUTPUT']
kinds = {
    'onnx': ('model.onnx', False, compile_model),
    'mlir': ('model.mlir', True, ['quant-opt', 'MUTANT', '--qnn-normalize', '-o', 'OUTPUT']),
    'compiled-mlir': ('model.mlir', True, compile_model),
    'mlirbc': ('model.mlirbc', False, ['quant-opt', 'MUTANT', '-o', 'OUTPUT']),
    'npz': ('x.npz', False, run_model),
    'compressed': ('xz.npz', False, run_model),
    'npy': ('x.npy', False, run_model),
    'json': ('ranges.json', True,
             ['quant-compile', path('model.onnx'), '--quantize=static', '--ranges=MUTANT', '--emit=qdq', '-o', 'OUTPUT']),
}
failures = 0
for kind, (name, text, command) in kinds.items():
    if only not in (None, kind):
        continue
    rng = random.Random('%s %d' % (kind, seed))
    with open(path(name), 'rb') as file:
        valid = file.read()
    refused = 0
    for i in range(count):
        mutant, output = path('mutant-%s-%d%s' % (kind, i, os.path.splitext(name)[1])), path('output')
        with open(mutant, 'wb') as file:
            file.write(mutate(valid, rng, text))
        if os.path.exists(output):
            os.remove(output)
        actual = [part.replace('MUTANT', mutant).replace('OUTPUT', output) for part in command]
        code, errors, seconds, memory = run(actual)
        refused += code != 0
        problems = []
        if code not in (0, 1, 4):
            problems.append('exit code %d' % code)
        if code and not 1 <= errors.count(b'\n') <= 20:
            problems.append('%d lines' % errors.count(b'\n'))
        if any(byte < 32 and byte != 10 or byte == 127 for byte in errors):
            problems.append('control characters')
        if seconds > 10:
            problems.append('%.0f s' % seconds)
        if memory > 1 << 20:
            problems.append('%d MiB' % (memory >> 10))
        if code and os.path.exists(output):
            problems.append('a partial output')
        if problems:
            failures += 1
            print('%s: %s\n%s' % (' '.join(actual), ', '.join(problems), errors.decode(errors='replace')[:2000]))
        else:
            os.remove(mutant)
    print('%s: %d mutants, %d refused' % (kind, count, refused))
sys.exit(failures != 0)
