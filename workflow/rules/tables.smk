# Records become tidy tables, and the metrics that DVC follows.
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


# The targets of later stages ask for all of the earlier ones by name: Snakemake does not make a missing file again if what is
# made from it looks up to date.
rule tables:
    input:
        rules.make_tables.output,
        MEASURED,


# What the timings are asked for: their verdicts, with the controls and the identity gate behind them.
rule timing:
    input:
        rules.make_tables.output,
        TIMED,
