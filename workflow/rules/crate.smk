# The research crate: all of the study in one file, to hand on or to archive.
rule make_crate:
    input:
        rules.make_report.output,
        rules.make_version.output,
        rules.make_tables.output,
        NOTEBOOKS,
        RECORDS,
        timing_records,
        # It compares the images with those that the records were measured with: a new date alone makes no other crate.
        images=ancient(rules.verify_data.input.images),
        study=RESULTS / "params.yaml",
        # Whatever else of the repository bears on the results has them made again, and so the crate.
        citation="CITATION.cff",
        code=sources("report/crate"),
    output:
        update("<results>/crate.zip"),
    log:
        "<results>/logs/crate.log",
    params:
        results=RESULTS,
    shell:
        "python -m twinproof.report.crate --results {params.results} --output {output} 2> {log}"


rule crate:
    input:
        rules.make_crate.output,
        RECORDS,
        timing_records,
