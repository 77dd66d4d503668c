"""Checks what a study needs, and says how to fix what is missing or broken: `twinproof doctor`."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from twinproof.base.errors import UserError
from twinproof.base.reading import read_text
from twinproof.environments import builders
from twinproof.environments.environment import Environment
from twinproof.environments.variables import for_containers, hand_to_containers
from twinproof.pipeline.installations import (
    QUICK,
    SHOWN,
    Installation,
    NoAnswerError,
    View,
    ask,
    find_image,
    find_venv,
    inspect,
    list_differences,
)
from twinproof.study.code import require_no_shadow
from twinproof.study.params import EnvironmentParams, Params

INSTALL = "containers/install-tools, if you need images"
COLOURS = {"ok": "green", "missing": "yellow", "broken": "bold red", "unused": "dim"}
REQUIRED = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?:==\s*([^\s,*]+)(?![\S*]))?")

State = Literal["ok", "missing", "broken", "unused"]


@dataclass(frozen=True)
class Finding:
    """One thing that was checked; an `unused` one is missing, and not needed."""

    what: str
    state: State
    detail: str
    remedy: str = ""
    needed: bool = False  # A study fails without it.

    @property
    def stops(self) -> bool:
        """Whether this stops a study from running."""
        return self.state == "broken" or (self.state == "missing" and self.needed)


def examine(params: Params, only: str | None = None) -> Iterator[Finding]:
    """Check everything needed to run trials in the environments of the parameters, or in one of them.

    Raises
    ------
    UserError
        If the parameters do not name that environment.
    """
    known = params.environments
    if only is not None and only not in known:
        raise UserError(f"environment {only}: not in the parameters; known: {', '.join(known)}")
    environments = [Environment(name) for name in known if only in (None, name)]
    hand_to_containers(for_containers(os.environ))
    yield from _builder_and_disk(environments)
    runtime = shutil.which("apptainer") or shutil.which("singularity")
    finding = _runtime(runtime)
    yield finding
    for environment in environments:
        yield from _environment(environment, known[environment.name], runtime if finding.state == "ok" else None)


def _builder_and_disk(environments: list[Environment]) -> Iterator[Finding]:
    candidates = [(builder, builder.trouble()) for builder in builders.candidates()]
    usable = [builder for builder, trouble in candidates if not trouble]
    details = [*(builder.version() for builder in usable[:1])]
    details += [f"{builder.name} is installed, but {trouble}" for builder, trouble in candidates if trouble]
    if usable:
        yield Finding("builder", "ok", "; ".join(details))
    else:
        yield Finding(
            "builder", "missing", "; ".join(details) or "neither buildah nor podman nor docker is installed", INSTALL
        )
        return

    # The largest image decides.
    locked = [environment for environment in environments if _readable(environment)]
    for largest in sorted(locked, key=Environment.wants_gpu)[-1:]:
        for places, need, free in builders.room(largest, usable[0]):
            detail = f"{free:.0f} GB free in {' and '.join(map(str, places))}; the image of {largest.name} takes {need}"
            remedy = f"make room, for example with '{usable[0].prune}'"
            yield Finding("disk", "ok", detail) if free >= need else Finding("disk", "missing", detail, remedy)


def _runtime(program: str | None) -> Finding:
    if program is None:
        return Finding("runtime", "missing", "neither apptainer nor singularity is installed", INSTALL)
    try:
        number = re.search(r"\d+(\.\d+)+", ask([program, "--version"], QUICK))
    except NoAnswerError as error:
        return Finding("runtime", "broken", f"{program}: {error}", INSTALL)
    return Finding("runtime", "ok", f"{Path(program).name} {number[0] if number else 'of unknown version'}")


def _environment(environment: Environment, asked: EnvironmentParams, runtime: str | None) -> Iterator[Finding]:
    yield _lock(environment, bool(asked.probes))
    if not _readable(environment):
        return
    try:
        require_no_shadow(environment.name)
    except UserError as error:
        yield Finding(f"{environment.name} modules", "broken", str(error))
    venv, image = find_venv(environment), find_image(environment, runtime)
    seen: dict[str, View] = {}
    for installation, other in ((venv, image), (image, venv)):
        finding, view = _check_installation(environment, installation, other)
        yield finding
        if view:
            seen[installation.name] = view
            if environment.wants_gpu():
                yield _cuda(environment, installation, view)
    if environment.wants_gpu():
        yield _gpu(environment, asked, {name: view["gpus"] for name, view in seen.items() if view["gpus"]})


def _readable(environment: Environment) -> bool:
    try:
        return bool(environment.pinned())
    except UserError:
        return False


def _lock(environment: Environment, needed: bool) -> Finding:
    what, source = f"{environment.name} lock", environment.lock.with_suffix(".in")
    try:
        pinned = environment.pinned()
    except UserError as error:
        state: State = "broken" if environment.lock.exists() else "missing"
        return Finding(what, state, str(error), f"make lock, which needs {source}", needed)
    if not source.exists():
        return Finding(what, "ok", f"{environment.lock_digest()[:12]}, without {source}")
    faults = []
    for name, version in _required(source):
        held = pinned.get(name)
        if held is None or version not in (None, held, held.removesuffix(".0")):
            faults.append(f"{name} is {held or 'missing'}, {source.name} says {version or 'any version'}")
    if faults:
        return Finding(what, "broken", "; ".join(faults), "make lock")
    return Finding(what, "ok", f"{environment.lock_digest()[:12]}, matches {source.name}")


def _required(source: Path) -> Iterator[tuple[str, str | None]]:
    """Yield each package that a lock is made from, and its version if it is pinned."""
    for line in read_text(source).splitlines():
        if (match := REQUIRED.match(line)) and ";" not in line:
            yield re.sub(r"[-_.]+", "-", match[1]).lower(), match[2]


def _check_installation(
    environment: Environment, installation: Installation, other: Installation
) -> tuple[Finding, View | None]:
    """Check an installation from outside, then from inside."""
    what = f"{environment.name} {installation.name}"
    if not installation.made:
        if other.whole:
            return Finding(what, "unused", f"{installation.fault}; the {other.name} is used"), None
        return Finding(
            what, "missing", f"{installation.fault}; a venv or an image is enough", installation.remedy
        ), None
    if installation.fault:
        return Finding(what, "broken", installation.fault, installation.remedy), None
    if installation.python is None:
        return Finding(what, "unused", ", ".join([*installation.facts, "nothing here can run it: see runtime"])), None
    try:
        view = inspect(installation.python)
    except NoAnswerError as error:
        return Finding(what, "broken", f"cannot be inspected: {error}", installation.remedy), None
    if faults := list(list_differences(environment, installation, view)):
        more = f"; and {len(faults) - 3} more" if len(faults) > 3 else ""
        return Finding(what, "broken", "; ".join(faults[:3]) + more, installation.remedy), view
    versions = [f"{SHOWN[name]} {version}" for name, version in view["packages"].items() if name in SHOWN]
    return Finding(
        what, "ok", ", ".join([*installation.facts, *sorted(versions, reverse=True), f"Python {view['python']}"])
    ), view


def _cuda(environment: Environment, installation: Installation, view: View) -> Finding:
    what = f"{environment.name} {installation.name}: CUDA"
    faults = {name: fault for name, fault in view["libraries"].items() if fault}
    loaded = len(view["libraries"]) - len(faults)
    details = [
        f"{loaded} of {len(view['libraries'])} libraries load",
        *(f"{n}: {fault}" for n, fault in faults.items()),
    ]
    # A missing driver is reported with the GPUs.
    sound = loaded and all(fault.startswith("libcuda.so.1:") for fault in faults.values())
    return Finding(what, "ok" if sound else "broken", "; ".join(details), "" if sound else installation.remedy)


def _gpu(environment: Environment, asked: EnvironmentParams, inside: dict[str, View]) -> Finding:
    """Check which GPUs are visible: to the driver's own tool, and inside each installation."""
    what, key = f"{environment.name} GPU", f"environments.{environment.name}.without_gpu"
    try:
        outside = re.findall(r"^GPU \d+: (.*?)(?: \(UUID.*)?$", ask(["nvidia-smi", "-L"], QUICK), re.MULTILINE)
        fault = "no GPU"
    except NoAnswerError as error:
        outside, fault = [], str(error)
    details = [f"nvidia-smi: {', '.join(outside) or fault}"]
    details += [f"{name}: {', '.join(view['names']) or view['fault']}" for name, view in inside.items()]
    names = [view["names"] for view in inside.values()] or [outside]
    if all(names):
        return Finding(what, "ok", "; ".join(details))
    allowed = asked.without_gpu == "cpu"
    if allowed and not outside:
        return Finding(what, "unused", "; ".join([*details, f"uses the CPU instead, because {key} allows it"]))
    if outside:
        remedy = "check that CUDA_VISIBLE_DEVICES hides no GPU; for images, that `ldconfig -p` lists libcuda.so.1"
    else:
        remedy = f"use a machine with an NVIDIA GPU and its driver, or set {key}: cpu in params.yaml"
    needed = bool(asked.probes) and not allowed and not any(names)
    return Finding(
        what, "missing", "; ".join(details), f"{remedy}; images need --nv, as in the default profile", needed
    )


def show(findings: list[Finding]) -> None:
    """Print the findings as a table, each remedy below its finding; plain unless on a terminal."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for finding in findings:
        remedy = f"\n-> {finding.remedy}" if finding.remedy else ""
        table.add_row(finding.what, Text(finding.state, COLOURS[finding.state]), finding.detail + remedy)
    # Lines are not wrapped in a file or a pipe.
    console = Console(markup=False, emoji=False, highlight=False, width=None if sys.stdout.isatty() else 10_000)
    with console.capture() as printed:
        console.print(table)
    print("\n".join(line.rstrip() for line in printed.get().splitlines()))
    stops = [finding.what for finding in findings if finding.stops]
    print(f"\nto be fixed: {', '.join(stops)}" if stops else "\neverything needed is installed: a study can run")
