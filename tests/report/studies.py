"""Made-up records of two twins and three seeds, with one failed training, and of more probes."""

import functools
import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from twinproof.analysis.completeness import Requirement
from twinproof.analysis.tables import Rows, make_metrics, make_tables
from twinproof.report import WITH_NOTEBOOK
from twinproof.study.params import Params
from twinproof.study.record import FORMAT
from twinproof.study.settings import COMPILED

ENVIRONMENT = "tf2.21-cpu"
OLDER = "tf2.18-cpu"
ERROR = {"type": "ValueError", "message": "<b>shapes</b> (128, 10) & (128, 9)"}
TWINS = ["simple", "dynamic"]
STYLES = ["sequential", "subclassed"]
EXAMINED = [Requirement("Every planned trial has a record", []), Requirement("Every seed is the planned one", [])]
OUTCOMES = ["serialization", "introspection", "pitfalls"]
SEEDS = [11, 22, 33]
EPOCHS = 4
STEPS = 12
PROCESSES = 16
Records = dict[str, dict[str, Any]]
# Per quantity: what functional takes, subclassed's ratio, how far processes differ, functional's ratio to itself.
TIMED = {
    "train_step": (0.031, 1.2, 0.01, 1.0),  # slower
    "predict": (0.4, 1.0, 0.005, 1.0),  # equivalent
    "call": (0.0021, 0.8, 0.01, 1.0),  # faster
    "save": (0.05, 1.0, 0.3, 1.0),  # undecided
    "make": (0.012, 3.1, 0.01, 1.3),  # no verdict: functional differs from itself
    "peak_memory": (3 * 2**20, 1.0, 0.001, 1.0),  # equivalent
}


def make_record(environment: str, twin: str, probe: str, replicate: int, styles: dict[str, Any]) -> dict[str, Any]:
    return {
        "environment": environment,
        "twin": twin,
        "probe": probe,
        "replicate": replicate,
        "seed": SEEDS[replicate % len(SEEDS)],
        "protocol": {"lock": "ab" * 32, "probe": {}},
        "commit": "c0ffee" * 6 + "c0ff-dirty",
        "commit_missing": None,
        "variables": {},
        "started": f"2026-11-23T10:{replicate:02}:00+00:00",
        "seconds": 41.5,
        "conditions": {
            "before": {"load": 0.5, "stolen": 100.0, "megahertz": 2400.0},
            "after": {"load": 1.25, "stolen": 103.32, "megahertz": 3100.0 + replicate},
        },
        "machine": {
            "host": "node7", "processor": "Made-up CPU", "cores": 8, "memory": 32 * 2**30, "threads": 1,
            "pinned": [7] if probe == "timing" else None, "device": "CPU", "image": None,
        },
        "software": {"python": "3.11.7", "keras": "3.10", "tensorflow-cpu": "2.21.0"},
        "digest": "d1" * 32,
        "measurement": make_measurement(twin, replicate) if probe == "timing" else None,
        "styles": styles,
    }  # fmt: skip


def make_measurement(twin: str, replicate: int) -> dict[str, Any]:
    """Return the measurement quality of one process; in the first one of dynamic, `call` does not become warm."""
    warming = {
        quantity: {"rounds": [3, 2], "settled": [True, True]} for quantity in ("train_step", "predict", "call", "save")
    }
    if twin == "dynamic" and replicate == 0:
        warming["call"] = {"rounds": [8, 4], "settled": [False, True]}
    known = {quantity: [0.1 * takes] * 6 for quantity, (takes, *_) in TIMED.items()}
    clock = {"resolution": 1e-9, "cost": 8e-8}
    return {"asked": list(TIMED), "clock": clock, "known": known, "others": 0.02, "refused": [], "warming": warming}


PROOF = {
    "verdict": "one network",
    "sentence": "One network: equal to the last bit through 25 training steps",
    "stages": [{"stage": "inference", "outcome": "equal", "worst": "", "detail": ""}],
    "culprit": None,
    "compared": {"variables": 4, "layers": 2, "outputs": 1, "inputs": 2, "steps": STEPS},
}


