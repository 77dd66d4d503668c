"""How a study is run: what Snakemake's configuration holds beside the parameters, and what a profile says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from twinproof.errors import UserError
from twinproof.params import Params, check_params


class Running(NamedTuple):
    """The parameters of a study, where its results go, and how it is run, which changes no result.

    `batch` are the seconds that trials in one job are to take together, `limit` the minutes after which a trial is
    ended.
    """

    params: Params
    results: Path
    batch: float
    limit: float


DEFAULTS = {"batch": 60, "limit": 60}


def running(config: Mapping[str, Any]) -> Running:
    """Return what Snakemake's configuration says.

    Raises
    ------
    UserError
        If something in it is not allowed.
    """
    numbers = {key: config.get(key, default) for key, default in DEFAULTS.items()}
    for key, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise UserError(f"--config {key}={value}: allowed: a number greater than 0")
    params = check_params({key: value for key, value in config.items() if key not in ("pathvars", *DEFAULTS)})
    return Running(params, Path(config.get("pathvars", {}).get("results", "results")), **numbers)


def read_running(params: Path, profile: Path | None) -> tuple[Running, int | None]:
    """Return what Snakemake's configuration is with a profile, and how many jobs the profile lets run at a time.

    That is None if the profile leaves it to `--cores`.

    Raises
    ------
    UserError
        If the profile or what it names cannot be read, or something in it is not allowed.
    """
    from snakemake.utils import update_config

    config = _read(params)
    said = _read(profile / "config.yaml") if profile else {}
    files, values = said.get("configfile", []), said.get("config", [])
    for file in [files] if isinstance(files, str) else files:
        update_config(config, _read(profile / file if profile else Path(file)))
    pairs = values.items() if isinstance(values, dict) else (value.partition("=")[::2] for value in values)
    update_config(config, {key: yaml.safe_load(str(value)) for key, value in pairs})
    return running(config), said.get("jobs") or said.get("cores")


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
