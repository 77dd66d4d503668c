# An environment is a lock; here it becomes a venv or an image. It takes minutes and gigabytes: every study in this
# folder, the quick one too, shares it.
rule create_venv:
    input:
        lock=lock_of,
    output:
        # The list of its packages is written last: it marks a complete venv.
        "results/environments/{environment}/venv.txt",
    log:
        "results/environments/{environment}/venv.log",
    benchmark:
        "results/environments/{environment}/venv.benchmark.tsv"
    shell:
        "bash workflow/venv {input.lock:q} {output:q} 2> {log:q}"


# An image has no inputs, because its times do not matter: it may come from another machine. When a run starts, it checks
# that the image is complete and built from the current lock (pipeline/start.py); if not, its mark is set aside.
rule build_image:
    input:
        lambda wildcards: start().unfit_image(wildcards.environment),
    output:
        sif="results/environments/{environment}/image.sif",
        mark="results/environments/{environment}/image.json",
    log:
        "results/environments/{environment}/image.log",
    # One at a time: each needs the disk, and every core.
    threads: os.cpu_count()
    shell:
        "containers/build --sif {wildcards.environment:q} > {log:q} 2>&1"


rule images:
    input:
        lambda wildcards: [
            path for name in PARAMS.environments for path in start().image(name)
        ],
