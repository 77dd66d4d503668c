# The parameterized notebooks, one run for each environment and twin.
rule run_notebook:
    input:
        rules.make_tables.output,
        notebook="workflow/notebooks/{notebook}.ipynb",
        code=sources("report", "report/charts"),
    output:
        notebook=update("<results>/notebooks/{environment}/{twin}/{notebook}.ipynb"),
        html=update(
            report(
                "<results>/notebooks/{environment}/{twin}/{notebook}.html",
                caption="../report/notebook.rst",
                category="Notebooks",
                labels={
                    "environment": "{environment}",
                    "twin": "{twin}",
                    "notebook": "{notebook}",
                },
            )
        ),
        made=made("notebooks/{environment}/{twin}/{notebook}"),
    log:
        "<results>/logs/notebooks/{environment}/{twin}/{notebook}.log",
    benchmark:
        "<results>/benchmarks/notebooks/{environment}/{twin}/{notebook}.tsv"
    params:
        tables=PLACES.tables,
    shell:
        "python -m twinproof.report.notebook --input {input.notebook:q} --output {output.notebook:q}"
        " --html {output.html:q} -p environment {wildcards.environment:q} -p twin {wildcards.twin:q}"
        " -p tables {params.tables:q} 2> {log:q}"


NOTEBOOKS = sorted(
    path
    for environment, twin, probe in list_cells(PARAMS)
    if probe in WITH_NOTEBOOK
    for path in expand(
        rules.run_notebook.output, environment=environment, twin=twin, notebook=probe
    )
)


rule notebooks:
    input:
        NOTEBOOKS,
        rules.tables.input,
