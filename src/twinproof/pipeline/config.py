"""How a study is run: the settings in Snakemake's configuration and in its profile."""

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from twinproof.base.errors import UserError, shown
from twinproof.base.reading import read_yaml
from twinproof.study.params import A_PATH, Params, check_params, is_path


class Running(NamedTuple):
    """Where the results of a study go, and how it is run (which does not change the results).

    `batch` is the target duration of the trials in a job, in seconds; `limit` is the limit of a trial, in minutes.
    """

    results: Path
    batch: float
    limit: float


DEFAULTS = {"batch": 60, "limit": 60}
LEAST, MOST = 0.001, 1_000_000


def running(config: Mapping[str, Any]) -> Running:
    """Return the settings of a run from Snakemake's configuration.

    Raises
    ------
    UserError
        If a setting is not allowed.
    """
    numbers = {key: config.get(key, default) for key, default in DEFAULTS.items()}
    for key, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not LEAST <= value <= MOST:
            raise UserError(f"--config {key}={shown(value)}: allowed: a number from {LEAST} to {MOST}")
    return Running(_results(config.get("pathvars", {})), **numbers)


def _results(pathvars: object) -> Path:
    """Return the folder of the results; its name becomes part of commands, patterns and lists of files."""
    allowed = "allowed: a mapping with only `results`, a folder such as results/mine"
    if not isinstance(pathvars, dict) or set(pathvars) - {"results"}:
        raise UserError(f"pathvars: {shown(pathvars)} is not allowed; {allowed}")
    name = pathvars.get("results", "results")
    if not is_path(name):
        raise UserError(f"pathvars.results: {shown(name)} is not allowed; allowed: {A_PATH}")
    results = Path(name)
    if ".." in results.parts or Path.cwd().is_relative_to(results.absolute()):
        raise UserError(
            f"pathvars.results: {shown(name)} is not allowed, because it is this folder or outside of it; "
            "allowed: a folder in this one, or an absolute path"
        )
    return results


def parameters(config: Mapping[str, Any]) -> Params:
    """Return the parameters in Snakemake's configuration.

    Raises
    ------
    UserError
        If a parameter is not allowed.
    """
    return check_params({key: value for key, value in config.items() if key not in ("pathvars", *DEFAULTS)})


def check_config(files: Iterable[Path], given: Mapping[str, Any]) -> None:
    """Check the configuration files of a study, later ones taking precedence, and the values given in addition.

    Snakemake itself silently accepts duplicate keys, and follows anchors and folders anywhere.

    Raises
    ------
    UserError
        If a file is refused (base/reading.py), or a setting of the run is not allowed.
    """
    from snakemake.utils import update_config

    config: dict[str, Any] = {}
    for file in files:
        update_config(config, _read(file))
    update_config(config, given)
    running(config)


class Executor(NamedTuple):
    """How many jobs run at a time, None if `--cores` decides, and whether all of them run on one machine."""

    slots: int | None
    local: bool


def read_config(params: Path, profile: Path | None) -> tuple[dict[str, Any], Executor]:
    """Return Snakemake's configuration with a profile applied, and the executor of the profile.

    Raises
    ------
    UserError
        If the profile or a file that it names cannot be read, or one of its values is not allowed.
    """
    from snakemake.cli import parse_config
    from snakemake.utils import update_config

    config = _read(params)
    settings = _read(profile / "config.yaml") if profile else {}
    values = settings.get("config", [])
    for file in _texts("configfile", settings.get("configfile", [])):
        update_config(config, _read(profile / file if profile else Path(file)))
    if isinstance(values, dict):
        values = [f"{key}={value}" for key, value in values.items()]
    try:
        update_config(config, parse_config(_texts("config", values)))
    except ValueError:
        raise UserError(f"config of the profile: {shown(values)}: allowed: KEY=VALUE") from None
    local = settings.get("executor", "local") == "local"
    jobs = settings.get("jobs")
    return config, Executor(_slots(settings.get("cores", jobs) if local else jobs), local)


def _texts(key: str, value: object) -> list[str]:
    """Return the strings that a profile gives as a single value or as a list."""
    given = value if isinstance(value, list) else [value]
    texts = [text for text in given if isinstance(text, str)]
    if len(texts) < len(given):
        raise UserError(f"{key} of the profile: {shown(value)}: allowed: a string, or a list of strings")
    return texts


def _slots(value: Any) -> int | None:
    """Return how many jobs at a time a setting of Snakemake allows."""
    if value == "unlimited":
        return sys.maxsize
    if value is None or value == "all":
        return None
    if re.fullmatch("[1-9][0-9]{0,8}", str(value)):
        return int(value)
    raise UserError(f"cores or jobs of the profile: {shown(value)}: allowed: a number from 1, `all`, `unlimited`")


def _read(path: Path) -> dict[str, Any]:
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise UserError(f"{path}: not a mapping of keys to values")
    return content
