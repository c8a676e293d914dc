"""Writes an .npz: arrays.py FILE.npz NAME=EXPRESSION... where an expression is Python with numpy's names."""
import sys

import numpy

scope = {**vars(numpy), 'random': numpy.random}
arrays = {}
for argument in sys.argv[2:]:
    name, expression = argument.split('=', 1)
    arrays[name] = eval(expression, scope)
numpy.savez(sys.argv[1], **arrays)
