"""Runs pitfalls of the catalogue inside an environment and prints the outcomes: a list with a JSON object for each.

Usage: python -m twinproof.measured.try_pitfalls --environment tf2.21-cpu --params params.yaml dynamic/nested_list
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import cast

from twinproof.base.errors import entry_point
from twinproof.environments.environment import Environment
from twinproof.environments.variables import enter
from twinproof.measured.guard import end_with_parent, guarded
from twinproof.measured.machine import pin_threads
from twinproof.measured.run_trial import no_home, read_images
from twinproof.study.params import Params, read_params
from twinproof.study.seed import derive_seed
from twinproof.study.settings import PitfallsSettings, Probe

PROBE = Probe.PITFALLS


@entry_point
def main(arguments: list[str] | None = None) -> int:
    """Run pitfalls like replicate 0 of a study, and print their cells of a record, with twin and style."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.measured.try_pitfalls", description=main.__doc__)
    parser.add_argument("--environment", required=True, help="the environment this process runs in")
    parser.add_argument("--params", type=Path, required=True, help="params.yaml")
    parser.add_argument("pitfalls", nargs="+", help="twin/pitfall")
    options = parser.parse_args(arguments)
    end_with_parent(os.getppid())
    params = read_params(options.params)
    return guarded(lambda: _try(params, Environment(options.environment), options.pitfalls))


def _try(params: Params, environment: Environment, pitfalls: list[str]) -> int:
    settings = cast(PitfallsSettings, params.settings[PROBE])
    pin_threads(settings.threads)
    data = read_images(params)
    with no_home(environment):
        from twinproof.measured.probes.apart import Apart
        from twinproof.measured.probes.pitfalls import examine, examples

        apart, images = Apart(settings.time_limit), examples(data, settings.images)
        found = []
        for pitfall in pitfalls:
            twin, name = pitfall.split("/")
            style, cell = examine(apart, twin, name, derive_seed(params.seed, twin, 0), *images)
            found.append({"twin": twin, "style": style, **cell})
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    enter("twinproof.measured.try_pitfalls")
    sys.exit(main())
