# Records become tidy tables, and the metrics that DVC tracks.
from twinproof.analysis.columns import COLUMNS


rule make_tables:
    input:
        MEASURED,
        code=sources(
            "analysis", "analysis/rows", "analysis/statistics", "analysis/verdicts"
        ),
        study=study_file,
    output:
        tables=[
            update(
                report(
                    f"<results>/tables/{table}.csv",
                    caption="../report/table.rst",
                    category="Tables",
                    labels={"table": table},
                )
            )
            for table in COLUMNS
        ],
        metrics=update(
            report(
                "<results>/metrics.json",
                caption="../report/metrics.rst",
                category="Report",
                labels={"what": "metrics"},
            )
        ),
        made=made("tables"),
    log:
        "<results>/logs/tables.log",
    benchmark:
        "<results>/benchmarks/tables.tsv"
    params:
        results=RESULTS,
    shell:
        "python -m twinproof.analysis.tables --results {params.results:q} 2> {log:q}"


# The targets of later stages name all files of the earlier ones: Snakemake does not restore a missing file if the files that are
# made from it look up to date.
rule tables:
    input:
        rules.make_tables.output,
        MEASURED,


# The verdicts of the timings, with their controls and the identity gate.
rule timing:
    input:
        rules.make_tables.output,
        TIMED,
