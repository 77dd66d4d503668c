"""Runs the study again with the parameters of a version: `twinproof reproduce --run`."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from twinproof.base.errors import UserError
from twinproof.pipeline.config import parameters
from twinproof.study.params import Params

PARAMS = Path("params.yaml")


def run_version(params: Params, results: Path, cores: int | None) -> None:
    """Run the study with these parameters into the folder `results`; its output goes to the error stream.

    Raises
    ------
    UserError
        If params.yaml defines something that these parameters lack, so that both cannot be combined into these, or if
        the study does not run to its end.
    """
    content = {**params.content(), "pathvars": {"results": str(results)}}
    if more := _not_in(params, content):
        raise UserError(
            f"{PARAMS}: defines something that the version does not ({', '.join(more)}); replace it with the version's "
            "own params.yaml, then run this again"
        )
    with tempfile.TemporaryDirectory(prefix="twinproof-") as folder:
        file = Path(folder) / "params.yaml"
        file.write_text(json.dumps(content))
        command = [sys.executable, "-m", "snakemake", "--cores", str(cores or "all"), "--configfile", str(file)]
        status = subprocess.run(command, stdout=sys.stderr).returncode
    if status:
        raise UserError(
            f"the study did not run to its end (exit status {status} of snakemake); run this again to continue it"
        )


def _not_in(params: Params, content: dict[str, Any]) -> list[str]:
    """Return what still differs after Snakemake puts `content` over params.yaml, by the first two parts of a key."""
    from snakemake.utils import update_config

    from twinproof.base.reading import read_yaml
    from twinproof.versions.compare import flat

    config: dict[str, Any] = read_yaml(PARAMS) if PARAMS.exists() else {}
    update_config(config, content)
    wanted, got = flat(params.content()), flat(parameters(config).content())
    others = (key for key in [*wanted, *got] if wanted.get(key) != got.get(key))
    return [*dict.fromkeys(".".join(key.split(".")[:2]) for key in others)]
