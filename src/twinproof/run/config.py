"""How a study is run: what Snakemake's configuration holds beside the parameters, and what a profile says."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from twinproof.errors import UserError
from twinproof.params import Params, check_params


class Running(NamedTuple):
    """Where the results of a study go, and how it is run, which changes none of them.

    `batch` are the seconds that trials in one job are to take together, `limit` the minutes after which a trial is
    ended.
    """

    results: Path
    batch: float
    limit: float


DEFAULTS = {"batch": 60, "limit": 60}


def running(config: Mapping[str, Any]) -> Running:
    """Return what Snakemake's configuration says beside the parameters.

    Raises
    ------
    UserError
        If something of that is not allowed.
    """
    numbers = {key: config.get(key, default) for key, default in DEFAULTS.items()}
    for key, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise UserError(f"--config {key}={value}: allowed: a number greater than 0")
    return Running(Path(config.get("pathvars", {}).get("results", "results")), **numbers)


def parameters(config: Mapping[str, Any]) -> Params:
    """Return the parameters in Snakemake's configuration.

    Raises
    ------
    UserError
        If something in them is not allowed.
    """
    return check_params({key: value for key, value in config.items() if key not in ("pathvars", *DEFAULTS)})


class Executor(NamedTuple):
    """How many jobs run at a time, None if that is left to `--cores`, and whether all of them run on one machine."""

    slots: int | None
    local: bool


def read_config(params: Path, profile: Path | None) -> tuple[dict[str, Any], Executor]:
    """Return Snakemake's configuration with a profile, and what the profile has jobs run on.

    Raises
    ------
    UserError
        If the profile or what it names cannot be read, or says something that Snakemake does not know.
    """
    from snakemake.cli import parse_config
    from snakemake.utils import update_config

    config = _read(params)
    said = _read(profile / "config.yaml") if profile else {}
    files, values = said.get("configfile", []), said.get("config", [])
    for file in [files] if isinstance(files, str) else files:
        update_config(config, _read(profile / file if profile else Path(file)))
    if isinstance(values, dict):
        values = [f"{key}={value}" for key, value in values.items()]
    try:
        update_config(config, parse_config([values] if isinstance(values, str) else values))
    except ValueError:
        raise UserError(f"config of the profile: {values}: allowed: KEY=VALUE") from None
    local = said.get("executor", "local") == "local"
    jobs = said.get("jobs")
    return config, Executor(_slots(said.get("cores", jobs) if local else jobs), local)


def _slots(value: Any) -> int | None:
    """Return how many jobs at a time a setting of Snakemake's allows."""
    if value == "unlimited":
        return sys.maxsize
    if value is None or value == "all":
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise UserError(f"cores or jobs of the profile: {value}: allowed: a number, `all`, `unlimited`") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text())
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: not a mapping of keys to values")
    return content
