# Parameters, the plan, wildcards, and what the rules ask of them.
import json
import os
import re
import shutil
from pathlib import Path

from snakemake.settings.types import DeploymentMethod

from twinproof import checkout, plan
from twinproof.analysis.sampling import timed
from twinproof.data import FILES
from twinproof.environments import (
    Environment,
    check_image_marks,
    hand_to_containers,
)
from twinproof.errors import UserError
from twinproof.params import check_params

try:
    PARAMS = check_params(
        {key: value for key, value in config.items() if key != "pathvars"}
    )
    RESULTS = Path(config.get("pathvars", {}).get("results", "results"))
    # A run that holds the lock goes by the plan that it began with.
    if workflow.is_main_process and not any(Path(".snakemake/locks").glob("*")):
        plan.write_plan(PARAMS, RESULTS)
        check_image_marks(PARAMS["environments"])
except UserError as error:
    raise WorkflowError(str(error)) from None

TRIALS = plan.trials(PARAMS)
# The probes that have a notebook of their own name.
WITH_NOTEBOOK = ["learning", "timing", "serialization", "pitfalls"]

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
    replicate=r"\d+",
    processes=r"\d+",
    notebook="|".join(WITH_NOTEBOOK),


def threads_of(wildcards):
    """Return how many cores a trial of this probe is given: timing has them all, so that it runs alone."""
    return (
        workflow.cores or 1
        if wildcards.probe == "timing"
        else PARAMS[wildcards.probe]["threads"]
    )


def gpus_of(wildcards):
    """Return the GPUs that a trial of this environment has for itself."""
    return int(Environment(wildcards.environment).wants_gpu())


# Inside an environment, nothing is seen but the source and the user's own modules.
PYTHON = "PYTHONPATH=src:. PYTHONSAFEPATH=1 PYTHONNOUSERSITE=1 " + (
    "python" if IN_IMAGES else "results/environments/{environment}/venv/bin/python"
)


def models_of(wildcards):
    """Return what a trial reads that is still to be measured: of exchange, the models of every environment."""
    if wildcards.probe != "exchange":
        return []
    written = [
        f"{RESULTS}/models/{name}/{{twin}}.zip"
        for name in plan.writers(PARAMS, wildcards.twin)
    ]
    return unless_measured(*written)(wildcards)


def unless_measured(*paths):
    """Return the input function of a trial for what it needs, and only where it is still to be measured.

    A record that is in its place counts (plan.py) and asks for nothing: so a clone with pulled records needs no
    environment, and what is made anew is no reason to measure again.
    """

    def needed(wildcards):
        record = RESULTS / "trials" / plan.Trial(**{**wildcards}).path
        return [] if record.exists() else [path.format(**wildcards) for path in paths]

    return needed


def sources(package):
    """Return the source files of a package of the analysis side."""
    return sorted(
        str(path) for path in Path("src/twinproof", package).iterdir() if path.is_file()
    )


# What the rules of the later stages wait for, and, of the timings, what was decided on as the records came in.
RECORDS = expand("<results>/trials/{path}", path=[trial.path for trial in TRIALS])


def timing_records(wildcards):
    """Return the records of the timings: as many as the checkpoint asks for, step by step."""
    records = []
    for environment, twin in timed(PARAMS):
        processes = PARAMS["timing"]["replicates"]
        while processes is not None:
            last = processes
            decision = checkpoints.decide_timing.get(
                environment=environment, twin=twin, processes=processes
            )
            processes = json.loads(Path(decision.output[0]).read_text())["next"]
        records += timings(environment, twin, last)
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


NOTEBOOKS = sorted(
    {
        f"<results>/notebooks/{trial.environment}/{trial.twin}/{trial.probe}.{kind}"
        for trial in TRIALS
        if trial.probe in WITH_NOTEBOOK
        for kind in ("ipynb", "html")
    }
)
