"""What is here to run a study with, what is missing or broken, and what to do about it: `twinproof doctor`."""

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
from twinproof.study.params import EnvironmentParams, Params
from twinproof.study.sources import require_no_shadow

ROOT = Path(__file__).parents[3]
INSTALL = "containers/install-tools, if images are wanted"
# How many seconds to wait for a version, and for a look inside an image that may have to be unpacked for it.
QUICK, PATIENCE = 20, 120
COLOURS = {"ok": "green", "missing": "yellow", "broken": "bold red", "unused": "dim"}
SHOWN = {"tensorflow": "TensorFlow", "tensorflow-cpu": "TensorFlow", "keras": "Keras"}
REQUIRED = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?:==\s*([^\s,*]+)(?![\S*]))?")

State = Literal["ok", "missing", "broken", "unused"]
Seen = dict[str, Any]  # as `twinproof.measured.inside` prints it


@dataclass(frozen=True)
class Finding:
    """One thing that was checked; what is `unused` is not there, and not wanted."""

    what: str
    state: State
    detail: str
    remedy: str = ""
    needed: bool = False  # Without it, a study fails.

    @property
    def stops(self) -> bool:
        """Whether the study is not to be run like this."""
        return self.state == "broken" or (self.state == "missing" and self.needed)


@dataclass(frozen=True)
class Way:
    """A way to run an environment: its venv or its image, as it is known from outside."""

    name: Literal["venv", "image"]
    made: bool
    fault: str | None
    facts: list[str]
    python: list[str] | None  # None: there is nothing to run it with
    remedy: str

    @property
    def whole(self) -> bool:
        """Whether trials can run like this, as far as is known from outside."""
        return self.fault is None and self.python is not None


class NoAnswerError(Exception):
    """A program that does not answer as it should, and why."""


def examine(params: Params, only: str | None = None) -> Iterator[Finding]:
    """Check all that is needed to run trials in the environments of the parameters, or in one of them.

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
    found = [(builder, builder.trouble()) for builder in builders.candidates()]
    usable = [builder for builder, trouble in found if not trouble]
    told = [*(builder.version() for builder in usable[:1])]
    told += [f"{builder.name} is here, but {trouble}" for builder, trouble in found if trouble]
    if usable:
        yield Finding("builder", "ok", "; ".join(told))
    else:
        yield Finding("builder", "missing", "; ".join(told) or "neither buildah nor podman nor docker is here", INSTALL)
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
    seen: dict[str, Seen] = {}
    for way, other in ((venv, image), (image, venv)):
        finding, view = _way(environment, way, other)
        yield finding
        if view:
            seen[way.name] = view
            if environment.wants_gpu():
                yield _cuda(environment, way, view)
    if environment.wants_gpu():
        yield _gpu(environment, asked, {way: view["gpus"] for way, view in seen.items() if view["gpus"]})


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
    """Yield each package that a lock is made from, and its version if exactly one will do."""
    for line in read_text(source).splitlines():
        if (found := REQUIRED.match(line)) and ";" not in line:
            yield re.sub(r"[-_.]+", "-", found[1]).lower(), found[2]


def _venv(environment: Environment) -> Way:
    made = environment.venv_mark.exists()
    remedy = f"snakemake --cores 2 {'--force ' * made}{environment.venv_mark}"
    python = [str(environment.venv.absolute() / "bin" / "python")]
    return Way("venv", made, environment.venv_fault(), [], python, remedy)


def _image(environment: Environment, runtime: str | None) -> Way:
    described, sif, facts, python = environment.image(), environment.sif.absolute(), [], None
    made = described is not None and sif.exists()
    if described and made:
        facts = [described["image"][:19], f"{sif.stat().st_size / 1e6:.0f} MB"]
    if runtime:
        # As trials run in it (workflow/profiles/default), but nothing can be written.
        seals = ["--cleanenv", "--contain", "--nv", "--bind", f"{ROOT}:{ROOT}:ro", "--pwd", str(ROOT)]
        python = [runtime, "exec", *seals, str(sif), "python"]
    fault = environment.image_fault() or (None if sif.exists() else f"without {environment.sif}")
    return Way("image", made, fault, facts, python, f"containers/build {environment.name}")


def _way(environment: Environment, way: Way, other: Way) -> tuple[Finding, Seen | None]:
    """Judge a venv or an image by what lies beside it, then by what is seen inside."""
    what = f"{environment.name} {way.name}"
    if not way.made:
        if other.whole:
            return Finding(what, "unused", f"{way.fault}; there is the {other.name}"), None
        return Finding(what, "missing", f"{way.fault}; venv or image, one is enough", way.remedy), None
    if way.fault:
        return Finding(what, "broken", way.fault, way.remedy), None
    if way.python is None:
        return Finding(what, "unused", ", ".join([*way.facts, "nothing here runs it: see runtime"])), None
    try:
        view = _look(way.python)
    except NoAnswerError as error:
        return Finding(what, "broken", f"cannot be looked into: {error}", way.remedy), None
    if faults := list(_differences(environment, way, view)):
        more = f"; and {len(faults) - 3} more" if len(faults) > 3 else ""
        return Finding(what, "broken", "; ".join(faults[:3]) + more, way.remedy), view
    held = [f"{SHOWN[name]} {version}" for name, version in view["packages"].items() if name in SHOWN]
    return Finding(what, "ok", ", ".join([*way.facts, *sorted(held, reverse=True), f"Python {view['python']}"])), view


def _differences(environment: Environment, way: Way, view: Seen) -> Iterator[str]:
    """Tell what is seen inside and should not be."""
    if way.name == "image":
        lock = environment.lock_digest()
        if view["lock"] != lock:
            yield f"inside it says lock {(view['lock'] or 'none')[:12]}, {environment.lock} is {lock[:12]}"
        elif view["build"] != (environment.image() or {}).get("build"):
            yield f"not the one that {environment.image_mark} describes"
    pinned, held = environment.pinned(), view["packages"]
    for name in sorted(pinned, key=lambda name: name not in SHOWN):
        if held.get(name) != pinned[name]:
            yield f"{name} is {held.get(name, 'missing')}, the lock says {pinned[name]}"


def _cuda(environment: Environment, way: Way, view: Seen) -> Finding:
    what = f"{environment.name} {way.name}: CUDA"
    faults = {name: fault for name, fault in view["libraries"].items() if fault}
    loaded = len(view["libraries"]) - len(faults)
    told = [f"{loaded} of {len(view['libraries'])} libraries load", *(f"{n}: {fault}" for n, fault in faults.items())]
    # What only waits for the driver is told with the GPUs.
    sound = loaded and all(fault.startswith("libcuda.so.1:") for fault in faults.values())
    return Finding(what, "ok" if sound else "broken", "; ".join(told), "" if sound else way.remedy)


def _gpu(environment: Environment, asked: EnvironmentParams, inside: dict[str, Seen]) -> Finding:
    """Judge which GPUs are seen: by the driver's own tool, and by the driver inside each way that there is."""
    what, key = f"{environment.name} GPU", f"environments.{environment.name}.without_gpu"
    try:
        outside = re.findall(r"^GPU \d+: (.*?)(?: \(UUID.*)?$", _ask(["nvidia-smi", "-L"], QUICK), re.MULTILINE)
        fault = "no GPU"
    except NoAnswerError as error:
        outside, fault = [], str(error)
    told = [f"nvidia-smi: {', '.join(outside) or fault}"]
    told += [f"{way}: {', '.join(view['names']) or view['fault']}" for way, view in inside.items()]
    names = [view["names"] for view in inside.values()] or [outside]
    if all(names):
        return Finding(what, "ok", "; ".join(told))
    allowed = asked.without_gpu == "cpu"
    if allowed and not outside:
        return Finding(what, "unused", "; ".join([*told, f"computing on the CPU, as {key} allows"]))
    if outside:
        remedy = "see that CUDA_VISIBLE_DEVICES hides none, and for images that `ldconfig -p` names libcuda.so.1"
    else:
        remedy = f"run where there is an NVIDIA GPU with its driver, or set {key}: cpu in params.yaml"
    needed = bool(asked.probes) and not allowed and not any(names)
    return Finding(
        what, "missing", "; ".join(told), f"{remedy}; images need --nv, as the default profile has it", needed
    )


