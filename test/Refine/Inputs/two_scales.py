"""Samples for the models of meet-budget tests: two large values, two small ones. Arguments: data and labels files, number of samples."""
import sys

import numpy as np

random = np.random.default_rng(1)
x = random.uniform(-1, 1, (int(sys.argv[3]), 4)) * [1000, 1000, 0.01, 0.01]
np.savez(sys.argv[1], x=x.astype(np.float32))
# The front layer of the models reads the small values only.
hidden = np.maximum(100 * x[:, 2:] @ [[1.0, 0.5], [0.25, -1.0]], 0)
np.savez(sys.argv[2], labels=np.argmax(hidden @ [[1.0, -0.5], [-0.25, 0.75]], axis=1))
