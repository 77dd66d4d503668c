# Never run: if the workflow is only read, this rule stands in for everything that the start of a run does.
rule begin:
    output:
        START.stand_in,
    log:
        "<results>/logs/begin.log",
    message:
        START.describe()
    shell:
        "exit 1 2> {log:q}"
