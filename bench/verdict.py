"""Processor time to a verdict: the ratio of a training step of `dynamic`, subclassed to functional, known to +-2 %.

Three ways to get there, each on one thread and with the stopwatch of the timing probe:

ours    timing trials, until the signed-rank interval over processes is narrow enough
plain   a script that times 100 steps of one style and then of the other, until the t interval over processes is
pyperf  a benchmark for each style, with pyperf's defaults: 20 processes of 3 values; Welch's t interval over processes

All that their processes use counts: imports, warming up, calibration. An interval that is wider or narrower than +-2 %
is reckoned up or down to that, but not to fewer processes than give one. ours and plain run in turn, then pyperf, which
comes from the package index into a temporary folder. Arguments that are not known here are passed on to it.
"""

import argparse
import functools
import json
import math
import random
import resource
import subprocess
import sys
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from side_by_side import ask_for_timing, measured_python, repository_copy, run_measured, timing_trial, verdict

from twinproof.analysis.statistics.ratios import (
    CONFIDENCE,
    decided,
    fewest_processes,
    location_interval,
    process_log_ratio,
)

TARGET, STEPS, BATCH = 0.02, 100, 128
STYLES = ("functional", "subclassed")
PYPERF = "pyperf==2.10.0"


def main() -> None:
    """Compare the contestants, or be one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=40, help="processes of ours and of plain, at most")
    parser.add_argument("--contestant", choices=("plain", "pyperf"), help="be this one")
    options, for_pyperf = parser.parse_known_args()
    if options.contestant == "plain":
        print(json.dumps({style: _step_seconds(style, STEPS) for style in STYLES}))
    elif options.contestant == "pyperf":
        _be_pyperf(for_pyperf)
    elif options.most < fewest_processes():
        parser.error(f"--most {options.most}: an interval takes {fewest_processes()} processes")
    else:
        with repository_copy() as folder:
            _compare(folder, options.most, for_pyperf)


def _compare(folder: Path, most: int, for_pyperf: list[str]) -> None:
    from scipy.stats import ttest_ind

    ask_for_timing(folder, ["train_step"], "dynamic", "twinproof.measured.twins.dynamic")
    install = ["uv", "pip", "install", "--quiet", "--no-deps", "--python", measured_python(), PYPERF]
    subprocess.run([*install, "--target", folder / "pyperf"], check=True)
    log_ratios, seconds = _in_turn(folder, most)
    signed_rank = location_interval(np.asarray(log_ratios["ours"]), CONFIDENCE)
    needed = {"ours": _report("ours", len(log_ratios["ours"]), *map(float, signed_rank), seconds["ours"])}
    plain = mean(log_ratios["plain"]), *_t(log_ratios["plain"])
    needed["plain"] = _report("plain", len(log_ratios["plain"]), *plain, seconds["plain"])
    before = _processor_seconds()
    arguments = ["--contestant", "pyperf", "--copy-env", "--output", "pyperf.json", *for_pyperf]
    run_measured(folder, "bench/verdict.py", *arguments, packages="pyperf")
    # Runs that only calibrate have no values.
    functional, subclassed = (
        np.log([mean(run["values"]) for run in style["runs"] if "values" in run])
        for style in json.loads((folder / "pyperf.json").read_text())["benchmarks"]
    )
    low, high = ttest_ind(subclassed, functional, equal_var=False).confidence_interval(CONFIDENCE)
    processes = len(functional) + len(subclassed)
    needed["pyperf"] = _report("pyperf", processes, (low + high) / 2, low, high, _processor_seconds() - before)
    for name in ("plain", "pyperf"):
        times = needed[name] / needed["ours"]
        print(f"{name} takes {times:.1f} times the processor time of ours; {verdict(times, 1, most=False)}")


def _in_turn(folder: Path, most: int) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Run ours and plain in turn, each until it knows enough; return log-ratios and processor seconds of each."""
    log_ratios: dict[str, list[float]] = {"ours": [], "plain": []}
    seconds = dict.fromkeys(log_ratios, 0.0)

    def enough(name: str, own: list[float]) -> bool:
        if name == "ours" or len(own) < fewest_processes():
            return decided(own, TARGET)
        low, high = _t(own)
        return (high - low) / 2 <= math.log1p(TARGET)

    while waiting := [name for name, own in log_ratios.items() if len(own) < most and not enough(name, own)]:
        for name in random.sample(waiting, len(waiting)):
            own, before = log_ratios[name], _processor_seconds()
            if name == "ours":
                styles = timing_trial(folder, "dynamic", len(own))["styles"]
                times = {style: styles[style]["result"]["quantities"]["train_step"] for style in STYLES}
            else:
                said = run_measured(folder, "bench/verdict.py", "--contestant", "plain").splitlines()[-1]
                times = {style: [one] for style, one in json.loads(said).items()}
            seconds[name] += _processor_seconds() - before
            own.append(process_log_ratio(times["subclassed"], times["functional"]))
            print(f"{name}, process {len(own)}: {math.exp(own[-1]):.3f}", file=sys.stderr)
    return log_ratios, seconds


def _report(name: str, processes: int, centre: float, low: float, high: float, seconds: float) -> float:
    """Print what one contestant found, all in logarithms; return the processor seconds that +-2 % would take it."""
    found = f"{math.exp(centre):.4f} times as long [{math.exp(low):.4f}, {math.exp(high):.4f}]"
    share = max(fewest_processes() / processes, ((high - low) / 2 / math.log1p(TARGET)) ** 2)
    needed = seconds * share
    print(
        f"{name}: {processes} processes, {found}, {seconds:.0f} CPU seconds; +-{TARGET:.0%} would take {needed:.0f}",
        flush=True,
    )
    return needed


def _t(values: list[float]) -> tuple[float, float]:
    from scipy.stats import ttest_1samp

    return ttest_1samp(values, 0).confidence_interval(CONFIDENCE)


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _be_pyperf(arguments: list[str]) -> None:
    import pyperf

    runner = pyperf.Runner(program_args=(__file__, "--contestant", "pyperf"))
    runner.parse_args(arguments)
    for style in STYLES:
        runner.bench_time_func(style, lambda loops, style=style: loops * _step_seconds(style, loops))


def _step_seconds(style: str, steps: int) -> float:
    """Return the seconds that each of so many training steps took, inside `fit`."""
    from twinproof.measured.probes.clock import Stopwatch

    # The stopwatch runs from the begin of the second batch to that of the last.
    end = BATCH * (steps + 2)
    images, labels = _data()
    return Stopwatch(0, 0).step_seconds(_model(style), images[:end], labels[:end], BATCH)


@functools.cache
def _model(style: str) -> Any:
    from twinproof.measured.twins import dynamic

    model = getattr(dynamic, style)()
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


@functools.cache
def _data() -> tuple[Any, Any]:
    import keras

    from twinproof.study.dataset import read_dataset

    train = read_dataset(Path("data/mnist"), Path("data/mnist/SHA256SUMS"), 5000).train
    return train.images, keras.utils.to_categorical(train.labels)


if __name__ == "__main__":
    main()
