# The research crate: the whole study in one file, to share or to archive.
rule make_crate:
    input:
        rules.make_report.output,
        rules.make_version.output,
        rules.make_tables.output,
        NOTEBOOKS,
        MEASURED,
        study=study_file,
        # Everything else that affects the results, including the images, causes them to be made again, and with them the crate.
        citation="CITATION.cff",
        code=sources("crate"),
    output:
        crate=update("<results>/crate.zip"),
        made=made("crate"),
    log:
        "<results>/logs/crate.log",
    benchmark:
        "<results>/benchmarks/crate.tsv"
    params:
        results=RESULTS,
    shell:
        "python -m twinproof.crate --results {params.results:q} --output {output.crate:q} 2> {log:q}"


rule crate:
    input:
        rules.make_crate.output,
        rules.report.input,
