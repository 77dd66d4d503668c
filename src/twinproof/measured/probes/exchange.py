"""Can a model that one environment wrote be read in another?

Each environment writes every style of a twin in the formats for saving. Each reads the files of all environments, with
the code available, and compares the outputs with those in the environment that wrote the file.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from twinproof.measured.probes import Outcome
from twinproof.measured.probes.apart import Apart
from twinproof.measured.probes.formats import FORMATS, predict
from twinproof.measured.probes.instances import shuffled
from twinproof.measured.probes.operations import Case, Cell, carry_out, load_with_code
from twinproof.measured.twins import Twin
from twinproof.study.examples import Dataset
from twinproof.study.settings import ExchangeSettings

# Formats for other runtimes are read by these, independent of the version of Keras.
KEPT = (".keras", ".h5", ".weights.h5, built", "SavedModel")
EXPECTED, ERROR, LACKING = "expected.npy", "error.json", "lacking.json"


def write(twin: Twin, data: Dataset, seed: int, settings: ExchangeSettings, folder: Path) -> None:
    """Write every style of `twin` in every format, each to its own path in `folder`, together with its outputs.

    If one cannot be written, its folder gets the error, or the missing packages, instead.
    """
    apart = Apart(settings.time_limit, twin.files)
    for style in twin.styles:
        case = _case(twin, style, data, seed, settings.images)
        for name in KEPT:
            place = _place(folder, style, name)
            place.mkdir(parents=True)
            if lacking := FORMATS[name].lacking():
                (place / LACKING).write_text(json.dumps(lacking))
            elif error := apart.run(_write, case, name, place)["error"]:
                (place / ERROR).write_text(json.dumps(error))


def run(twin: Twin, data: Dataset, seed: int, settings: ExchangeSettings, models: Mapping[str, str]) -> Outcome:
    """Read what every environment wrote; `models` has the archive of each."""
    order = shuffled(twin.styles, seed)
    apart = Apart(settings.time_limit, twin.files)
    cases = {style: _case(twin, style, data, seed, settings.images) for style in order}
    cells: dict[str, list[Cell]] = {style: [] for style in order}
    for writer, archive in models.items():
        with tempfile.TemporaryDirectory(prefix="twinproof-") as temporary:
            shutil.unpack_archive(archive, temporary, "zip")
            for style in order:
                for name in KEPT:
                    place = _place(Path(temporary), style, name)
                    lacking = _lacking(writer, name, place)
                    found = {"lacking": lacking} if lacking else _read(apart, cases[style], name, place)
                    cells[style].append(_cell(writer, name, found))
    return Outcome(order, {style: {"status": "ok", "result": {"cells": made}} for style, made in cells.items()})


def _case(twin: Twin, style: str, data: Dataset, seed: int, count: int) -> Case:
    return Case(twin, style, seed, twin.task.given(data.train.rows(slice(count)), data.classes))


def _place(folder: Path, style: str, name: str) -> Path:
    return folder / style / name.replace(", built", "").strip(".")


def _write(case: Case, name: str, place: Path) -> None:
    """Run in the other process: train, save, and store the model's predictions."""
    model = case.trained(case.instances())
    FORMATS[name].write(model, place / FORMATS[name].file)
    np.save(place / EXPECTED, predict(model, case.given.inputs), allow_pickle=False)


def _lacking(writer: str, name: str, place: Path) -> list[str]:
    """Return the packages that this environment lacks to read a model, or that the writer lacked to write it."""
    there = json.loads((place / LACKING).read_text()) if (place / LACKING).exists() else []
    return FORMATS[name].lacking() or [f"{package} in {writer}" for package in there]


def _read(apart: Apart, case: Case, name: str, place: Path) -> Cell:
    if (place / ERROR).exists():
        return {"step": "save", "error": json.loads((place / ERROR).read_text())}
    expected = np.load(place / EXPECTED, allow_pickle=False)
    ended = apart.run(carry_out, load_with_code, case, name, place / FORMATS[name].file, expected)
    return {"saved": True, **(ended["result"] or {"error": ended["error"]})}


def _cell(writer: str, name: str, found: Cell) -> Cell:
    empty: Cell = {
        "lacking": [], "saved": False, "loaded": False, "built": None, "bit_equal": None, "largest": None, "mean": None,
        "step": None, "error": None, "warnings": [],
    }  # fmt: skip
    return {"writer": writer, "format": name, **empty, **found}
