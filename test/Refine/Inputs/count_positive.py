"""A metric: the share of outputs that are positive, in percent. Argument: the .npz file of outputs."""
import sys

import numpy as np

print("positive", 100 * float(np.mean(np.load(sys.argv[1])["y"] > 0)))
