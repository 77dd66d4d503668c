"""Prints what the pitfalls probe finds in made-up pitfalls, some of which end badly."""

import json
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np

from twinproof.measured import pitfalls
from twinproof.measured.probes import pitfalls as probe
from twinproof.measured.twins import Twin
from twinproof.study.examples import Dataset, Examples
from twinproof.study.settings import PitfallsSettings

# Every started process imports this module, too, so it finds the made-up pitfalls where the first process put them.
HOME = Path(os.environ.setdefault("MADE_UP_PITFALLS", tempfile.mkdtemp()))
pitfalls.__path__.append(str(HOME))

MODULE = '''"""Ends as it is made to."""

import os
import sys
import time
import warnings

from twinproof.measured.pitfalls import Seen

TITLE = "It {name}"
STYLE = "{style}"
EXPECTED = "It does not."
REFERENCES = ("https://example.org/1",)
CONTROL_FAILS = {{"1": "there is no such Keras"}}


def program(images, labels):
    yield "begin"
    warnings.warn("something is odd")
    yield "end"
    {action}
    return Seen(False, f"{{len(images)}} images")


def control(images, labels):
    yield "begin without it"
    return Seen(True, "nothing is odd")
'''
ENDINGS = {
    "aborts": ("functional", "os.abort()"),
    "ends": ("functional", "pass"),
    "exits": ("sequential", "sys.exit(3)"),
    "hangs": ("functional", "time.sleep(600)"),
    "raises": ("sequential", "raise RuntimeError(f'at {os.getcwd()}')"),
}
SETTINGS = PitfallsSettings(replicates=1, threads=1, images=192, time_limit=120)


def dataset() -> Dataset:
    """Return images of MNIST's shape in which the label is where the light is."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, 200)
    images = 0.1 * random.random((200, 784), dtype=np.float32)
    images[np.arange(200), labels] = 1
    examples = Examples(images.astype(np.float32), labels)
    return Dataset(examples, examples, examples, 10)


def run(twin: str, names: list[str], **settings: float) -> dict:
    with patch.object(pitfalls, "names", lambda twin: names):
        outcome = probe.run(Twin(twin, {}), dataset(), 7, replace(SETTINGS, **settings))
    return outcome._asdict()


def main() -> None:
    (HOME / "made_up").mkdir()
    for name, (style, action) in ENDINGS.items():
        (HOME / "made_up" / f"{name}.py").write_text(MODULE.format(name=name, style=style, action=action))
    try:
        facts = {
            # A short limit, because the process server is already running.
            "made up": run("made_up", list(ENDINGS), time_limit=5),
            "none": run("none", []),
        }
    finally:
        shutil.rmtree(HOME)
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
