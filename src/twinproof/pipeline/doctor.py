"""Checks what a study needs, and says how to fix what is missing or broken: `twinproof doctor`."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from twinproof.base.errors import UserError
from twinproof.base.reading import read_text
from twinproof.environments import builders
from twinproof.environments.environment import Environment
from twinproof.environments.variables import for_containers, hand_to_containers
from twinproof.study.code import require_no_shadow
from twinproof.study.params import EnvironmentParams, Params

ROOT = Path(__file__).parents[3]
INSTALL = "containers/install-tools, if images are wanted"
# Seconds to wait for a version, and for a look inside an image, which may have to be unpacked first.
QUICK, PATIENCE = 20, 120
COLOURS = {"ok": "green", "missing": "yellow", "broken": "bold red", "unused": "dim"}
SHOWN = {"tensorflow": "TensorFlow", "tensorflow-cpu": "TensorFlow", "keras": "Keras"}
REQUIRED = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?:==\s*([^\s,*]+)(?![\S*]))?")

State = Literal["ok", "missing", "broken", "unused"]
View = dict[str, Any]  # as `twinproof.measured.inside` prints it


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


@dataclass(frozen=True)
class Installation:
    """The venv or the image of an environment, as seen from outside."""

    name: Literal["venv", "image"]
    made: bool
    fault: str | None
    facts: list[str]
    python: list[str] | None  # None if nothing here runs it
    remedy: str

    @property
    def whole(self) -> bool:
        """Whether trials can run in it, as far as is visible from outside."""
        return self.fault is None and self.python is not None


class NoAnswerError(Exception):
    """A program that failed to answer, and why."""


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
    details += [f"{builder.name} is here, but {trouble}" for builder, trouble in candidates if trouble]
    if usable:
        yield Finding("builder", "ok", "; ".join(details))
    else:
        yield Finding(
            "builder", "missing", "; ".join(details) or "neither buildah nor podman nor docker is here", INSTALL
        )
        return

    # The largest image decides.
    locked = [environment for environment in environments if _readable(environment)]
    for largest in sorted(locked, key=Environment.wants_gpu)[-1:]:
        for places, need, free in builders.room(largest, usable[0]):
            detail = f"{free:.0f} GB free in {' and '.join(map(str, places))}; the image of {largest.name} takes {need}"
            remedy = f"make room, for instance with '{usable[0].prune}'"
            yield Finding("disk", "ok", detail) if free >= need else Finding("disk", "missing", detail, remedy)


def _runtime(program: str | None) -> Finding:
    if program is None:
        return Finding("runtime", "missing", "neither apptainer nor singularity is here", INSTALL)
    try:
        number = re.search(r"\d+(\.\d+)+", _ask([program, "--version"], QUICK))
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
    venv, image = _venv(environment), _image(environment, runtime)
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
        return Finding(what, state, str(error), f"make lock, from a {source}", needed)
    if not source.exists():
        return Finding(what, "ok", f"{environment.lock_digest()[:12]}, without {source}")
    faults = []
    for name, version in _required(source):
        held = pinned.get(name)
        if held is None or version not in (None, held, held.removesuffix(".0")):
            faults.append(f"{name} is {held or 'missing'}, {source.name} says {version or 'any version'}")
    if faults:
        return Finding(what, "broken", "; ".join(faults), "make lock")
    return Finding(what, "ok", f"{environment.lock_digest()[:12]}, fulfils {source.name}")


def _required(source: Path) -> Iterator[tuple[str, str | None]]:
    """Yield each package that a lock is made from, and its version if it is pinned."""
    for line in read_text(source).splitlines():
        if (match := REQUIRED.match(line)) and ";" not in line:
            yield re.sub(r"[-_.]+", "-", match[1]).lower(), match[2]


def _venv(environment: Environment) -> Installation:
    made = environment.venv_mark.exists()
    remedy = f"snakemake --cores 2 {'--force ' * made}{environment.venv_mark}"
    python = [str(environment.venv.absolute() / "bin" / "python")]
    return Installation("venv", made, environment.venv_fault(), [], python, remedy)


def _image(environment: Environment, runtime: str | None) -> Installation:
    described, sif, facts, python = environment.image(), environment.sif.absolute(), [], None
    made = described is not None and sif.exists()
    if described and made:
        facts = [described["image"][:19], f"{sif.stat().st_size / 1e6:.0f} MB"]
    if runtime:
        # As trials run in it (workflow/profiles/default), but read-only.
        options = ["--cleanenv", "--contain", "--nv", "--bind", f"{ROOT}:{ROOT}:ro", "--pwd", str(ROOT)]
        python = [runtime, "exec", *options, str(sif), "python"]
    fault = environment.image_fault() or (None if sif.exists() else f"without {environment.sif}")
    return Installation("image", made, fault, facts, python, f"containers/build {environment.name}")


def _check_installation(
    environment: Environment, installation: Installation, other: Installation
) -> tuple[Finding, View | None]:
    """Check an installation from outside, then from inside."""
    what = f"{environment.name} {installation.name}"
    if not installation.made:
        if other.whole:
            return Finding(what, "unused", f"{installation.fault}; there is the {other.name}"), None
        return Finding(
            what, "missing", f"{installation.fault}; venv or image, one is enough", installation.remedy
        ), None
    if installation.fault:
        return Finding(what, "broken", installation.fault, installation.remedy), None
    if installation.python is None:
        return Finding(what, "unused", ", ".join([*installation.facts, "nothing here runs it: see runtime"])), None
    try:
        view = _inspect(installation.python)
    except NoAnswerError as error:
        return Finding(what, "broken", f"cannot be looked into: {error}", installation.remedy), None
    if faults := list(_differences(environment, installation, view)):
        more = f"; and {len(faults) - 3} more" if len(faults) > 3 else ""
        return Finding(what, "broken", "; ".join(faults[:3]) + more, installation.remedy), view
    versions = [f"{SHOWN[name]} {version}" for name, version in view["packages"].items() if name in SHOWN]
    return Finding(
        what, "ok", ", ".join([*installation.facts, *sorted(versions, reverse=True), f"Python {view['python']}"])
    ), view


def _differences(environment: Environment, installation: Installation, view: View) -> Iterator[str]:
    """Yield the differences between the inside of an installation and what it should hold."""
    if installation.name == "image":
        lock = environment.lock_digest()
        if view["lock"] != lock:
            yield f"inside it says lock {(view['lock'] or 'none')[:12]}, {environment.lock} is {lock[:12]}"
        elif view["build"] != (environment.image() or {}).get("build"):
            yield f"not the one that {environment.image_mark} describes"
    pinned, held = environment.pinned(), view["packages"]
    for name in sorted(pinned, key=lambda name: name not in SHOWN):
        if held.get(name) != pinned[name]:
            yield f"{name} is {held.get(name, 'missing')}, the lock says {pinned[name]}"


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
        outside = re.findall(r"^GPU \d+: (.*?)(?: \(UUID.*)?$", _ask(["nvidia-smi", "-L"], QUICK), re.MULTILINE)
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
        return Finding(what, "unused", "; ".join([*details, f"computing on the CPU, as {key} allows"]))
    if outside:
        remedy = "see that CUDA_VISIBLE_DEVICES hides none, and for images that `ldconfig -p` names libcuda.so.1"
    else:
        remedy = f"run where there is an NVIDIA GPU with its driver, or set {key}: cpu in params.yaml"
    needed = bool(asked.probes) and not allowed and not any(names)
    return Finding(
        what, "missing", "; ".join(details), f"{remedy}; images need --nv, as the default profile has it", needed
    )


def _inspect(python: list[str]) -> View:
    """Return the output of `twinproof.measured.inside` under this Python."""
    *before, program = python
    source = [f"PYTHONPATH={ROOT / 'src'}", "PYTHONSAFEPATH=1", "PYTHONNOUSERSITE=1"]
    answer = _ask([*before, "/usr/bin/env", *source, program, "-m", "twinproof.measured.inside"], PATIENCE)
    try:
        # Libraries may print when they are loaded, so only the last line counts.
        view: View = json.loads(answer.splitlines()[-1])
    except (IndexError, ValueError):
        raise NoAnswerError("the answer cannot be read") from None
    return view


def _ask(command: list[str], seconds: float) -> str:
    """Return the output of a program; kill all its processes if it takes longer than `seconds`.

    Raises
    ------
    NoAnswerError
        If the program does not exist, fails, or takes longer.
    """
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise NoAnswerError("not here" if isinstance(error, FileNotFoundError) else str(error.strerror)) from None
    try:
        answer, errors = child.communicate(timeout=seconds)
    except BaseException as error:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise NoAnswerError(f"no answer within {seconds} s") from None
        raise
    if child.returncode:
        raise NoAnswerError((errors.strip().splitlines() or [f"exit status {child.returncode}"])[-1])
    return answer


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
    print(f"\nnot in order: {', '.join(stops)}" if stops else "\nin order: a study can run")
