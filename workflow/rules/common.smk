# Parameters, the plan, wildcards, and the functions that the rules call.
import os
import re
import shutil
import sys
from pathlib import Path

from snakemake.settings.types import DeploymentMethod

from twinproof.study.results import Results
from twinproof.study.settings import Probe
from twinproof.study.trial import Trial, list_cells, list_trials, list_writers
from twinproof.analysis.family import timed
from twinproof.analysis.sampling import asked_of, counts
from twinproof.study.dataset import FILES
from twinproof.environments.environment import Environment
from twinproof.base.errors import UserError
from twinproof.base.files import require_room
from twinproof.report import WITH_NOTEBOOK
from twinproof.pipeline import schedule
from twinproof.pipeline.config import parameters, running
from twinproof.pipeline.start import Start
from twinproof.pipeline.summary import Summary
from twinproof.environments.variables import for_containers, hand_to_containers

try:
    RUNNING = running(config)
    RESULTS = RUNNING.results
    PLACES = Results(RESULTS)
    GOING_ON = schedule.read_current_params(RESULTS)
    # Changes made during a run count only for the next run, also in jobs on other machines.
    PARAMS = GOING_ON or parameters(config)
    TRIALS = list_trials(PARAMS)
    if workflow.is_main_process and not GOING_ON:
        START = Start.planned(PARAMS, RESULTS, RUNNING.batch)
    else:
        START = Start.made(RESULTS)
    BATCHES = START.batches
except (UserError, OSError) as error:
    raise WorkflowError(str(error)) from None


def start():
    """Return the rules' view of the results. A run first puts the results in order; reading changes nothing.

    Snakemake knows whether it is a run only when it asks for the inputs of jobs. Therefore everything that the start of a run may
    change is named by an input function, and these functions call this one first (docs/decisions/0018).
    """
    if workflow.executor_plugin and not workflow.dryrun:
        try:
            START.make()
        except (UserError, OSError) as error:
            # An exception would be shown with its traceback.
            sys.exit(f"error: {error}")
    elif not START.done:
        # Snakemake does not run a job because of a missing intermediate file.
        workflow.dag.forcerules.add(workflow.get_rule("begin"))
    return START


# With `--sdm apptainer`, trials run in the images, otherwise in the venvs.
IN_IMAGES = DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method
if IN_IMAGES:
    if not (shutil.which("apptainer") or shutil.which("singularity")):
        raise WorkflowError(
            "--sdm apptainer: neither apptainer nor singularity is on PATH; run containers/install-tools, or omit"
            " --sdm to run in venvs"
        )
    hand_to_containers(for_containers(os.environ))


wildcard_constraints:
    environment="|".join(map(re.escape, PARAMS.environments)),
    twin="|".join(PARAMS.twins),
    probe="|".join(sorted({trial.probe for trial in TRIALS})) or "none",
    # Each number has one name: only these digits, and no leading zeros.
    replicate="0|[1-9][0-9]*",
    batch="0|[1-9][0-9]*",
    processes="[1-9][0-9]*",
    notebook="|".join(WITH_NOTEBOOK),


def threads_of(wildcards):
    """Return how many cores a trial of this probe gets: on one machine, timing gets all of them, so that it runs alone."""
    alone = wildcards.probe == Probe.TIMING and workflow.local_exec
    return workflow.cores if alone else PARAMS.settings[Probe(wildcards.probe)].threads


# Every job asks for this repeatedly; each lock is read once.
WITH_GPU = [name for name in PARAMS.environments if Environment(name).wants_gpu()]


def gpus_of(wildcards):
    """Return the number of GPUs that a trial of this environment gets."""
    return int(wildcards.environment in WITH_GPU)


# Python finds the source of this folder, and restarts itself with a clean list of variables (environments/variables.py). Processes in
# a venv end together with Snakemake, even if it is killed: otherwise they would run in parallel with the next start's measurements.
PYTHON = "PYTHONPATH=src PYTHONSAFEPATH=1 PYTHONNOUSERSITE=1 " + (
    "python"
    if IN_IMAGES
    else "exec setpriv --pdeathsig KILL results/environments/{environment}/venv/bin/python"
)


