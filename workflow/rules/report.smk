# The report: one page that opens offline, and the notebooks next to it. Outputs are marked as `update`, so that the last
# good version stays if a job fails; `made` says whether it is current.
rule make_report:
    input:
        rules.make_tables.output,
        NOTEBOOKS,
        metrics=rules.make_tables.output.metrics,
        study=study_file,
        code=sources("report", "report/charts", "report/page", "report/page/template"),
    output:
        page=update(
            report(
                "<results>/report/index.html",
                caption="../report/page.rst",
                category="Report",
                labels={"what": "the answer"},
            )
        ),
        made=made("report"),
    log:
        "<results>/logs/report.log",
    benchmark:
        "<results>/benchmarks/report.tsv"
    params:
        study=PLACES.params,
        tables=PLACES.tables,
        notebooks=PLACES.notebooks,
    shell:
        "python -m twinproof.report.page --tables {params.tables:q} --metrics {input.metrics:q}"
        " --params {params.study:q} --notebooks {params.notebooks:q} --output {output.page:q} 2> {log:q}"


# The inputs and the parts of the report, by their digests: small enough for git, which has the versions.
rule make_version:
    input:
        rules.make_report.output,
        rules.make_tables.output,
        NOTEBOOKS,
        MEASURED,
    output:
        version=update("<results>/version.json"),
        made=made("version"),
    log:
        "<results>/logs/version.log",
    benchmark:
        "<results>/benchmarks/version.tsv"
    params:
        results=RESULTS,
    shell:
        "python -m twinproof.versions.describe --results {params.results:q} --output {output.version:q} 2> {log:q}"


rule report:
    input:
        rules.make_report.output,
        rules.make_version.output,
        rules.notebooks.input,
