"""Training in the learning probe, against plain `fit` and against a hand-written loop in NumPy.

Every contestant is a process of its own in the measured environment. The clock runs around `fit` alone: tracing and
validation are in it, imports, data and building the model are not.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from side_by_side import ROOT, environment_variables, interleave, measured_python, ratios, verdict

from twinproof.study.seed import derive_seed
from twinproof.study.settings import LearningSettings

GOALS = {"simple": 1.5, "dynamic": 2.5}
CONTESTANTS = ("probe", "plain", "numpy")


def main() -> None:
    """Compare the contestants, or be one of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--contestant", choices=CONTESTANTS, help="be this one, and print what was measured as JSON")
    parser.add_argument("--twin", choices=GOALS, help="only this one")
    options = parser.parse_args()
    if options.contestant:
        print(json.dumps(_contest(options.contestant, options.twin)))
        return
    for twin in [options.twin] if options.twin else GOALS:
        contestants = {name: lambda name=name, twin=twin: _start(name, twin) for name in CONTESTANTS}
        _report(twin, interleave(contestants, options.rounds))


def _start(contestant: str, twin: str) -> dict[str, Any]:
    command = [measured_python(), __file__, "--contestant", contestant, "--twin", twin]
    done = subprocess.run(command, cwd=ROOT, env=environment_variables(ROOT), capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def _report(twin: str, found: dict[str, list[dict[str, Any]]]) -> None:
    wall = {name: [one["seconds"] for one in runs] for name, runs in found.items()}
    processor = {name: [one["processor"] for one in runs] for name, runs in found.items()}
    accuracy = {name: runs[0]["accuracy"] for name, runs in found.items()}
    weights = {one["weights"] for name in ("probe", "plain") for one in found[name]}
    speedup = median(plain / probe for plain, probe in zip(wall["plain"], wall["probe"], strict=True))
    honest = abs(accuracy["numpy"] - accuracy["plain"]) <= 0.01
    print(f"{twin}: final weights of probe and plain fit {'equal bit for bit' if len(weights) == 1 else 'DIFFER'}")
    print(f"{twin}: test accuracy {', '.join(f'{name} {value:.4f}' for name, value in accuracy.items())};", end=" ")
    print(f"NumPy {'within' if honest else 'NOT WITHIN'} a point of plain fit")
    print(f"{twin}: median seconds {', '.join(f'{name} {median(times):.2f}' for name, times in wall.items())}")
    print(f"{twin}: the probe is {ratios(wall['plain'], wall['probe'])} times as fast as plain fit;", end=" ")
    print(verdict(speedup, GOALS[twin], most=False))
    print(f"{twin}: plain fit takes {ratios(processor['plain'], processor['probe'])} times its processor time")
    print(f"{twin}: the probe takes {ratios(wall['probe'], wall['numpy'])} times the time of the NumPy loop, the limit")


def _contest(contestant: str, twin: str) -> dict[str, Any]:
    from twinproof.measured.machine import pin_threads
    from twinproof.study.dataset import read_dataset
    from twinproof.study.params import read_params
    from twinproof.study.settings import Probe

    params = read_params(Path("params.yaml"))
    settings, where = params.settings[Probe.LEARNING], params.data
    if contestant != "plain":
        pin_threads(settings.threads)
    data = read_dataset(where.directory, where.checksums, where.validation)
    seed = derive_seed(params.seed, twin, 0)
    if contestant == "numpy":
        from numpy_loop import learn

        depth, width = {"simple": (1, 128), "dynamic": (params.twins["dynamic"].arguments["depth"], 64)}[twin]
        clock = _Clock(learn)
        accuracy = clock(data, [width] * depth, seed, settings)
        return {"accuracy": accuracy, "weights": None, **clock.times}
    be, asked = _probe if contestant == "probe" else _plain, params.twins[twin]
    return be(asked.module, asked.arguments, data, seed, settings)


class _Clock:
    """Calls a function and keeps the wall and processor seconds that it took."""

    def __init__(self, function: Any) -> None:
        self._function = function
        self.times: dict[str, float] = {}

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        wall, processor = time.perf_counter(), time.process_time()
        try:
            return self._function(*arguments, **named)
        finally:
            self.times = {"seconds": time.perf_counter() - wall, "processor": time.process_time() - processor}


def _probe(module: str, arguments: dict[str, Any], data: Any, seed: int, settings: LearningSettings) -> dict[str, Any]:
    import keras

    from twinproof.measured import twins
    from twinproof.measured.probes import learning

    twin = twins.load("twin", module, arguments)
    # The probe's own seconds leave out what it notes at the end of an epoch; a comparison with plain `fit` may not.
    clock = _Clock(keras.Model.fit)
    keras.Model.fit = lambda self, *args, **named: clock(self, *args, **named)
    only = twins.Twin(twin.name, {"functional": twin.builders["functional"]})
    result = learning.run(only, data, seed, settings).styles["functional"]["result"]
    return {"accuracy": result["test_accuracy"], "weights": result["weights"], **clock.times}


def _plain(module: str, arguments: dict[str, Any], data: Any, seed: int, settings: LearningSettings) -> dict[str, Any]:
    import importlib

    import keras

    from twinproof.proof.weights import weights_digest

    train, validation, test = (
        (part.images, keras.utils.to_categorical(part.labels)) for part in (data.train, data.validation, data.test)
    )
    keras.utils.set_random_seed(seed)
    model = importlib.import_module(module).functional(**arguments)
    # Building has used the seed up; the order of the images is drawn from it, too.
    keras.utils.set_random_seed(seed)
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    clock = _Clock(model.fit)
    clock(
        *train,
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        validation_data=validation,
        verbose=0,
    )
    accuracy = model.evaluate(*test, verbose=0)[1]
    return {"accuracy": accuracy, "weights": weights_digest(model), **clock.times}


if __name__ == "__main__":
    main()
