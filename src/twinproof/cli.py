"""The `twinproof` command line, for people. The pipeline itself calls modules."""

import csv
import functools
import io
import json
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from twinproof.base.errors import UserError, entry_point, shown
from twinproof.base.reading import MissingError, parse_json, read_text

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

ParamsFile = Annotated[Path, typer.Option("--params", help="The parameters of the study.")]
ResultsFolder = Annotated[Path, typer.Option("--results", help="The folder of a study's results.")]


def of_the_study(command: Callable[..., None]) -> Callable[..., None]:
    """Make a command report in one line that the study's packages are not installed; it imports them when it runs."""

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        if sys.version_info < (3, 11):
            raise UserError(
                f"a study needs Python 3.11, and this is {platform.python_version()}: install twinproof[study] there"
            )
        try:
            command(*arguments, **options)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.startswith("twinproof"):
                raise
            raise UserError(f"a study needs {error.name}, which is not installed: install twinproof[study]") from None

    return run


@app.callback()
def twinproof() -> None:
    """Should you subclass your Keras model? Each model written twice, proven to be one network, and measured."""


@app.command()
def prove(
    models: Annotated[
        list[str],
        typer.Argument(metavar="MODEL...", help="FILE.py:FUNCTION or a saved file; a single FILE.py: all its styles."),
    ],
    data: Annotated[
        Optional[str],
        typer.Option(metavar="FILE.py:FUNCTION", help="A function that returns the data. Default: random data."),
    ] = None,
    inputs: Annotated[
        Optional[str], typer.Option(help='The inputs of the models, such as "28,28,1" or "image=28,28,1 ids=16:int32".')
    ] = None,
    loss: Annotated[Optional[str], typer.Option(help="The name of a loss. Default: as compiled, or chosen.")] = None,
    optimizer: Annotated[
        Optional[str], typer.Option(help="The name of an optimizer. Default: as compiled, or adam.")
    ] = None,
    steps: Annotated[int, typer.Option(min=0, help="Steps of training to compare; 0 for none.")] = 10,
    tolerance: Annotated[
        Optional[float], typer.Option(min=0, help="The largest difference that does not count. Default: measured.")
    ] = None,
    hints: Annotated[
        Optional[list[str]], typer.Option("--map", metavar="A=B", help="A variable of the first model and its match.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The seed of random data and random layers.")] = 0,
    environments: Annotated[
        Optional[list[str]],
        typer.Option(
            "--in",
            metavar="ENVIRONMENT[@BACKEND]",
            help="Run there: one for both models, or one for each; @jax, @torch or @tensorflow chooses a backend.",
        ),
    ] = None,
    params: ParamsFile = Path("params.yaml"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole proof as JSON.")] = False,
    html: Annotated[
        Optional[Path], typer.Option(metavar="FILE", help="Write a page with the layers side by side.")
    ] = None,
    reproducer: Annotated[
        Optional[Path], typer.Option(metavar="FILE", help="Write a script that shows the difference by itself.")
    ] = None,
) -> None:
    """Say whether models are one network, and where they differ; exit status 0 if so, 1 if not, 2 if undecided."""
    # TensorFlow reads it on import: its messages about the processor do not belong in the output.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        from twinproof.proof.apart import Request
        from twinproof.proof.command import Forms, run_apart, run_here
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("twinproof"):
            raise
        raise UserError(f"a proof needs {error.name}, which this Python lacks ({sys.executable})") from None

    named = environments or []
    pair = _pair_of_models(models, named)
    apart = len(set(named)) > 1
    hinted = dict(_hint(hint) for hint in hints or [])
    request = Request(pair, data, inputs, loss, optimizer, steps, tolerance, hinted, seed, two_environments=apart)
    forms = Forms(as_json, html, reproducer)
    if named:
        starts = [_start_in(name, params) for name in named]
        raise typer.Exit(run_apart(request, (starts[0], starts[-1]), forms))
    try:
        raise typer.Exit(run_here(models, request, forms))
    except ModuleNotFoundError as error:
        if error.name != "keras":
            raise
        raise UserError(
            f"a proof needs Keras, which this Python lacks ({sys.executable}): install twinproof next to Keras, "
            "or name an environment with --in"
        ) from None


def _pair_of_models(models: list[str], environments: list[str]) -> tuple[str, str]:
    if len(environments) > 2 or (environments and len(models) > 2):
        raise UserError("--in: name one environment, or two, for one model or two")
    if len(environments) == 1 and len(models) == 1:
        raise UserError(
            f"--in {environments[0]}: one model in one environment leaves nothing to compare; "
            "name a second model or environment"
        )
    return models[0], models[-1]


def _start_in(name: str, params: Path) -> Callable[..., Any]:
    from twinproof.environments.environment import Environment
    from twinproof.environments.processes import find_python, split_backend, start_clean

    known: list[str] = []
    if params.exists():
        from twinproof.study.params import read_params

        known = list(read_params(params).environments)
    where, backend = split_backend(name)
    python = find_python(where, known)
    # For an environment of the study, the lock decides; for another venv, its user does.
    backend = backend or (Environment(where).backend() if where in known else os.environ.get("KERAS_BACKEND", ""))
    return functools.partial(start_clean, python, backend)


def _hint(hint: str) -> tuple[str, str]:
    first, equals, second = hint.partition("=")
    if not (first and equals and second):
        raise UserError(f"--map {shown(hint)}: allowed: VARIABLE=VARIABLE, such as hidden/kernel=dense/kernel")
    return first, second


@app.command("plan")
@of_the_study
def plan_study(
    params: ParamsFile = Path("params.yaml"),
    profile: Annotated[Optional[Path], typer.Option(help="Of Snakemake, such as workflow/profiles/slurm.")] = None,
    cores: Annotated[
        Optional[int], typer.Option(min=1, help="Parallel jobs. Default: those of the profile, or all cores.")
    ] = None,
) -> None:
    """Check parameters, data, twins and locks without measuring; say what a study would do and how long it takes."""
    from rich.console import Console

    from twinproof.analysis.planned_trials import known
    from twinproof.pipeline.config import parameters, read_config, running
    from twinproof.pipeline.counting import find_changes
    from twinproof.pipeline.estimates import Estimates
    from twinproof.pipeline.forecast import describe_forecast, forecast, forecast_table
    from twinproof.pipeline.schedule import present_schedule, read_current_params
    from twinproof.study.dataset import read_dataset
    from twinproof.study.trial import list_trials

    config, executor = read_config(params, profile)
    settings = running(config)
    # If a run is in progress, what is left of it.
    study = read_current_params(settings.results) or parameters(config)
    dataset = read_dataset(study.data.directory, study.data.checksums, study.data.validation)
    there = find_changes(study, settings.results).counting
    parts = {part: len(getattr(dataset, part).labels) for part in ("train", "validation", "test")}
    typer.echo(f"data: {', '.join(f'{count} {part}' for part, count in parts.items())} images, checksums agree")
    estimates = Estimates(study, settings.results)
    batches = present_schedule(list_trials(study), estimates, settings.batch, settings.results)
    expected = forecast(study, settings.results, there, batches, estimates)
    Console(width=100).print(forecast_table(known(study, settings.results, there), expected))
    slots = cores or executor.slots or len(os.sched_getaffinity(0))
    typer.echo(describe_forecast(expected, slots, alone=executor.local))


@app.command("try")
@of_the_study
def try_pitfalls(
    names: Annotated[
        Optional[list[str]], typer.Argument(metavar="[PITFALL]...", help="A name, or twin/name. Without one: list all.")
    ] = None,
    environments: Annotated[
        Optional[list[str]], typer.Option("--in", metavar="ENVIRONMENT", help="Only in this one; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON, with full messages.")] = False,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Run pitfalls of the catalogue in the installed environments and print what happened; writes no files."""
    from twinproof.pipeline import attempts
    from twinproof.study.code import list_pitfalls
    from twinproof.study.params import read_params

    if not names:
        typer.echo("\n".join(list_pitfalls()))
        return
    study, pitfalls = read_params(params), attempts.choose(names)
    there, missing = attempts.installed(study, environments or [])
    tried = attempts.attempt(there, params, pitfalls)
    if as_json:
        typer.echo(json.dumps(tried, indent=2))
    else:
        for cells in tried:
            typer.echo("\n".join(attempts.describe(cells)))
    for line in missing:
        typer.echo(line, err=True)


@app.command("check-twin")
@of_the_study
def check_twin(
    twin: Annotated[str, typer.Argument(metavar="TWIN", help="Its name in the parameters.")],
    environments: Annotated[
        Optional[list[str]], typer.Option("--in", metavar="ENVIRONMENT", help="Only in this one; may be repeated.")
    ] = None,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Check your own twin in seconds: what its functions return, that it is one network, and that it can be trained."""
    from twinproof.pipeline import attempts
    from twinproof.pipeline.checking import check, describe
    from twinproof.study.params import read_params

    study = read_params(params)
    if twin not in study.twins:
        raise UserError(f"{twin}: not in {params}; allowed: {', '.join(study.twins)}")
    there, missing = attempts.installed(study, environments or [])
    sound = True
    for environment in there:
        checked = check(environment, params, twin)
        typer.echo("\n".join(describe(environment, checked)))
        sound = sound and checked.sound
    for line in missing:
        typer.echo(line, err=True)
    raise typer.Exit(int(not sound))


environment = typer.Typer(no_args_is_help=True, help="The environments to measure in.")
app.add_typer(environment, name="environment")


@environment.command("add")
@of_the_study
def add_environment(
    packages: Annotated[
        list[str],
        typer.Argument(metavar="PACKAGE...", help="keras==3.9.2, optionally tensorflow-cpu==2.18.0 and others."),
    ],
    name: Annotated[
        Optional[str], typer.Option(help="Its name. Default: its versions, such as keras3.9-tf2.18-cpu.")
    ] = None,
) -> None:
    """Write containers/locks/NAME.in and the hash lock NAME.txt; Keras alone gets the TensorFlow that matches it."""
    from twinproof.base.numbers import counted
    from twinproof.environments.adding import add_environment

    added = add_environment(packages, name)
    held = counted(len(added.pinned()), "package")
    typer.echo(f"written: {added.lock.with_suffix('.in')}, and {added.lock} with {held}")


@app.command()
@of_the_study
def bisect(
    subject: Annotated[
        str, typer.Argument(metavar="PITFALL|FILE.py", help="A pitfall of the catalogue, or your own program.")
    ],
    first: Annotated[
        Optional[str], typer.Option("--from", help="A version of Keras. Default: the first with a lock.")
    ] = None,
    last: Annotated[
        Optional[str], typer.Option("--to", help="A version of Keras. Default: the last with a lock.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Find every change between releases that differ, not just one.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how much this needs at most.")] = False,
    seconds: Annotated[int, typer.Option("--time-limit", min=1, help="Time limit of your program per release.")] = 600,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Find the release of Keras in which an outcome changed, by halving; exit status 0 if one was found, 1 if none.

    A missing environment is installed from its lock into results/environments, and stays there.
    """
    from twinproof.environments.releases import between, list_releases
    from twinproof.pipeline.bisect.run import Bisection, describe, forecast
    from twinproof.pipeline.bisect.subjects import find_subject
    from twinproof.study.params import read_params

    study, tried = read_params(params), find_subject(subject, params, seconds)
    releases = between(list_releases(), first, last)
    typer.echo(f"{tried.name}: {forecast(releases, every, study)}")
    if dry_run:
        return
    bisection = Bisection(releases, tried, every, typer.echo, lambda line: typer.echo(line, err=True))
    changes = bisection.run()
    for line in describe(bisection, changes):
        typer.echo(line)
    raise typer.Exit(int(not changes))


@app.command()
@of_the_study
def check(
    results: ResultsFolder = Path("results"),
    again: Annotated[int, typer.Option("--rerun", min=0, help="Also measure this many trials again, and compare.")] = 0,
) -> None:
    """Check that the study is complete and its records are valid; exit status 1 if not."""
    from twinproof.analysis.completeness import examine
    from twinproof.pipeline.rerun import rerun

    examined = examine(results)
    for requirement in examined:
        typer.echo(f"{'holds' if requirement.holds else 'FAILS'}  {requirement.requirement}")
        for finding in requirement.findings:
            typer.echo(f"       {finding}")
    comparisons = []
    for comparison in rerun(results, again) if again else ():
        comparisons.append(comparison)
        typer.echo(f"{comparison.outcome:7}  measured again: {comparison.record}")
        if comparison.detail:
            typer.echo(f"       {comparison.detail}")
    holds = all(requirement.holds for requirement in examined)
    raise typer.Exit(int(not holds or any(comparison.outcome == "DIFFERS" for comparison in comparisons)))


@app.command()
def answer(results: ResultsFolder = Path("results")) -> None:
    """Print what the last study found: when to use which style, each claim's verdict, and one sentence per twin."""
    for row in _rows(results, "answer", "sentence", "evidence"):
        typer.echo(f"{row['sentence']} ({', '.join(_names(row['evidence']))})")
    typer.echo()
    for row in _rows(results, "claims", "claim", "verdict", "wording"):
        typer.echo(f"{row['claim']:3}  {row['verdict']:12}  {row['wording']}")
    typer.echo()
    for row in _rows(results, "twins", "environment", "answer"):
        typer.echo(f"{row['environment']}  {row['answer']}")


@app.command()
@of_the_study
def versions() -> None:
    """List the published study and the versions in git, newest first, with the answer of each in one line."""
    from twinproof.versions.find import list_versions

    listed = list(list_versions())
    if not listed:
        raise UserError("no commit has a report; to make a version, run `dvc repro`, commit what it wrote, and tag it")
    for version in listed:
        typer.echo(f"{version.name}  {version.date}  {', '.join(version.version['environments'])}")
        typer.echo(f"    {version.version['answer']}")


@app.command()
@of_the_study
def compare(
    old: Annotated[str, typer.Argument(help="The earlier report: a git revision that has a report, or `published`.")],
    new: Annotated[Optional[str], typer.Argument(help="Another revision. Default: the workspace.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown for a pull request.")] = False,
) -> None:
    """Say what changed between two versions of the report, and write a page about it; exit status 1 if anything did."""
    from twinproof.base.files import write_whole
    from twinproof.versions import forms
    from twinproof.versions.compare import compare as compare_studies
    from twinproof.versions.find import RESULTS, read_revision, read_workspace

    comparison = compare_studies(read_revision(old), read_revision(new) if new else read_workspace(Path(RESULTS)))
    page = Path(RESULTS, "comparisons", f"{old}..{new or 'workspace'}.html".replace("/", "-"))
    write_whole(page, forms.as_page(comparison))
    form = forms.as_json if as_json else forms.as_markdown if as_markdown else forms.as_text
    typer.echo(form(comparison))
    typer.echo(f"{page}", err=True)
    raise typer.Exit(int(comparison.changed))


# By the level of a reproduction; 2 is a user's mistake, as everywhere.
EXIT_STATUS = {"reproduced": 0, "not reproduced": 1, "reproduced in part": 3}


@app.command()
@of_the_study
def reproduce(
    version: Annotated[
        Optional[str],
        typer.Argument(metavar="[VERSION|CRATE]", help="A git revision, or a crate. Default: the published study."),
    ] = None,
    results: ResultsFolder = Path("results"),
    run: Annotated[bool, typer.Option("--run", help="Run the study first, with the version's parameters.")] = False,
    cores: Annotated[Optional[int], typer.Option(min=1, help="Parallel jobs of --run. Default: all cores.")] = None,
    receipt: Annotated[
        Optional[Path], typer.Option(metavar="FILE", help="Write everything as JSON, for reproductions/.")
    ] = None,
) -> None:
    """Say claim by claim whether the results agree with a version; exit status 0, 3 if in part, 1 if not."""
    from twinproof.base.files import write_whole
    from twinproof.versions.find import read_folder
    from twinproof.versions.receipt import as_receipt, as_text
    from twinproof.versions.reproduce import find_unsound
    from twinproof.versions.reproduce import reproduce as hold_against
    from twinproof.versions.sources import read_source

    source = read_source(version)
    if run:
        from twinproof.pipeline.run_version import run_version

        run_version(source.params, results, cores)
    here = read_folder(str(results), results)
    reproduction = hold_against(source, here, find_unsound(results, here))
    typer.echo(as_text(reproduction))
    if receipt:
        write_whole(receipt, json.dumps(as_receipt(reproduction), indent=1) + "\n")
    raise typer.Exit(EXIT_STATUS[str(reproduction.level)])


@app.command()
@of_the_study
def show(
    version: Annotated[
        str, typer.Argument(help="A git revision that has a report; the published study by default.")
    ] = ("published"),
) -> None:
    """Open a report in its original form, from git and DVC's cache or remote, and print its path."""
    from twinproof.versions.retrieve import retrieve

    page = retrieve(version)
    typer.echo(str(page))
    typer.launch(str(page))


def _names(text: str) -> list[str]:
    names = parse_json(text, "evidence")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UserError(f"evidence: {shown(text)} is not a list of tables; run `snakemake --cores all tables`")
    return names


def _rows(results: Path, table: str, *columns: str) -> list[dict[str, str]]:
    from twinproof.study.results import Results

    path = Results(results).table(table)
    try:
        rows = list(csv.DictReader(io.StringIO(read_text(path))))
    except MissingError:
        raise UserError(
            f"{path}: no study has been run here yet; `snakemake --cores all` runs one, "
            "--results results/quick shows the quick study"
        ) from None
    except csv.Error as error:
        raise UserError(f"{path}: not CSV ({error}); run `snakemake --cores all tables`") from None
    if any(None in (*row, *row.values()) for row in rows) or (rows and not {*columns} <= {*rows[0]}):
        raise UserError(f"{path}: lacks a column or a value; run `snakemake --cores all tables`")
    return rows


@app.command()
@of_the_study
def doctor(
    environment: Annotated[Optional[str], typer.Argument(help="Only this environment.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Say what is installed to run the study, what is missing or broken, and what to do about it."""
    from rich.console import Console

    from twinproof.pipeline.doctor import examine, show
    from twinproof.study.params import read_params

    study = read_params(params)
    with Console(stderr=True).status("checking the environments"):
        findings = list(examine(study, environment))
    stops = any(finding.stops for finding in findings)
    if as_json:
        typer.echo(json.dumps({"ok": not stops, "findings": [asdict(finding) for finding in findings]}, indent=2))
    else:
        show(findings)
    raise typer.Exit(int(stops))


@entry_point
def main(arguments: Optional[list[str]] = None) -> None:
    """Run a command; a user's mistake prints one line and exits with status 2."""
    app(args=arguments)