def name_of(wildcards):
    """Return the name of a batch."""
    return f"{wildcards.environment}/{wildcards.probe}-{wildcards.batch}"


def batch_of(wildcards):
    """Return the trials of a batch."""
    return BATCHES[name_of(wildcards)]


def left_of(wildcards):
    """Return the trials of a batch that have no record."""
    return [trial for trial in batch_of(wildcards) if not start().measured(trial)]


def needed_by_batch(wildcards):
    """Return what a batch of trials needs, and nothing if it is done."""
    if not left_of(wildcards):
        return []
    mark = schedule.mark(RESULTS, name_of(wildcards))
    return [*start().to_be_replaced(mark), *needed_by(batch_of(wildcards))]


def needed_by_trial(wildcards):
    """Return what a trial needs, and nothing if it has a record."""
    trial = Trial(**{**wildcards})
    if start().measured(trial):
        return []
    return [
        *start().to_be_replaced(PLACES.record(trial)),
        *needed_by([trial]),
    ]


def quantities_of(wildcards):
    """Return the quantities that a process measures: all, or those that were open when timing added the process."""
    if wildcards.probe != Probe.TIMING:
        return []
    try:
        return asked_of(
            PARAMS,
            RESULTS,
            wildcards.environment,
            wildcards.twin,
            int(wildcards.replicate),
        )
    except UserError as error:
        raise WorkflowError(str(error)) from None


def needed_by(trials):
    """Return what trials of one probe in one environment need.

    A trial with a record needs nothing (needed_by_batch, needed_by_trial). So a clone with pulled records needs no
    environment, and nothing is measured again because its inputs were made again.
    """
    environment, _, probe, _ = trials[0]
    twins = sorted({trial.twin for trial in trials})
    # For exchange, the models that every environment wrote.
    models = [
        str(PLACES.archive(name, twin))
        for twin in twins
        if probe == Probe.EXCHANGE
        for name in list_writers(PARAMS, twin)
    ]
    installed = (
        start().image(environment)
        if IN_IMAGES
        else [path.format(environment=environment) for path in rules.create_venv.output]
    )
    return [
        *(protocol_file(environment, twin, probe) for twin in twins),
        str(PLACES.data),
        *installed,
        *models,
    ]


def protocol_file(environment, twin, probe):
    """Return the file of a protocol."""
    return start().file(PLACES.protocol((environment, twin, probe)))


def study_file(wildcards):
    """Return the file of the study's parameters."""
    return start().file(PLACES.params)


def lock_of(wildcards):
    """Return the lock of a venv; its time does not matter if the venv has exactly what the lock pins."""
    environment = Environment(wildcards.environment)
    lock = str(environment.lock)
    return lock if environment.venv_fault() else ancient(lock)


def image_of(wildcards):
    """Return the files of an image."""
    return start().image(wildcards.environment)


def sources(*packages):
    """Return the source files of packages of the analysis side, without those of subpackages."""
    return sorted(
        str(path)
        for package in packages
        for path in Path("src/twinproof", package).iterdir()
        if path.is_file()
    )


def timings_of(environment, twin):
    """Return the input function for the records of a twin's timing; the checkpoint decides step by step how many."""

    def records(wildcards):
        for processes in counts(PARAMS, RESULTS, environment, twin):
            checkpoints.decide_timing.get(
                environment=environment, twin=twin, processes=processes
            )
        return timings(environment, twin, processes)

    return records


def timings(environment, twin, processes):
    """Return the first records of the timing of one twin."""
    return [
        start().record(Trial(environment, twin, Probe.TIMING, number))
        for number in range(int(processes))
    ]


# The inputs of the later stages: batches and timings. Each twin has its own input function, because Snakemake learns about one future
# decision from each function.
TIMED = [timings_of(environment, twin) for environment, twin in timed(PARAMS)]
MEASURED = [lambda wildcards: [start().mark(name) for name in BATCHES], *TIMED]


def made(name):
    """Return the mark of an `update`: removed when the job starts, and missing if the job fails (docs/decisions/0016)."""
    return touch(f"<results>/made/{name}.done")
