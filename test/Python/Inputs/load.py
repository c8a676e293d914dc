"""Runs the library given and every error of quant_opt.load and Model.run."""
import sys

import numpy as np

import quant_opt


def complain(call):
    try:
        call()
    except quant_opt.ModelError as error:
        print(error)


model = quant_opt.load(sys.argv[1])
x = np.arange(6, dtype=np.float32).reshape(2, 3)
print("inputs", model.inputs)
print("y", model.run(x=x)["y"].reshape(-1).tolist())
call, outputs = model.bind({"x": x})
x += 1
call()
print("bound", outputs["y"].reshape(-1).tolist())
complain(lambda: model.run(x1=x))
complain(lambda: model.run(x=x.astype(np.float64)))
complain(lambda: model.run())
complain(lambda: quant_opt.load(__file__))
