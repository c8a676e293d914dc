"""Runs a command with each CPU path forced that this CPU has; a path that it or the library lacks is reported as skipped."""
import os
import subprocess
import sys

failed = False
for path in ('avx512vbmi', 'avx512vnni', 'avxvnni', 'avx512', 'avx2', 'x86-64'):
    done = subprocess.run(sys.argv[1:], env=dict(os.environ, QUANT_OPT_CPU=path), capture_output=True, text=True)
    if done.returncode == 0:
        print(path + ': same bytes')
    elif 'the library holds no code for the path' in done.stderr:
        print(path + ': skipped, the library has no need of it')
    elif 'this CPU cannot run the path' in done.stderr:
        print(path + ': skipped, this CPU lacks it')
    else:
        failed = True
        print(path + ': ' + done.stdout + done.stderr)
sys.exit(failed)
