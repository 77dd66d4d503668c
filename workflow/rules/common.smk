# Parameters, the plan, wildcards, and what the rules ask of them.
import os
import re
import shutil
import sys
from pathlib import Path

from snakemake.settings.types import DeploymentMethod

from twinproof import checkout, plan
from twinproof.analysis.sampling import counts, timed
from twinproof.data import FILES
from twinproof.environments import (
    Environment,
    check_image_marks,
    hand_to_containers,
)
from twinproof.errors import UserError
from twinproof.files import require_room
from twinproof.report import WITH_NOTEBOOK
from twinproof.run import clock, schedule
from twinproof.run.config import parameters, running
from twinproof.run.estimates import Estimates
from twinproof.run.summary import Summary
from twinproof.run.trials import measured

try:
    RUNNING = running(config)
    RESULTS = RUNNING.results
    GOING_ON = schedule.going_on(RESULTS)
    # What was changed since a run began, also for its jobs on other machines, is for the next one.
    PARAMS = GOING_ON or parameters(config)
    TRIALS = plan.trials(PARAMS)
    if workflow.is_main_process and not GOING_ON:
        ahead = clock.bring_back(
            {*clock.SEEN, RESULTS, Path(PARAMS["data"]["directory"])}
        )
        if ahead:
            print(
                f"{ahead} files bore a time still to come, as if the clock was set back: they bear the present one",
                file=sys.stderr,
            )
        plan.write_plan(PARAMS, RESULTS)
        check_image_marks(PARAMS["environments"])
        batches = schedule.present_schedule(
            TRIALS, Estimates(PARAMS, RESULTS), RUNNING.batch, RESULTS
        )
        schedule.write_schedule(batches, RUNNING.batch, RESULTS)
    BATCHES = schedule.read_schedule(RESULTS)
except (UserError, OSError) as error:
    raise WorkflowError(str(error)) from None


# With `--sdm apptainer` trials run in the images, else in the venvs.
IN_IMAGES = DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method
if IN_IMAGES:
    if not (shutil.which("apptainer") or shutil.which("singularity")):
        raise WorkflowError(
            "--sdm apptainer: neither apptainer nor singularity is on PATH; run containers/install-tools, or leave"
            " --sdm out to run in venvs"
        )
    hand_to_containers(
        {
            "TWINPROOF_COMMIT": checkout.commit() or "",  # There is no git in an image.
            "CUDA_VISIBLE_DEVICES": os.environ.get("CUDA_VISIBLE_DEVICES"),
        }
    )


wildcard_constraints:
    environment="|".join(map(re.escape, PARAMS["environments"])),
    twin="|".join(PARAMS["twins"]),
    probe="|".join(sorted({trial.probe for trial in TRIALS})) or "none",
    # Each number has one name: no other digits than these, and no zeros before it.
    replicate="0|[1-9][0-9]*",
    batch="0|[1-9][0-9]*",
    processes="[1-9][0-9]*",
    notebook="|".join(WITH_NOTEBOOK),


def threads_of(wildcards):
    """Return how many cores a trial of this probe is given: on one machine timing has them all, so that it runs alone."""
    alone = wildcards.probe == "timing" and workflow.local_exec
    return workflow.cores if alone else PARAMS[wildcards.probe]["threads"]


# Asked of every job, again and again: of each lock once.
WITH_GPU = [name for name in PARAMS["environments"] if Environment(name).wants_gpu()]


def gpus_of(wildcards):
    """Return the GPUs that a trial of this environment has for itself."""
    return int(wildcards.environment in WITH_GPU)


# Inside an environment, nothing is seen but the source and the user's own modules. What runs in a venv ends with Snakemake,
# also where that is killed: it would run beside what the next start measures.
PYTHON = "PYTHONPATH=src:. PYTHONSAFEPATH=1 PYTHONNOUSERSITE=1 " + (
    "python"
    if IN_IMAGES
    else "exec setpriv --pdeathsig KILL results/environments/{environment}/venv/bin/python"
)


def lock_of(wildcards):
    """Return the lock of a venv, whose time does not matter if the venv holds just what the lock pins."""
    environment = Environment(wildcards.environment)
    lock = str(environment.lock)
    return lock if environment.venv_fault() else ancient(lock)


def name_of(wildcards):
    """Return the name of a batch."""
    return f"{wildcards.environment}/{wildcards.probe}-{wildcards.batch}"


def batch_of(wildcards):
    """Return the trials of a batch."""
    return BATCHES[name_of(wildcards)]


def left_of(wildcards):
    """Return the trials of a batch that have no record."""
    return [trial for trial in batch_of(wildcards) if not measured(RESULTS, trial)]


def needed_by_batch(wildcards):
    """Return what a batch of trials needs, and nothing if it is done."""
    done = schedule.mark(RESULTS, name_of(wildcards)).exists()
    return [] if done else needed_by(batch_of(wildcards))


def needed_by_trial(wildcards):
    """Return what a trial needs, and nothing if it has a record."""
    trial = plan.Trial(**{**wildcards})
    return [] if measured(RESULTS, trial) else needed_by([trial])


def needed_by(trials):
    """Return what trials of one probe in one environment need.

    What is measured asks for nothing (needed_by_batch, needed_by_trial): so a clone with pulled records needs no
    environment, and what is made anew is no reason to measure again.
    """
    environment, _, probe, _ = trials[0]
    twins = sorted({trial.twin for trial in trials})
    protocols = [
        f"{RESULTS}/protocols/{environment}/{twin}/{probe}.json" for twin in twins
    ]
    # Of exchange, the models that every environment wrote.
    models = [
        f"{RESULTS}/models/{name}/{twin}.zip"
        for twin in twins
        if probe == "exchange"
        for name in plan.writers(PARAMS, twin)
    ]
    installed = rules.build_image.output if IN_IMAGES else rules.create_venv.output
    return [
        *protocols,
        f"{RESULTS}/data.json",
        *(path.format(environment=environment) for path in installed),
        *models,
    ]


def sources(*packages):
    """Return the source files of packages of the analysis side, but not those of packages in them."""
    return sorted(
        str(path)
        for package in packages
        for path in Path("src/twinproof", package).iterdir()
        if path.is_file()
    )


def timings_of(environment, twin):
    """Return the input function for the records of a twin's timing: as many as the checkpoint asks for, step by step."""

    def records(wildcards):
        for processes in counts(PARAMS, RESULTS, environment, twin):
            checkpoints.decide_timing.get(
                environment=environment, twin=twin, processes=processes
            )
        return timings(environment, twin, processes)

    return records


def timings(environment, twin, processes):
    """Return the first records of the timing of one twin."""
    return expand(
        "<results>/trials/{path}",
        path=[
            plan.Trial(environment, twin, "timing", number).path
            for number in range(int(processes))
        ],
    )


# What the rules of the later stages wait for: batches and timings. Each twin has an input function of its own, as Snakemake
# learns from each of one decision that is to come.
TIMED = [timings_of(environment, twin) for environment, twin in timed(PARAMS)]
MEASURED = [str(schedule.mark(Path("<results>"), name)) for name in BATCHES] + TIMED


def made(name):
    """Return the mark of an `update`: it goes when the job begins, and is missing if it fails (docs/decisions/0016)."""
    return touch(f"<results>/made/{name}.done")
