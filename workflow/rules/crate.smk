# The research crate: all of the study in one file, to hand on or to archive.
rule make_crate:
    input:
        rules.make_report.output,
        rules.make_version.output,
        rules.make_tables.output,
        NOTEBOOKS,
        MEASURED,
        study=study_file,
        # Whatever else bears on the results, the images too, has them made again, and so the crate.
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