def make_identity(count: int = STEPS) -> dict[str, Any]:
    def result(shift: float) -> dict[str, Any]:
        """Return a result that diverges from step 3 on if it is shifted."""
        steps = [
            {
                "loss": 2.3 * math.exp(-step / 9) + (shift if step >= 2 else 0),
                "weights": f"{step + (100 if shift and step >= 2 else 0):064x}",
            }
            for step in range(count)
        ]
        variables = {"first/kernel": [784, 128], "first/bias": [128], "last/kernel": [128, 10], "last/bias": [10]}
        return {"variables": variables, "parameters": 101770, "outputs": "0" * 64, "steps": steps}

    functional, near = result(0), result(2e-8)
    losses = max(abs(a["loss"] - b["loss"]) for a, b in zip(functional["steps"], near["steps"], strict=True))
    equal = {"outcome": "bit-equal", "outputs": 0.0, "losses": 0.0, "weights": 0.0, "first_difference": None}
    apart = {"outcome": "within rounding", "outputs": 0.0, "losses": losses, "weights": 1.5e-7, "first_difference": 3}
    equal, apart = {**equal, "proof": PROOF}, {**apart, "proof": PROOF}
    found = {
        "functional": functional,
        "sequential": {**result(0), "comparison": equal},
        "subclassed": {**near, "comparison": apart},
        "control": {**result(0), "comparison": equal},
    }
    return {style: {"status": "ok", "result": one} for style, one in found.items()}


def make_learning(twin: str, replicate: int) -> dict[str, Any]:
    def result(shift: float) -> dict[str, Any]:
        epochs = [
            {
                "loss": 0.4 / epoch,
                "accuracy": 0.98 - 0.08 / epoch,
                "validation_loss": 0.3 / epoch,
                "validation_accuracy": 0.975 - 0.06 / epoch + 0.002 * replicate + shift * epoch,
                "seconds": 1.5,
                "weights": f"{epoch:064x}",
            }
            for epoch in range(1, EPOCHS + 1)
        ]
        epochs[-1]["weights"] = f"{int(shift * 1e6):064x}"
        return {
            "epochs": epochs,
            "seconds": 6.0,
            "test_loss": 0.08 - shift,
            "test_accuracy": 0.97 + 0.002 * replicate + shift,
            "weights": epochs[-1]["weights"],
        }

    # In dynamic, subclassed is a different network after training; in simple, sequential fails on the last seed.
    shifts = {"functional": 0.0, "sequential": 0.0, "subclassed": 0.0004 * (replicate + 1) * (twin == "dynamic")}
    styles: dict[str, Any] = {style: {"status": "ok", "result": result(shift)} for style, shift in shifts.items()}
    if twin == "simple" and replicate == 2:
        styles["sequential"] = {"status": "failed", "error": ERROR}
    return styles


def make_timing(twin: str, replicate: int) -> dict[str, Any]:
    """Return six rounds of each quantity in one process; sequential, only in simple, is functional renamed."""
    noise = np.random.default_rng([replicate, TWINS.index(twin)])
    styles = ["functional", *["sequential"] * (twin == "simple"), "subclassed", "control", "slowed"]
    quantities: dict[str, dict[str, list[float]]] = {style: {} for style in styles}
    for quantity, (takes, ratio, spread, control) in TIMED.items():
        effects = {"subclassed": ratio, "control": control, "slowed": 1.1}
        for style in styles:
            process = 0.0 if style == "functional" else noise.normal(0, spread if style in STYLES else 0.005)
            rounds = noise.normal(0, 0.002, 6)
            quantities[style][quantity] = list(takes * effects.get(style, 1.0) * np.exp(process + rounds))
    styles_: dict[str, Any] = {
        style: {"status": "ok", "result": {"quantities": own, "errors": {}}} for style, own in quantities.items()
    }
    if twin == "dynamic":
        styles_["subclassed"]["result"]["errors"] = {"load": ERROR}
    return styles_


def make_graph() -> dict[str, Any]:
    """Return what is compiled: the training step of subclassed has a different order, everything else is equal."""

    def read(number: int, outcome: str = "", difference: str = "") -> dict[str, Any]:
        """Return a graph, which may differ from functional's by its order or by one more operation."""
        more = int(outcome == "other operations")
        found = {
            "operations": {"MatMul": 2, "Relu": 1 + more},
            "wiring": f"{number + 10 * more:032x}",
            "order": f"{number + 10 * more + 100 * (outcome == 'ordered otherwise'):032x}",
            "xla": False,
        }
        return {**found, "comparison": {"outcome": outcome, "difference": difference}} if outcome else found

    equal = ("equal", "3 operations, wired alike")
    ordered = ("ordered otherwise", "the same 3 operations, in a different order")
    other = ("other operations", "3 operations against 4; the second with 1 Relu")
    found: dict[str, dict[str, tuple[str, ...]]] = {
        "functional": dict.fromkeys(COMPILED, ()),
        "subclassed": {**dict.fromkeys(COMPILED, equal), "train_step": ordered},
        "control": dict.fromkeys(COMPILED, equal),
        "extended": dict.fromkeys(COMPILED, other),
    }
    return {
        style: {
            "status": "ok",
            "result": {
                "backend": "tensorflow",
                "functions": {
                    name: {"given": read(index, *compared), "optimized": read(index + 3, *compared)}
                    for index, (name, compared) in enumerate(functions.items())
                },
            },
        }
        for style, functions in found.items()
    }


