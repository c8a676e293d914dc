"""Kills a command that writes FOLDER/model.so at 25 moments: kill.py FOLDER COMMAND..."""
import os
import subprocess
import sys
import time

folder, command = sys.argv[1], sys.argv[2:]
library, header = os.path.join(folder, 'model.so'), os.path.join(folder, 'model.h')
begin = time.monotonic()
subprocess.run(command, check=True)
seconds = time.monotonic() - begin
with open(library, 'rb') as file:
    complete = file.read()

for i in range(25):
    for path in (library, header):
        with open(path, 'wb') as file:
            file.write(b'old')
    process = subprocess.Popen(command)
    time.sleep(seconds * 1.1 * i / 24)
    process.kill()
    process.wait()
    with open(library, 'rb') as file:
        found = file.read()
    if found not in (b'old', complete):
        sys.exit('kill %d: model.so has %d bytes, neither old nor complete' % (i, len(found)))
    beside = set(os.listdir(folder)) - {'model.so', 'model.h'}
    if beside:
        sys.exit('kill %d left %s' % (i, beside))
