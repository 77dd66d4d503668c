"""Runs pip or uv on locks, with only those of the user's settings that say where packages come from.

Other settings would put the packages elsewhere, or install other packages: a target folder, the user's site, a required
venv, constraints. Standard library only: it runs before anything is installed.

Usage: python3.11 workflow/install.py .venv/bin/pip install ... | uv pip sync ... | python3.11 -m venv ...
"""

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# By their names in files. Variables have the same names in capitals, after PIP_ or UV_.
PIP = re.compile(
    r"(extra-)?index-url|find-links|no-index|trusted-host|proxy|(client-)?cert|use-feature|keyring-provider|retries"
    r"|(default-)?timeout|(no-)?cache-dir|no-input|disable-pip-version-check"
)
UV = re.compile(
    r"index(-.+)?|default-index|extra-index-url|find-links|no-index|(allow-)?insecure-host|native-tls|system-certs"
    r"|ssl-cert.*|keyring-provider|((http|https|no|all)-)?proxy|http-.*|request-timeout|offline|(no-)?cache(-dir)?"
    r"|link-mode|concurrent-.*|python-(preference|install-dir)"
)


def main(command: list[str]) -> int:
    """Run a command and return its exit status."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as settings:
        settings.write("".join(uv_lines()))
        settings.flush()
        variables = dict(pip_variables(command[0])) | kept(dict(os.environ))
        variables |= {"PIP_CONFIG_FILE": os.devnull, "UV_CONFIG_FILE": settings.name}
        if not {"UV_CACHE_DIR", "UV_NO_CACHE"} & variables.keys() and not can_cache():
            variables["UV_NO_CACHE"] = "1"
        return subprocess.run(command, env=variables).returncode


def kept(variables: dict[str, str]) -> dict[str, str]:
    """Return these variables without those of Python, and without those of pip and uv that do not count."""

    def counts(name: str) -> bool:
        tool, _, setting = name.partition("_")
        allowed = {"PIP": PIP, "UV": UV}.get(tool)
        return allowed is None or bool(allowed.fullmatch(setting.lower().replace("_", "-")))

    return {name: value for name, value in variables.items() if counts(name) and not name.startswith("PYTHON")}


def pip_variables(pip: str) -> Iterator[tuple[str, str]]:
    """Yield the settings of pip's files that count, as variables, if the command is pip."""
    if not Path(pip).name.startswith("pip"):
        return
    variables = kept(dict(os.environ))
    if file := os.environ.get("PIP_CONFIG_FILE"):
        variables["PIP_CONFIG_FILE"] = file
    told = subprocess.run([pip, "config", "list"], env=variables, capture_output=True, text=True, check=True).stdout
    for section in ("global", "install"):
        for key, value in re.findall(rf"^{section}\.([\w-]+)=(.+)$", told, re.MULTILINE):
            if PIP.fullmatch(key):
                yield f"PIP_{key.upper().replace('-', '_')}", ast.literal_eval(value)


def uv_lines() -> Iterator[str]:
    """Yield the lines of a file with the settings of uv's files that count; the user's override the machine's."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    machine = (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    named = os.environ.get("UV_CONFIG_FILE")
    files = [Path(named)] if named else [Path(place, "uv", "uv.toml") for place in (home, *machine, "/etc")]
    # The first file is the strongest.
    settings: dict[str, Any] = {}
    for file in reversed([file for file in files if file.is_file()]):
        with file.open("rb") as opened:
            found = tomllib.load(opened)
        settings |= {key: value for key, value in (found | found.get("pip", {})).items() if UV.fullmatch(key)}
    return (f"{key} = {as_toml(value)}\n" for key, value in settings.items())


def as_toml(value: Any) -> str:
    """Write a value as TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {as_toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    return json.dumps(value)


def can_cache() -> bool:
    """Return whether uv can write to its default cache."""
    try:
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "uv").mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
