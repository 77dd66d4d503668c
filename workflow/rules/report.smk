# The report: one page that opens offline, and the notebooks beside it.
rule make_report:
    input:
        rules.make_tables.output.tables,
        NOTEBOOKS,
        metrics="<results>/metrics.json",
        study=RESULTS / "params.yaml",
        code=sources("report"),
    output:
        "<results>/report/index.html",
    log:
        "<results>/logs/report.log",
    params:
        tables=RESULTS / "tables",
        notebooks=RESULTS / "notebooks",
    shell:
        "python -m twinproof.report.page --tables {params.tables} --metrics {input.metrics} --params {input.study}"
        " --notebooks {params.notebooks} --output {output} 2> {log}"


rule report:
    input:
        rules.make_report.output,
        RECORDS,
        timing_records,
