# One trial, one process, one record. A protocol holds the parameters of its trials and the digests of their code, data
# and lock, and is rewritten when one of them changes (plan.py); all else is needed, but no reason to measure again.
rule run_trial:
    input:
        protocol="<results>/protocols/{environment}/{twin}/{probe}.json",
        data=ancient(unless_measured(f"{RESULTS}/data.json")),
        environment=ancient(
            unless_measured("results/environments/{environment}/venv.txt")
        ),
    output:
        # A record stays until the next one is whole, and comes back if that fails.
        update("<results>/trials/{environment}/{twin}/{probe}-{replicate}.json"),
    log:
        "<results>/logs/trials/{environment}/{twin}/{probe}-{replicate}.log",
    threads: threads_of
    params:
        # Inside an environment, nothing is seen but the source and the user's own modules.
        python="PYTHONPATH=src:. PYTHONSAFEPATH=1 PYTHONNOUSERSITE=1"
        " results/environments/{environment}/venv/bin/python",
        study=RESULTS / "params.yaml",
    shell:
        "{params.python} -m twinproof.trial --environment {wildcards.environment}"
        " --twin {wildcards.twin} --probe {wildcards.probe} --replicate {wildcards.replicate}"
        " --params {params.study} --output {output} 2> {log}"


rule trials:
    input:
        RECORDS,
