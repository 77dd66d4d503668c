# The models that each environment wrote, which the trials of exchange read. They are not needed once those are measured.
rule write_models:
    input:
        protocol=lambda wildcards: protocol_file(
            wildcards.environment, wildcards.twin, "exchange"
        ),
        data=PLACES.data,
        environment=image_of if IN_IMAGES else rules.create_venv.output,
    output:
        "<results>/models/{environment}/{twin}.zip",
    log:
        "<results>/logs/models/{environment}/{twin}.log",
    benchmark:
        "<results>/benchmarks/models/{environment}/{twin}.tsv"
    container:
        "results/environments/{environment}/image.sif"
    resources:
        gpu=gpus_of,
    params:
        python=PYTHON,
        study=PLACES.params,
    shell:
        "{params.python} -m twinproof.measured.write_models --environment {wildcards.environment:q}"
        " --twin {wildcards.twin:q} --params {params.study:q} --output {output:q} 2> {log:q}"


# Trials of one probe, one after the other, each in its own process and with its own record (pipeline/schedule.py). Trials that
# have a record are not run again.
rule run_batch:
    input:
        needed_by_batch,
    output:
        "<results>/batches/{environment}/{probe}-{batch}.done",
    log:
        "<results>/logs/batches/{environment}/{probe}-{batch}.log",
    benchmark:
        "<results>/benchmarks/batches/{environment}/{probe}-{batch}.tsv"
    container:
        "results/environments/{environment}/image.sif"
    threads: threads_of
    resources:
        gpu=gpus_of,
    params:
        python=PYTHON,
        trials=lambda wildcards: [trial.name for trial in batch_of(wildcards)],
        left=lambda wildcards: [trial.name for trial in left_of(wildcards)],
        records=PLACES.trials,
        models=PLACES.models,
        study=PLACES.params,
        limit=RUNNING.limit,
    message:
        "measuring in {wildcards.environment}: {wildcards.probe} of {params.left}"
    shell:
        "{params.python} -m twinproof.measured.run_batch --environment {wildcards.environment:q} --probe {wildcards.probe:q}"
        " --trials {params.trials:q} --params {params.study:q} --models {params.models:q}"
        " --records {params.records:q} --limit {params.limit:q} --mark {output:q} 2> {log:q}"


# A single trial: timing, and any trial whose record is requested by name. Whether a record counts depends on its protocol and is
# decided when the study is planned (pipeline/counting.py). A record that does not count is set aside, so a trial is run if, and
# only if, its record is missing.
rule run_trial:
    input:
        needed_by_trial,
    output:
        "<results>/trials/{environment}/{twin}/{probe}-{replicate}.json",
    log:
        "<results>/logs/trials/{environment}/{twin}/{probe}-{replicate}.log",
    # No benchmark: Snakemake would inspect the process repeatedly, for 50 ms each, while it is timed.
    container:
        "results/environments/{environment}/image.sif"
    threads: threads_of
    resources:
        gpu=gpus_of,
    params:
        python=PYTHON,
        models=PLACES.models,
        study=PLACES.params,
        limit=RUNNING.limit,
        quantities=quantities_of,
    shell:
        "{params.python} -m twinproof.measured.run_trial --environment {wildcards.environment:q}"
        " --twin {wildcards.twin:q} --probe {wildcards.probe:q} --replicate {wildcards.replicate:q}"
        " --params {params.study:q} --models {params.models:q} --output {output:q} --limit {params.limit:q}"
        " --quantities {params.quantities:q} 2> {log:q}"


# The number of processes is decided step by step: a decision after the first ones adds more for what has no verdict yet, or says
# that there are enough.
checkpoint decide_timing:
    input:
        records=lambda wildcards: [
            *timings(**wildcards),
            *start().unfounded_decision(**wildcards),
        ],
        study=study_file,
        code=[
            "src/twinproof/analysis/sampling.py",
            "src/twinproof/analysis/verdicts/timing.py",
            "src/twinproof/analysis/statistics/ratios.py",
        ],
    output:
        "<results>/timing/{environment}/{twin}/{processes}.json",
    log:
        "<results>/logs/timing/{environment}/{twin}/{processes}.log",
    benchmark:
        "<results>/benchmarks/timing/{environment}/{twin}/{processes}.tsv"
    params:
        results=RESULTS,
    shell:
        "python -m twinproof.analysis.sampling --results {params.results:q} --environment {wildcards.environment:q}"
        " --twin {wildcards.twin:q} --processes {wildcards.processes:q} --output {output:q} 2> {log:q}"


rule trials:
    input:
        MEASURED,
        rules.verify_data.output,