def _look(python: list[str]) -> Seen:
    """Return what `twinproof.measured.inside` sees under this Python."""
    *before, program = python
    source = [f"PYTHONPATH={ROOT / 'src'}", "PYTHONSAFEPATH=1", "PYTHONNOUSERSITE=1"]
    answer = _ask([*before, "/usr/bin/env", *source, program, "-m", "twinproof.measured.inside"], PATIENCE)
    try:
        # What a library says when it is loaded comes before.
        view: Seen = json.loads(answer.splitlines()[-1])
    except (IndexError, ValueError):
        raise NoAnswerError("the answer cannot be read") from None
    return view


def _ask(command: list[str], seconds: float) -> str:
    """Return what a program prints; end all its processes if it takes too long.

    Raises
    ------
    NoAnswerError
        If it is not there, fails, or takes longer.
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
        answer, complaint = child.communicate(timeout=seconds)
    except BaseException as error:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise NoAnswerError(f"no answer within {seconds} s") from None
        raise
    if child.returncode:
        raise NoAnswerError((complaint.strip().splitlines() or [f"exit status {child.returncode}"])[-1])
    return answer


def show(findings: list[Finding]) -> None:
    """Print the findings as a table, each remedy below its finding; plain where nobody watches."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for finding in findings:
        remedy = f"\n-> {finding.remedy}" if finding.remedy else ""
        table.add_row(finding.what, Text(finding.state, COLOURS[finding.state]), finding.detail + remedy)
    # In a file or a pipe, no line is broken.
    console = Console(markup=False, emoji=False, highlight=False, width=None if sys.stdout.isatty() else 10_000)
    with console.capture() as printed:
        console.print(table)
    print("\n".join(line.rstrip() for line in printed.get().splitlines()))
    stops = [finding.what for finding in findings if finding.stops]
    print(f"\nnot in order: {', '.join(stops)}" if stops else "\nin order: a study can run")
