"""Makes data sets with known structure and checks what select_samples takes from them."""
import sys

import numpy as np

import quant_opt

rng = np.random.default_rng(3)
# Three classes of very different sizes; class 2 has fewer samples than its share.
labels = np.repeat([0, 1, 2], [600, 300, 10])
centers = np.array([[0, 0, 0, 0], [5, 0, 0, 0], [0, 9, 0, 0]], np.float32)
data = {"x": (centers[labels] + rng.standard_normal((910, 4))).astype(np.float32)}

for method in ("herding", "kmeans++"):
    chosen = quant_opt.select_samples(data, 90, labels, method)
    assert len(np.unique(chosen)) == 90 and (np.diff(chosen) > 0).all()
    assert np.bincount(labels[chosen]).tolist() == [40, 40, 10], np.bincount(labels[chosen])
    assert (chosen == quant_opt.select_samples(data, 90, labels, method)).all()

# Without labels herding keeps the proportions and the mean far better than chance does.
chosen = quant_opt.select_samples(data, 91)
shares = np.bincount(labels[chosen], minlength=3)
assert abs(shares[0] - 60) <= 4 and abs(shares[1] - 30) <= 4 and shares[2] >= 1, shares
error = np.linalg.norm(data["x"][chosen].mean(0) - data["x"].mean(0))
chance = np.median([np.linalg.norm(data["x"][rng.choice(910, 91, replace=False)].mean(0) - data["x"].mean(0)) for _ in range(50)])
assert error < chance / 3, (error, chance)

# k-means++ reaches the rare class, wide rows are projected, and tokens count by value.
assert 2 in labels[quant_opt.select_samples(data, 12, method="kmeans++", seed=1)]
wide = {"image": np.repeat(data["x"], 100, axis=1).reshape(910, 1, 20, 20), "tokens": labels[:, None] * np.ones((1, 8), np.int64)}
assert len(quant_opt.select_samples(wide, 20)) == 20
# Samples that are all alike can still be taken, each once.
alike = {"x": np.zeros((5, 3), np.float32)}
assert quant_opt.select_samples(alike, 5, method="kmeans++").tolist() == [0, 1, 2, 3, 4]
assert quant_opt.select_samples(alike, 3).tolist() == [0, 1, 2]
# Masks do not hide everything else.
masked = {"x": np.where(np.arange(4) == 3, -np.inf, data["x"])}
assert np.isfinite(quant_opt.select_samples(masked, 9)).all()

for arguments, message in (((data, 0), "expected a count from 1 to 910"), ((data, 911), "found 911"),
                           (({**data, "y": np.zeros(3)}, 2), "x: 910, y: 3"), (({}, 1), "found none"),
                           ((data, 1, None, "random"), "no method is called random")):
    try:
        quant_opt.select_samples(*arguments)
        sys.exit("not refused: " + message)
    except quant_opt.SelectionError as error:
        assert message in str(error), error
np.savez(sys.argv[1] + ".npz", **data)
np.save(sys.argv[1] + ".labels.npy", labels)
print("all selections are as they should be")
