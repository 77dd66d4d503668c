"""`twinproof prove` against the least that a person would do by hand, in wall time, memory and time to the sentence.

By hand is a script in a process of its own: import Keras, build both models, copy the weights in order, compare the
outputs, train both alike with `train_on_batch`, and compare losses and weights. It explains nothing.
"""

import argparse
import functools
import importlib.metadata
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from packaging.requirements import Requirement
from side_by_side import ONE_THREAD, ROOT, interleave, measured_python, ratios, verdict

SIMPLE = ROOT / "src/twinproof/measured/twins/simple.py"
RESNET = """
import keras


def functional():
    return keras.applications.ResNet50(weights=None, input_shape=(32, 32, 3), classes=10)


class Holds(keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = functional()

    def call(self, images, training=False):
        return self.inner(images, training=training)


def subclassed():
    return Holds()
"""
BY_HAND = """
import runpy, sys
import keras
import numpy as np

module, steps, *shape = sys.argv[1], *map(int, sys.argv[2:])
there = runpy.run_path(module)
models = [there["functional"](), there["subclassed"]()]
generator = np.random.default_rng(0)
images = generator.normal(size=(8, *shape)).astype("float32")
targets = np.eye(10, dtype="float32")[generator.integers(0, 10, 8)]
outputs = [np.asarray(model(images)) for model in models]
models[1].set_weights(models[0].get_weights())
outputs = [np.asarray(model(images)) for model in models]
print("outputs", np.abs(outputs[0] - outputs[1]).max())
for model in models:
    model.compile("adam", "categorical_crossentropy")
for step in range(steps):
    losses = []
    for model in models:
        keras.utils.set_random_seed(step)
        losses.append(model.train_on_batch(images, targets))
    print("losses", losses)
    print("weights", max(np.abs(one - other).max() for one, other in zip(*(model.get_weights() for model in models))))
"""
ONE_STEP = """
import runpy, sys
import numpy as np

model = runpy.run_path(sys.argv[1])["functional"]()
shape = tuple(map(int, sys.argv[2:]))
model.compile("adam", "categorical_crossentropy")
model.train_on_batch(np.zeros((8, *shape), "float32"), np.eye(10, dtype="float32")[:8])
"""
PROVE = "import sys; from twinproof.cli import main; sys.exit(main(sys.argv[1:]))"
# Prints the most memory that the process held, in KiB, as its last line.
PEAK = "\nimport resource\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
PEAK_AT_EXIT = (
    "import atexit, resource\natexit.register(lambda: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))\n"
)
STEPS = 10
WALL, MEMORY = 1.5, 3.0
SHAPES = {"simple": (784,), "resnet": (32, 32, 3)}


def main() -> None:
    """Run prover and script in turn, and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--models", nargs="+", choices=list(SHAPES), default=list(SHAPES))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="twinproof-bench-") as folder:
        modules = {"simple": SIMPLE, "resnet": Path(folder, "resnet.py")}
        modules["resnet"].write_text(RESNET)
        for name in options.models:
            _compare(name, modules[name], options.rounds)
        print(f"from command to sentence, simple: {_to_the_sentence(options.rounds)}")


def _compare(name: str, module: Path, rounds: int) -> None:
    shape = [str(size) for size in SHAPES[name]]
    models = [f"{module}:functional", f"{module}:subclassed"]
    contestants = {
        "prove": functools.partial(_run, PEAK_AT_EXIT + PROVE, "prove", *models, "--steps", str(STEPS)),
        "by hand": functools.partial(_run, BY_HAND + PEAK, str(module), str(STEPS), *shape),
        "one step": functools.partial(_run, ONE_STEP + PEAK, str(module), *shape),
    }
    ran = interleave(contestants, rounds)
    seconds = {of: [one["seconds"] for one in every] for of, every in ran.items()}
    memory = {of: [one["memory"] for one in every] for of, every in ran.items()}
    wall = median(one / other for one, other in zip(seconds["prove"], seconds["by hand"], strict=True))
    held = median(one / other for one, other in zip(memory["prove"], memory["one step"], strict=True))
    print(f"{name}: wall time of prove against a script by hand: {ratios(seconds['prove'], seconds['by hand'])}")
    print(f"  {verdict(wall, WALL, most=True)}")
    print(f"{name}: memory of prove against one training step: {ratios(memory['prove'], memory['one step'])}")
    print(f"  {verdict(held, MEMORY, most=True)}", flush=True)


def _to_the_sentence(rounds: int) -> str:
    """Return how long it takes from the command to its sentence, and the share that importing Keras has of it."""
    models = [f"{SIMPLE}:functional", f"{SIMPLE}:subclassed"]
    imported = functools.partial(_run, "import keras")
    ran = interleave({"prove": functools.partial(_run, PROVE, "prove", *models), "import": imported}, rounds)
    seconds = {of: median(one["seconds"] for one in every) for of, every in ran.items()}
    return f"{seconds['prove']:.1f} s, of which Keras's import {seconds['import'] / seconds['prove']:.0%}"


def _run(program: str, *arguments: str) -> dict[str, Any]:
    """Run a program in the measured environment, on one thread; return seconds, memory and what it printed."""
    variables = {
        **os.environ,
        **ONE_THREAD,
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{_command_line().name}",
    }
    clock = time.perf_counter()
    done = subprocess.run([measured_python(), "-c", program, *arguments], env=variables, capture_output=True, text=True)
    seconds = time.perf_counter() - clock
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    last = done.stdout.strip().rpartition("\n")[2]
    return {"seconds": seconds, "memory": int(last) if last.isdigit() else 0}


@functools.cache
def _command_line() -> tempfile.TemporaryDirectory[str]:
    """Return a folder with typer and what that needs: the package brings it, the measured environment has none."""
    there = tempfile.TemporaryDirectory(prefix="twinproof-bench-")
    folder = Path(there.name)
    waiting, seen = ["typer"], set[str]()
    while waiting:
        name = waiting.pop()
        found = importlib.metadata.distribution(name)
        seen.add(name)
        needed = [Requirement(text) for text in found.requires or []]
        waiting += [one.name for one in needed if one.name not in seen and (not one.marker or one.marker.evaluate())]
        for entry in {file.parts[0] for file in found.files or []} - {"..", "__pycache__"}:
            if not (folder / entry).exists():
                (folder / entry).symlink_to(str(found.locate_file(entry)))
    return there


if __name__ == "__main__":
    main()
