# What a run is about to do, and, once it is over, what it did and how that compares.
SUMMARY = Summary(PARAMS, RESULTS, BATCHES)


def asked():
    """Return the trials that are to be run, as far as that is known while timing may decide on more."""
    jobs = list(workflow.dag.needrun_jobs())
    batches = [job.wildcards for job in jobs if job.rule.name == "run_batch"]
    alone = [Trial(**{**job.wildcards}) for job in jobs if job.rule.name == "run_trial"]
    return [
        *(trial for batch in batches for trial in left_of(batch)),
        *(trial._replace(replicate=int(trial.replicate)) for trial in alone),
    ]


def others():
    """Return the other jobs that are to be run, each by its rule and environment."""
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
    slots = workflow.cores if workflow.local_exec else workflow.nodes
    print(
        SUMMARY.begin(asked(), others(), slots, alone=workflow.local_exec),
        file=sys.stderr,
    )


onsuccess:
    print(SUMMARY.end(), file=sys.stderr)


onerror:
    print(SUMMARY.end(asked(), len(others())), file=sys.stderr)
