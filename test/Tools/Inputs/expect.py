"""Runs a command and checks how it ends: expect.py CODE COMMAND... prints everything the command printed.

Whatever the command does wrong, it must say so in 1 to 20 lines on standard error.
"""
import subprocess
import sys

code = int(sys.argv[1])
done = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
sys.stdout.buffer.write(done.stdout + done.stderr)
lines = done.stderr.count(b'\n')
if done.returncode != code:
    sys.exit('exit code %d, expected %d' % (done.returncode, code))
if code and not 1 <= lines <= 20:
    sys.exit('%d lines on standard error' % lines)
