"""Files that a build may see and the image must not contain: this machine's CA bundle and package index."""

import ast
import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from twinproof.base.errors import UserError


def pip_settings() -> dict[str, str]:
    """Return pip's settings on this machine, from its files and its environment variables."""
    settings = {}
    for pip in ([sys.executable, "-m", "pip"], ["pip3"], ["pip"]):
        if not shutil.which(pip[0]):
            continue
        done = subprocess.run([*pip, "config", "list"], capture_output=True, text=True)
        if done.returncode == 0:
            for where, key, value in re.findall(r"^([^.\s]+)\.([\w-]+)=(.*)$", done.stdout, re.MULTILINE):
                if where in ("global", "install"):
                    settings[key] = str(ast.literal_eval(value))
            break
    for name, value in os.environ.items():
        if name.startswith("PIP_"):
            settings[name.removeprefix("PIP_").lower().replace("_", "-")] = value
    return settings


def secrets(work: Path) -> dict[str, Path]:
    """Write the files that the build may see and the image must not contain: the machine's CA bundle and package index.

    Raises
    ------
    UserError
        If a CA bundle is named and cannot be read.
    """
    settings = pip_settings()
    files = {}
    named = {
        "pip's 'cert'": settings.get("cert"),
        **{name: os.environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")},
    }
    for where, bundle in named.items():
        if bundle:
            try:
                files["ca"] = write_secret(work / "ca", Path(bundle).read_text())
            except (OSError, UnicodeDecodeError) as error:
                raise UserError(f"CA bundle: {where} names {bundle}, which cannot be read ({error})") from None
            break

    # A path on this machine means nothing inside the image.
    pip = configparser.RawConfigParser()
    pip["global"] = {}
    for key in ("index-url", "extra-index-url", "trusted-host"):
        values = [value for value in settings.get(key, "").split() if not re.match(r"file:|[/.~]", value)]
        if values:
            pip["global"][key] = "\n".join(values)
    if timeout := settings.get("timeout") or settings.get("default-timeout"):
        pip["global"]["timeout"] = timeout
    if pip["global"]:
        files["pip"] = write_secret(work / "pip", "")
        with files["pip"].open("w") as file:
            pip.write(file)
    return files


def write_secret(file: Path, content: str) -> Path:
    """Write a file that only its owner may read."""
    file.touch(mode=0o600)
    file.write_text(content)
    return file
