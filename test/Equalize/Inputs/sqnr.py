"""Signal to noise of a run beside a float run: sqnr.py FLOAT.npz OTHER.npz FLOOR prints whether it is at least FLOOR dB."""
import sys

import numpy

reference, other = (numpy.load(path)["logits"].astype(numpy.float64) for path in sys.argv[1:3])
found = 10 * numpy.log10((reference**2).sum() / max(((reference - other) ** 2).sum(), 1e-300))
print("at least" if found >= float(sys.argv[3]) else "below", sys.argv[3], "dB")