def make_outcomes(probe: str) -> dict[str, Any]:
    """Return outcomes of saved models, of checks and of a pitfall, some of them bad."""
    cell = {
        "operation": ".keras", "place": "fresh process, no code", "lacking": [], "saved": True, "loaded": True,
        "built": True, "bit_equal": True, "largest": 0.0, "mean": 0.0, "optimizer": "equal", "bytes": 854103,
        "save_seconds": [0.1] * 6, "load_seconds": [0.2] * 6, "step": "compare", "error": None, "warnings": [],
    }  # fmt: skip
    lost = {"bit_equal": None, "largest": None, "loaded": False, "step": "load", "error": ERROR}
    check = {
        "check": "output_shape",
        "mechanism": "A static graph",
        "when": "built",
        "value": [None, 10],
        "expected": [None, 10],
        "error": None,
        "warnings": [],
        "available": True,
    }
    fault = {
        "fault": "mismatch_inside", "title": "Shapes that do not fit", "mechanism": "Layers that do not fit",
        "about_style": True, "references": ["https://example.org/report"], "stage": "construct", "error": ERROR,
        "warnings": [], "names_culprit": True,
    }  # fmt: skip
    pitfall = {
        "pitfall": "nested_list", "title": "Layers in a <list> within a list", "expected": "It predicts the same.",
        "references": ["https://example.org/issue"], "step": "predict", "as_expected": False,
        "what": "outputs differ by up to 0.05", "error": None, "warnings": [],
    }  # fmt: skip
    control: dict[str, Any] = {"stage": "never", "error": None, "warnings": []}
    again = {**cell, "place": "same process"}
    # None and all of the four ingredients of care.
    written = [
        {"with": [], "cells": [{**cell, **lost}]},
        {"with": ["kwargs", "register", "get_config", "build"], "cells": [cell]},
    ]
    results = {
        "serialization": {
            "functional": {"cells": [cell, {**cell, "operation": "ONNX", "bit_equal": False, "largest": 1e-8}, again]},
            "subclassed": {
                "cells": [{**cell, **lost}, {**cell, "operation": "ONNX", "bit_equal": False, "largest": 0.5}, again],
                "ingredients": written,
            },
            "naive": {"cells": [{**cell, **lost}, {**cell, **lost, "operation": "ONNX", "lacking": ["onnx"]}]},
        },
        "introspection": {
            "functional": {"checks": [check], "faults": [fault], "control": control},
            "subclassed": {
                "checks": [{**check, "value": None, "error": ERROR}],
                "faults": [{**fault, "stage": "first step", "names_culprit": False}],
                "control": control,
            },
        },
        "pitfalls": {"subclassed": {"pitfalls": [pitfall]}},
    }
    return {style: {"status": "ok", "result": result} for style, result in results[probe].items()}


def make_exchange() -> dict[str, Any]:
    """Return what one environment reads from another: functional correctly, and subclassed silently wrong."""
    cell = {
        "format": ".keras", "writer": ENVIRONMENT, "saved": True, "loaded": True, "built": True,
        "bit_equal": True, "largest": 0.0, "mean": 0.0, "step": "compare", "error": None, "warnings": [],
    }  # fmt: skip
    wrong = {"bit_equal": False, "largest": 0.5, "mean": 0.1}
    return {
        "functional": {"status": "ok", "result": {"cells": [cell, {**cell, "format": ".h5", "writer": OLDER}]}},
        "subclassed": {"status": "ok", "result": {"cells": [{**cell, **wrong}]}},
    }


def learned_records(environment: str = ENVIRONMENT) -> Records:
    """The records of a study of identity and learning, by path."""
    return {
        f"trials/{environment}/{twin}/{probe}-{replicate}.json": make_record(
            environment,
            twin,
            probe,
            replicate,
            make_identity() if probe == "identity" else make_learning(twin, replicate),
        )
        for twin in TWINS
        for probe, replicates in {"identity": 2, "learning": 3}.items()
        for replicate in range(replicates)
    }


def timing_records() -> Records:
    """The records of the timings."""
    return {
        f"trials/{ENVIRONMENT}/{twin}/timing-{replicate}.json": make_record(
            ENVIRONMENT, twin, "timing", replicate, make_timing(twin, replicate)
        )
        for twin in TWINS
        for replicate in range(PROCESSES)
    }


