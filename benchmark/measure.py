"""Interleaved timing: every round gives each contender one block, so that what else the machine does falls on all alike."""
import time

import numpy as np

WARM_UP = 0.004  # untimed seconds before a block: outlasts the others' spinning threads, fills caches


def _calls_of(run, seconds):
    """About how many calls fill `seconds`, at least one."""
    run()
    start, calls = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        run()
        calls += 1
    return max(1, calls)


def interleave(contenders, rounds, block):
    """{name: seconds of one call, one value a round}."""
    calls = {each.name: _calls_of(each.run, block) for each in contenders}
    times = {each.name: [] for each in contenders}
    for _ in range(rounds):
        for each in contenders:
            run, start = each.run, time.perf_counter()
            run()
            while time.perf_counter() - start < WARM_UP:
                run()
            start, done = time.perf_counter(), 0
            while done < calls[each.name] or time.perf_counter() - start < block:
                run()
                done += 1
            times[each.name].append((time.perf_counter() - start) / done)
    return {name: np.array(values) for name, values in times.items()}


def spread(values):
    """Median and the range that holds the middle 80 %."""
    low, median, high = np.percentile(values, [10, 50, 90])
    return {"median": float(median), "low": float(low), "high": float(high)}


def sqnr(reference, found):
    """Signal to noise in dB; 400 where nothing differs."""
    reference, found = reference.astype(np.float64).reshape(-1), found.astype(np.float64).reshape(-1)
    noise = ((reference - found) ** 2).sum()
    return float(10 * np.log10((reference ** 2).sum() / noise)) if noise else 400.0
