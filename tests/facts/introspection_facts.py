"""Prints what the introspection probe finds with some of its checks and faults, so that it does not take minutes."""

import json
import os
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import keras
import numpy as np
import styles

from twinproof.measured import faults, twins
from twinproof.measured.probes import introspection
from twinproof.measured.probes.checks import CHECKS
from twinproof.measured.twins import Twin
from twinproof.study.examples import Dataset, Examples
from twinproof.study.settings import IntrospectionSettings

SIMPLE = twins.load("simple", "twinproof.measured.twins.simple", {})
DYNAMIC = twins.load("dynamic", "twinproof.measured.twins.dynamic", {"depth": 3})
SETTINGS = IntrospectionSettings(replicates=1, threads=1, batch_size=8, time_limit=120)


def crashes() -> keras.Model:
    os.abort()


def dataset() -> Dataset:
    images = np.random.default_rng(0).random((24, 784), dtype=np.float32)
    examples = Examples(images, np.arange(24) % 10)
    return Dataset(examples, examples, examples, 10)


def run(twin: Twin, data: Dataset, checks: list[str], planted: list[str]) -> dict[str, Any]:
    with (
        patch.object(introspection, "CHECKS", {name: CHECKS[name] for name in checks}),
        patch.object(faults, "names", lambda twin, everywhere: planted),
    ):
        outcome = introspection.run(twin, data, 7, SETTINGS)
    return outcome._asdict()


def main() -> None:
    both = ("functional", "subclassed")
    two = replace(SIMPLE, builders={style: SIMPLE.builders[style] for style in both}, naive=None)
    graph = replace(SIMPLE, builders={"functional": SIMPLE.builders["functional"]}, naive=None)
    naive = replace(graph, builders={**graph.builders, "subclassed": SIMPLE.styles["naive"]})
    bad = Twin("small", {"functional": styles.functional, "sequential": styles.raises, "subclassed": crashes})
    facts = {
        "two": run(
            two,
            dataset(),
            ["summary", "freezing", "graph_drawing", "quantization"],
            ["wrong_input_width", "mismatch_inside", "unused_layer"],
        ),
        "graph": run(graph, dataset(), list(CHECKS), []),
        "naive": run(naive, dataset(), ["summary"], []),
        "chain": run(DYNAMIC, dataset(), ["layer_names"], ["broken_chain"]),
        "again": run(two, dataset(), ["summary", "freezing"], ["mismatch_inside"]),
        "bad": run(bad, styles.dataset(), ["layer_names"], ["wrong_loss_shape"]),
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
