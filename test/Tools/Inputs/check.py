"""Evaluates assertions on an .npz: check.py FILE.npz EXPRESSION... with its arrays and numpy's names in scope."""
import sys

import numpy

scope = dict(vars(numpy))
scope.update(numpy.load(sys.argv[1]))
for expression in sys.argv[2:]:
    if not eval(expression, scope):
        sys.exit('%s is false, with %s' % (expression, {name: scope[name] for name in numpy.load(sys.argv[1]).files}))