def graph_records() -> Records:
    """The records of what the twins compile to."""
    return {
        f"trials/{ENVIRONMENT}/{twin}/graph-0.json": make_record(ENVIRONMENT, twin, "graph", 0, make_graph())
        for twin in TWINS
    }


def outcome_records(twin: str, environment: str = ENVIRONMENT) -> Records:
    """The records of serialization, introspection and pitfalls of one twin."""
    made = {}
    for probe in OUTCOMES:
        record = make_record(environment, twin, probe, 0, make_outcomes(probe))
        record["protocol"]["probe"] = {"tolerance": 1e-6}
        made[f"trials/{environment}/{twin}/{probe}-0.json"] = record
    return made


def exchange_records(environment: str) -> Records:
    """The records of what an environment reads for each twin."""
    made = {}
    for twin in TWINS:
        record = make_record(environment, twin, "exchange", 0, make_exchange())
        record["protocol"]["probe"] = {"tolerance": 1e-6}
        made[f"trials/{environment}/{twin}/exchange-0.json"] = record
    return made


def fit(params: dict[str, Any]) -> dict[str, Any]:
    """Have parameters ask for what `templates` holds."""
    params["identity"]["steps"] = STEPS
    params["learning"]["epochs"] = EPOCHS
    return params


def templates(steps: int = STEPS) -> dict[tuple[str, str], dict[str, Any]]:
    """A valid record of each twin and probe, from which bench/multiplied.py makes any number."""
    made = {}
    for twin in TWINS:
        found = {probe: make_outcomes(probe) for probe in OUTCOMES} | {
            "identity": make_identity(steps),
            "learning": make_learning(twin, 0),
            "timing": make_timing(twin, 0),
            "exchange": make_exchange(),
            "graph": make_graph(),
        }
        for probe, styles in found.items():
            record = make_record(ENVIRONMENT, twin, probe, 0, styles) | {"format": FORMAT, "order": list(styles)}
            record["machine"]["system"] = "Linux"
            made[twin, probe] = record
    return made


def small_study(params: dict[str, Any]) -> dict[str, Any]:
    """The shipped parameters, cut down to those of the small study."""
    params["twins"] = {twin: params["twins"][twin] for twin in TWINS}
    params["environments"] = {ENVIRONMENT: {"probes": ["identity", "learning"]}}
    params["identity"]["replicates"] = 2
    params["learning"]["replicates"] = 3
    return params


def whole_study(params: dict[str, Any]) -> tuple[Records, dict[str, Any]]:
    """Records and parameters of a study of all probes in two environments, one of which is also timed."""
    study = small_study(params)
    probes = ["identity", "learning", *OUTCOMES, "exchange"]
    study["environments"] = {ENVIRONMENT: {"probes": [*probes, "timing", "graph"]}, OLDER: {"probes": probes}}
    records = timing_records() | graph_records()
    for environment in study["environments"]:
        records |= learned_records(environment) | exchange_records(environment)
        for twin in TWINS:
            records |= outcome_records(twin, environment)
    return records, study


def write_results(
    folder: Path, records: Records, study: dict[str, Any], examined: list[Requirement] | None = None
) -> Path:
    """Write records, tables, metrics and parameters as the pipeline does, and an empty page for each notebook."""
    for path, record in records.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(json.dumps(record))
    given = json.dumps(records), json.dumps(study)
    tables, metrics = _tabulate(*given, examined) if examined else _tabulate_once(*given)
    (folder / "tables").mkdir(parents=True)
    for name, table in tables.items():
        (folder / "tables" / f"{name}.csv").write_text(table)
    (folder / "metrics.json").write_text(metrics)
    (folder / "version.json").write_text("{}")
    (folder / "params.yaml").write_text(yaml.safe_dump(study))
    for environment, twin in itertools.product(study["environments"], study["twins"]):
        (folder / "notebooks" / environment / twin).mkdir(parents=True)
        for notebook in WITH_NOTEBOOK:
            (folder / "notebooks" / environment / twin / f"{notebook}.html").touch()
    return folder


def _tabulate(records: str, study: str, examined: list[Requirement]) -> tuple[dict[str, str], str]:
    """Return the tables and the metrics of a study as texts."""
    tables = make_tables(Rows(json.loads(records)), Params.parse(json.loads(study)), examined)
    texts = {name: table.to_csv(index=False) for name, table in tables.items()}
    return texts, json.dumps(make_metrics(tables), allow_nan=False)


@functools.cache
def _tabulate_once(records: str, study: str) -> tuple[dict[str, str], str]:
    """Return the same for a study that meets its requirements; many tests start with the same one."""
    return _tabulate(records, study, EXAMINED)
