# The images are checked before anything is trained.
rule verify_data:
    input:
        images=expand(
            "{directory}/{file}",
            directory=PARAMS.data.directory,
            file=FILES.values(),
        ),
        checksums=PARAMS.data.checksums,
        # The folder of the images and the number for validation: Snakemake does not check `params` (default profile).
        study=study_file,
    output:
        "<results>/data.json",
    log:
        "<results>/logs/data.log",
    benchmark:
        "<results>/benchmarks/data.tsv"
    params:
        directory=lambda wildcards, input: Path(input.images[0]).parent,
        validation=PARAMS.data.validation,
    shell:
        "python -m twinproof.study.dataset --directory {params.directory:q} --checksums {input.checksums:q}"
        " --validation {params.validation:q} --output {output:q} 2> {log:q}"
