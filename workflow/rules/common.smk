# Parameters, the plan, wildcards, and what the rules ask of them.
import re
from pathlib import Path

from twinproof import plan
from twinproof.data import FILES
from twinproof.errors import UserError
from twinproof.params import check_params

try:
    PARAMS = check_params(
        {key: value for key, value in config.items() if key != "pathvars"}
    )
    RESULTS = Path(config.get("pathvars", {}).get("results", "results"))
    if workflow.is_main_process:
        plan.write_plan(PARAMS, RESULTS)
except UserError as error:
    raise WorkflowError(str(error)) from None

TRIALS = plan.trials(PARAMS)


wildcard_constraints:
    environment="|".join(map(re.escape, PARAMS["environments"])),
    twin="|".join(PARAMS["twins"]),
    probe="|".join(sorted({trial.probe for trial in TRIALS})),
    replicate=r"\d+",


def threads_of(wildcards):
    """Return the threads that one trial of this probe uses."""
    return PARAMS[wildcards.probe]["threads"]


def unless_measured(mark):
    """Return the input function of a trial for a mark that says that something is ready.

    Where the mark is missing and the record is up to date, as in a clone with pulled records, the trial does not ask
    for it: else one stale trial would have the mark made, and all trials that wait for the mark measured again.
    """

    def needed(wildcards):
        path = mark.format(**wildcards)
        trial = plan.Trial(
            wildcards.environment,
            wildcards.twin,
            wildcards.probe,
            int(wildcards.replicate),
        )
        return (
            path if Path(path).exists() or not plan.is_measured(trial, RESULTS) else []
        )

    return needed


def sources(package):
    """Return the source files of a package of the analysis side."""
    return sorted(
        str(path) for path in Path("src/twinproof", package).iterdir() if path.is_file()
    )


# What the rules of the later stages wait for.
RECORDS = expand("<results>/trials/{path}", path=[trial.path for trial in TRIALS])
NOTEBOOKS = sorted(
    {
        f"<results>/notebooks/{trial.environment}/{trial.twin}/learning.{kind}"
        for trial in TRIALS
        if trial.probe == "learning"
        for kind in ("ipynb", "html")
    }
)
