# An environment is a lock; here it becomes a venv. The list of what it holds is written last: it marks a whole venv.
# It takes minutes and gigabytes: every study in this folder, the quick one too, shares it.
rule create_venv:
    input:
        lock="containers/locks/{environment}.txt",
    output:
        "results/environments/{environment}/venv.txt",
    log:
        "results/environments/{environment}/venv.log",
    params:
        venv=lambda wildcards, output: output[0].removesuffix(".txt"),
    shell:
        "(uv venv --quiet --clear --no-python-downloads --python 3.11 {params.venv}"
        " && uv pip sync --quiet --require-hashes --only-binary :all: --compile-bytecode"
        " --python {params.venv} {input.lock}"
        " && uv pip freeze --python {params.venv} > {output}) 2> {log}"
