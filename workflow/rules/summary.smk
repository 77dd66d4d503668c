# What a run is about to do, its progress and, at its end, what it did and how that compares with the plan.
from snakemake.logging import logger

from twinproof.pipeline.view import END, VIEW, View

SUMMARY = Summary(PARAMS, RESULTS, BATCHES)


def asked():
    """Return the trials that will run, as far as that is known; timing may add more."""
    jobs = list(workflow.dag.needrun_jobs())
    batches = [job.wildcards for job in jobs if job.rule.name == "run_batch"]
    alone = [Trial(**{**job.wildcards}) for job in jobs if job.rule.name == "run_trial"]
    return [
        *(trial for batch in batches for trial in left_of(batch)),
        *(trial._replace(replicate=int(trial.replicate)) for trial in alone),
    ]


def others():
    """Return the other jobs that will run, each by its rule and environment."""
    return [
        (job.rule.name, job.wildcards.get("environment", ""))
        for job in workflow.dag.needrun_jobs()
        if job.output and job.rule.name not in ("run_batch", "run_trial")
    ]


onstart:
    start()
    try:
        require_room(RESULTS)
    except UserError as error:
        raise WorkflowError(str(error)) from None
    local = workflow.local_exec
    slots = workflow.cores if local else workflow.nodes
    told = SUMMARY.begin(asked(), others(), slots, alone=local)
    view = View(SUMMARY.progress(len(workflow.dag), slots, local))
    # If Snakemake's logger is ours, it passes everything that follows to the view.
    logger.info(told, extra={VIEW: view})


onsuccess:
    logger.info(SUMMARY.end(), extra={END: True})


onerror:
    logger.info(SUMMARY.end(asked(), len(others())), extra={END: True})
