"""Contractions whose inputs and outputs end, or begin, exactly at a page that must not be touched, on every CPU path.

Reads the compiled library by its C ABI. Prints `C contractions, P paths, D different`; a stray access kills a child and is counted.
"""
import ctypes
import mmap
import os
import sys
import tempfile

import numpy as np

import random_contractions

PAGE = mmap.PAGESIZE
libc = ctypes.CDLL(None, use_errno=True)


class Guarded:
    """An array of `bytes` between two pages without access, flush with the end or with the start."""

    def __init__(self, size, at_end):
        pages = (size + PAGE - 1) // PAGE
        self.memory = mmap.mmap(-1, (pages + 2) * PAGE)
        base = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        for guard in (base, base + (pages + 1) * PAGE):
            if libc.mprotect(ctypes.c_void_p(guard), PAGE, 0):
                raise OSError(ctypes.get_errno(), "mprotect")
        self.address = base + PAGE + (pages * PAGE - size if at_end else 0)
        self.view = np.frombuffer((ctypes.c_char * size).from_address(self.address), np.uint8)


def run_child(library, name, cases, at_end):
    """Runs the model once; the exit code is the number of results that differ."""
    module = ctypes.CDLL(library)
    workspace_bytes = getattr(module, name + "_workspace_bytes")
    workspace_bytes.restype = ctypes.c_size_t
    raw = ctypes.create_string_buffer(workspace_bytes() + 64)
    workspace = (ctypes.addressof(raw) + 63) // 64 * 64
    inputs, outputs = [], []
    for case in cases:
        for array in case.inputs().values():
            guarded = Guarded(array.nbytes, at_end)
            guarded.view[:] = np.frombuffer(array.tobytes(), np.uint8)
            inputs.append(guarded)
        outputs.append(Guarded(case.reference().nbytes, at_end))
    pointers = [(ctypes.c_void_p * max(1, len(list_)))(*[g.address for g in list_]) for list_ in (inputs, outputs)]
    code = getattr(module, name + "_run")(pointers[0], pointers[1], ctypes.c_void_p(workspace), 1)
    if code:
        os._exit(255)
    os._exit(min(254, sum(g.view.tobytes() != case.reference().tobytes() for g, case in zip(outputs, cases))))


def main():
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    count, paths, different = 0, set(), 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(100, 100 + seeds):
            rng = np.random.default_rng(seed)
            cases = [random_contractions.Contraction(rng, i) for i in range(10)]
            count += len(cases)
            ran = random_contractions.run_cases("guard%d" % seed, cases, folder, compile_only=True)
            if not ran:
                different += len(cases)
                continue
            for path in random_contractions.PATHS:
                for at_end in (True, False):
                    child = os.fork()
                    if child == 0:
                        os.environ["QUANT_OPT_CPU"] = path
                        run_child(os.path.join(folder, "guard%d.so" % seed), "guard%d" % seed, cases, at_end)
                    status = os.waitpid(child, 0)[1]
                    if os.WIFSIGNALED(status):
                        print("seed %d, %s: signal %d" % (seed, path, os.WTERMSIG(status)))
                        different += 1
                    elif os.WEXITSTATUS(status) == 255:
                        continue  # this CPU lacks the path
                    else:
                        paths.add(path)
                        different += os.WEXITSTATUS(status)
    print("%d contractions, %d paths, %d different" % (count, len(paths), different))
    return 1 if different or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
