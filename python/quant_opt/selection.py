"""Picks samples to calibrate on: a small subset that stands for a data set, balanced over its classes where they are known.

    scripts/select-samples data.npz --count=500 --labels=labels.npz -o calib.npz
    chosen = quant_opt.select_samples({"image": images}, 500, labels=labels)

With labels every class gets an equal share, as far as it has samples (stratified). Within a class, or without labels, the subset is
grown by one of two methods on features of the samples:
  herding   each sample is the one that brings the mean of the subset's features nearest to the mean of all (Welling, "Herding dynamical
            weights to learn", 2009; with random Fourier features, so that the distribution and not only its mean is matched)
  kmeans++  each sample is drawn with a chance that grows with the squared distance to the nearest one chosen before (Arthur and
            Vassilvitskii, "k-means++", 2007): more spread, more unusual samples
The choice depends on the data, the arguments and the seed alone.
"""
import argparse
import sys
import zlib

import numpy as np

METHODS = ("herding", "kmeans++")
WIDTH = 128  # features of a sample after projection


class SelectionError(Exception):
    """Data that cannot be selected from; the message says what was expected."""


def _rng(seed, purpose):
    """A generator of its own for each purpose, so that one does not disturb another."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])


def _flat(array):
    """One row of floats a sample; integers such as tokens as shares of their values, because their order means nothing."""
    array = np.asarray(array)
    rows = array.reshape(len(array), -1)
    if array.dtype.kind in "iu" and rows.size and 0 <= rows.min() and rows.max() < 4096 and rows.shape[1] > 1 and array.dtype != np.uint8:
        counts = np.zeros((len(rows), int(rows.max()) + 1), np.float32)
        np.add.at(counts, (np.arange(len(rows))[:, None], rows), 1 / rows.shape[1])
        return counts
    rows = rows.astype(np.float32)
    return np.where(np.isfinite(rows), np.clip(rows, -1e6, 1e6), 0)


def features(arrays, seed=0):
    """[samples, at most WIDTH] f32: every input flattened, standardized, projected to few dimensions at random."""
    parts = []
    for name in sorted(arrays):
        rows = _flat(arrays[name])
        if rows.shape[1] > WIDTH:
            projection = _rng(seed, "project " + name).standard_normal((rows.shape[1], WIDTH)).astype(np.float32)
            rows = rows @ (projection / np.sqrt(rows.shape[1]))
        parts.append(rows)
    rows = np.concatenate(parts, 1) if parts else np.zeros((0, 1), np.float32)
    deviation = rows.std(0)
    return (rows - rows.mean(0)) / np.where(deviation > 0, deviation, 1)


def _herd(rows, count, seed):
    # Random Fourier features of a Gaussian kernel whose width is the typical distance between samples.
    scale = np.sqrt(2 * rows.shape[1]) or 1.0
    rng = _rng(seed, "fourier")
    angles = rows @ (rng.standard_normal((rows.shape[1], WIDTH)).astype(np.float32) / scale)
    lifted = np.concatenate([np.cos(angles), np.sin(angles), rows / np.sqrt(rows.shape[1])], 1)
    mean, total = lifted.mean(0), np.zeros(lifted.shape[1], np.float32)
    norms, free, chosen = (lifted ** 2).sum(1), np.ones(len(rows), bool), []
    for step in range(1, count + 1):
        # The one that makes |mean * step - (total + x)| least.
        cost = norms - 2 * (lifted @ (mean * step - total))
        chosen.append(int(np.argmin(np.where(free, cost, np.inf))))
        free[chosen[-1]] = False
        total += lifted[chosen[-1]]
    return chosen


def _spread(rows, count, seed):
    rng = _rng(seed, "kmeans++")
    chosen = [int(rng.integers(len(rows)))]
    nearest = ((rows - rows[chosen[0]]) ** 2).sum(1)
    while len(chosen) < count:
        nearest[chosen] = 0
        total = nearest.sum(dtype=np.float64)
        if total > 0:
            pick = int(np.searchsorted(np.cumsum(nearest, dtype=np.float64), rng.random() * total))
        else:  # the rest repeats what is chosen
            pick = int(np.setdiff1d(np.arange(len(rows)), chosen)[0])
        pick = min(pick, len(rows) - 1)
        if pick in chosen:
            pick = int(np.argmax(nearest))
        chosen.append(pick)
        nearest = np.minimum(nearest, ((rows - rows[pick]) ** 2).sum(1))
    return chosen


def _shares(sizes, count):
    """How many samples each class gives: equal shares, and what small classes lack from the others, one by one."""
    shares = np.zeros(len(sizes), int)
    while count:
        open_classes = np.flatnonzero(shares < sizes)
        share = max(count // len(open_classes), 1)
        for index in open_classes:
            more = min(share, sizes[index] - shares[index], count)
            shares[index] += more
            count -= more
    return shares


def select_samples(arrays, count, labels=None, method="herding", seed=0):
    """Sorted indices of `count` samples of `arrays` (input name: array with samples in its leading axis).

    `labels` has a class for each sample. Fails with SelectionError if there are too few samples, or their numbers disagree.
    """
    if method not in METHODS:
        raise SelectionError("no method is called %s; there are %s" % (method, " and ".join(METHODS)))
    sizes = {name: len(array) for name, array in arrays.items()}
    if labels is not None:
        labels = np.asarray(labels).reshape(-1)
        sizes["labels"] = len(labels)
    if not arrays or len(set(sizes.values())) != 1:
        raise SelectionError("expected arrays with as many samples each, found " +
                             (", ".join("%s: %d" % item for item in sizes.items()) or "none"))
    available = next(iter(sizes.values()))
    if not 1 <= count <= available:
        raise SelectionError("expected a count from 1 to %d, the samples there are, found %d" % (available, count))
    rows = features(arrays, seed)
    pick = _herd if method == "herding" else _spread
    if labels is None:
        return np.sort(np.array(pick(rows, count, seed)))
    classes = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    shares = _shares(np.array([len(members) for members in classes]), count)
    chosen = [members[pick(rows[members], share, seed)] for members, share in zip(classes, shares) if share]
    return np.sort(np.concatenate(chosen))


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="select-samples", usage=__doc__)
    parser.add_argument("data")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--labels", default="")
    parser.add_argument("--method", default="herding", choices=METHODS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", required=True)
    options = parser.parse_args(arguments)
    try:
        with np.load(options.data) as file:
            arrays = {name: file[name] for name in file.files}
        labels = None
        if options.labels:
            loaded = np.load(options.labels)
            labels = loaded[loaded.files[0]] if hasattr(loaded, "files") else loaded
        chosen = select_samples(arrays, options.count, labels, options.method, options.seed)
    except (SelectionError, OSError, ValueError) as error:
        print("select-samples: error: %s: %s" % (options.data, error), file=sys.stderr)
        return 1
    np.savez(options.output, **{name: array[chosen] for name, array in arrays.items()})
    line = "%d of %d samples by %s" % (len(chosen), len(next(iter(arrays.values()))), options.method)
    if labels is not None:
        names, counts = np.unique(np.asarray(labels).reshape(-1)[chosen], return_counts=True)
        line += "; of each class: " + ", ".join("%s: %d" % item for item in zip(names, counts))
    print(line)
    return 0
