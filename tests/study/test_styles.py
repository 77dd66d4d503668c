"""A misspelt argument and a missing style are refused before anything is measured, with the trial's own words."""

import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from twinproof.base.errors import UserError
from twinproof.cli import main
from twinproof.measured import twins
from twinproof.pipeline.counting import check_inputs, write_plan
from twinproof.study.params import Params

GOOD = "def functional(width=1):\n    return width\n\ndef subclassed(width=1):\n    return -width\n"

REFUSED = {
    "misspelt argument": (
        GOOD,
        {"widht": 3},
        r"arguments: .*functional does not take \{'widht': 3\}.* are \(width=1\)",
    ),
    "one style only": (GOOD.replace("subclassed(width=1)", "subclassed()"), {"width": 3}, r"subclassed does not take"),
    "missing argument": (GOOD.replace("width=1", "width"), {}, r"functional does not take \{\}.*missing.*'width'"),
    "no such keyword": (GOOD.replace("(width=1)", "(*sizes)"), {"width": 1}, r"its arguments are \(\*sizes\)"),
    "positional only": (GOOD.replace("width=1", "width=1, /"), {"width": 1}, r"its arguments are \(width=1, /\)"),
    "types": (GOOD.replace("width=1", "width: int = 1"), {"x": 1}, r"its arguments are \(width=1\)"),
    "misspelt style": (GOOD.replace("subclassed", "subclased"), {}, r"module: .* has functional; it must have"),
    "no functional": (GOOD.replace("functional", "graph"), {}, r"module: .* has subclassed; it must have"),
    "empty": ("", {}, r"module: .* has no style; it must have"),
    "a number": ("functional = 1\n\ndef sequential():\n    pass\n", {}, r"has sequential; it must have"),
    "data of nothing": (GOOD + "def data(): pass\n", {}, r"module: .*\.data must take images and labels: .* are \(\)"),
    "compiling a model": (GOOD + "def compiling(model): pass\n", {}, r"module: .*\.compiling must take no arguments"),
    "inputs of a width": (GOOD + "def inputs(width): pass\n", {}, r"module: .*\.inputs must take no arguments"),
    "method only": ("class A:\n    def functional(self): pass\n\ndef subclassed(): pass\n", {}, "has subclassed"),
}
TAKEN = {
    "task": (GOOD + "def data(images, labels=0): pass\n\ndef compiling(): return {}\n", {"width": 3}),
    "plain": (GOOD, {"width": 3}),
    "any keyword": (GOOD.replace("width=1", "**options"), {"width": 3}),
    "keyword only": (GOOD.replace("width=1", "*, width"), {"width": 3}),
    "another name": ("def make(width=1): return width\n\nfunctional = subclassed = make\n", {"width": 3}),
    "lambda": ("functional, subclassed = lambda width: width, lambda width: width\n", {"width": 3}),
    "class": ("class functional:\n    def __init__(self, width): pass\n\nsequential = functional\n", {"width": 3}),
    "imported": ("from json import loads as functional, dumps as subclassed\n", {}),
    "starred": ("from shutil import *\n", {}),
    "decorated": ("import functools\n\n@functools.cache\n" + GOOD, {"width": 3}),
    "either": ("try:\n    import x\nexcept ImportError:\n    def functional(): pass\n\ndef subclassed(): pass\n", {}),
    "made": ("for name in ('functional', 'subclassed'):\n    globals()[name] = dict\n", {"width": 3}),
    "replaced": (GOOD + "functional = subclassed = dict\n", {"depth": 3}),
}


@pytest.fixture
def study(project: Path) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    """Write a module beside params.yaml, and a study of it in params.yaml."""

    def write(source: str, arguments: dict[str, Any]) -> dict[str, Any]:
        # No other test uses this name: a module is imported once.
        name = f"styles_{abs(hash((source, str(arguments))))}"
        Path(f"{name}.py").write_text(source)
        params: dict[str, Any] = yaml.safe_load(Path("params.yaml").read_text())
        params["twins"] = {"mine": {"module": name, "arguments": arguments}}
        Path("params.yaml").write_text(yaml.safe_dump(params))
        return params

    return write


@pytest.mark.parametrize("case", REFUSED)
def test_plan_run_and_trial_refuse_a_twin_alike(
    study: Any, case: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, arguments, words = REFUSED[case]
    params = study(source, arguments)
    module = params["twins"]["mine"]["module"]
    with pytest.raises(UserError, match=rf"twins\.mine\..*{words}") as refused:
        write_plan(Params.parse(params), Path("results"))
    assert not Path("results").exists()
    assert main(["plan"]) == 2
    assert capsys.readouterr().err == f"error: {refused.value}\n"
    monkeypatch.syspath_prepend(Path.cwd())
    importlib.invalidate_caches()
    with pytest.raises(UserError, match=re.escape(str(refused.value))):
        twins.load("mine", module, arguments)


@pytest.mark.parametrize("case", TAKEN)
def test_what_the_source_does_not_show_is_left_to_the_trial(study: Any, case: str) -> None:
    check_inputs(Params.parse(study(*TAKEN[case])))


def test_a_twin_that_is_not_measured_is_checked_too(study: Any) -> None:
    params = study("", {})
    params["twins"]["mine"]["probes"] = []
    with pytest.raises(UserError, match="has no style"):
        check_inputs(Params.parse(params))
