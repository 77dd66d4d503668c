# An environment is a lock; here it becomes a venv or an image. It takes minutes and gigabytes: every study in this
# folder, the quick one too, shares it.
rule create_venv:
    input:
        lock=lock_of,
    output:
        # The list of what it holds is written last: it marks a whole venv.
        "results/environments/{environment}/venv.txt",
    log:
        "results/environments/{environment}/venv.log",
    benchmark:
        "results/environments/{environment}/venv.benchmark.tsv"
    shell:
        "bash workflow/venv {input.lock:q} {output:q} 2> {log:q}"


# An image has no inputs, as its times do not matter: it may come from another machine. Whether it is whole and built
# from the present lock is asked when a run starts (pipeline/start.py); if it is not, its mark is set aside.
rule build_image:
    input:
        lambda wildcards: start().unfit_image(wildcards.environment),
    output:
        sif="results/environments/{environment}/image.sif",
        mark="results/environments/{environment}/image.json",
    log:
        "results/environments/{environment}/image.log",
    # One at a time: each wants the disk, and every core.
    threads: os.cpu_count()
    shell:
        "containers/build --sif {wildcards.environment:q} > {log:q} 2>&1"


rule images:
    input:
        lambda wildcards: [
            path for name in PARAMS.environments for path in start().image(name)
        ],
