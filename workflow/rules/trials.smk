# What the trials of exchange read: the models that each environment wrote. Nobody asks for them once those are measured.
rule write_models:
    input:
        protocol=RESULTS / "protocols/{environment}/{twin}/exchange.json",
        data=RESULTS / "data.json",
        environment=rules.build_image.output if IN_IMAGES else rules.create_venv.output,
    output:
        "<results>/models/{environment}/{twin}.zip",
    log:
        "<results>/logs/models/{environment}/{twin}.log",
    container:
        "results/environments/{environment}/image.sif"
    resources:
        gpu=gpus_of,
    params:
        python=PYTHON,
        study=RESULTS / "params.yaml",
    shell:
        "{params.python} -m twinproof.exchange --environment {wildcards.environment}"
        " --twin {wildcards.twin} --params {params.study} --output {output} 2> {log}"


# One trial, one process, one record. Whether a record counts is decided by its protocol when the study is planned
# (plan.py): one that does not is set aside, so that a trial is run if, and only if, its record is missing.
rule run_trial:
    input:
        protocol=unless_measured(
            f"{RESULTS}/protocols/{{environment}}/{{twin}}/{{probe}}.json"
        ),
        data=unless_measured(f"{RESULTS}/data.json"),
        environment=unless_measured(
            *(rules.build_image.output if IN_IMAGES else rules.create_venv.output)
        ),
        models=models_of,
    output:
        "<results>/trials/{environment}/{twin}/{probe}-{replicate}.json",
    log:
        "<results>/logs/trials/{environment}/{twin}/{probe}-{replicate}.log",
    container:
        "results/environments/{environment}/image.sif"
    threads: threads_of
    resources:
        gpu=gpus_of,
    params:
        python=PYTHON,
        models=RESULTS / "models",
        study=RESULTS / "params.yaml",
    shell:
        "{params.python} -m twinproof.trial --environment {wildcards.environment}"
        " --twin {wildcards.twin} --probe {wildcards.probe} --replicate {wildcards.replicate}"
        " --params {params.study} --models {params.models} --output {output} 2> {log}"


# As many processes as it takes: a decision from the first ones asks for more, or says that they are enough.
checkpoint decide_timing:
    input:
        records=lambda wildcards: timings(**wildcards),
        study=RESULTS / "params.yaml",
        code=["src/twinproof/analysis/sampling.py", "src/twinproof/analysis/timing.py"],
    output:
        "<results>/timing/{environment}/{twin}/{processes}.json",
    log:
        "<results>/logs/timing/{environment}/{twin}/{processes}.log",
    params:
        results=RESULTS,
    shell:
        "python -m twinproof.analysis.sampling --results {params.results} --environment {wildcards.environment}"
        " --twin {wildcards.twin} --processes {wildcards.processes} --output {output} 2> {log}"


rule trials:
    input:
        RECORDS,
        timing_records,
        rules.verify_data.output,
