"""Writes the models of one twin, for every environment to read: the second entry point inside an environment.

Usage: python -m twinproof.measured.write_models --environment tf2.15-cpu --twin dynamic --params params.yaml
       --output X.zip
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import cast

from twinproof.base.errors import entry_point
from twinproof.base.files import write_whole
from twinproof.environments.environment import Environment
from twinproof.environments.variables import enter
from twinproof.measured.guard import guarded, write_apart
from twinproof.measured.machine import pin_threads
from twinproof.measured.run_trial import load_twin, no_home, read_images, require_planned
from twinproof.study.params import Params, read_params
from twinproof.study.protocol import make_protocol
from twinproof.study.seed import derive_seed
from twinproof.study.settings import ExchangeSettings, Probe
from twinproof.study.trial import Trial

PROBE = Probe.EXCHANGE


@entry_point
def main(arguments: list[str] | None = None) -> int:
    """Write the models of one twin in every style and every format for saving."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.measured.write_models", description=main.__doc__)
    parser.add_argument("--environment", required=True, help="the environment this process runs in")
    parser.add_argument("--twin", required=True)
    parser.add_argument("--params", type=Path, required=True, help="params.yaml")
    parser.add_argument("--output", type=Path, required=True, help="the archive to write, .zip")
    options = parser.parse_args(arguments)
    params = read_params(options.params)
    require_planned(Trial(options.environment, options.twin, PROBE, 0), params)
    output = options.output.absolute()
    return guarded(lambda: write_apart(output, lambda: write(params, options.environment, options.twin, output)).status)


def write(params: Params, environment: str, name: str, output: Path) -> None:
    """Write the models of one twin in this process."""
    protocol = make_protocol(params, environment, name, PROBE)
    pin_threads(params.settings[PROBE].threads)
    data = read_images(params)
    with no_home(Environment(environment)):
        from twinproof.measured.probes import exchange

        seed = derive_seed(params.seed, name, 0)
        twin = load_twin(protocol, data, seed)
        with tempfile.TemporaryDirectory(prefix="twinproof-") as temporary:
            models = Path(temporary) / "models"
            exchange.write(twin, data, seed, cast(ExchangeSettings, params.settings_of(name, PROBE)), models)
            archive = Path(shutil.make_archive(str(models), "zip", models))
            write_whole(output, archive.read_bytes())


if __name__ == "__main__":
    enter("twinproof.measured.write_models")
    sys.exit(main())
