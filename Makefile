# Thin: each target is a command that can be typed by hand in the activated .venv.
PYTHON ?= python3.11
CORES ?= all
INSTALL := $(PYTHON) workflow/install.py
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export UPGRADE

# What a failed step has begun is no target.
.DELETE_ON_ERROR:
.PHONY: study quick images test test-timing test-outcomes test-versions test-faults test-browser test-containers test-gpu-image test-slurm lint bench bench-page durations picture lock clean

study: .venv/ready  ## the study of params.yaml
	snakemake --cores $(CORES)

quick: .venv/ready  ## the same study, small, in results/quick
	snakemake --cores $(CORES) --profile workflow/profiles/quick

images: .venv/ready  ## an image for each environment of params.yaml; see docs/environments.md
	snakemake --cores $(CORES) images

test: .venv/ready lint
	pytest

test-timing: .venv/ready  ## timing studies whose answer is known; wants the machine to itself
	pytest -m timing

test-outcomes: .venv/ready  ## serialization, introspection and pitfalls in every environment, and once more
	pytest -m outcomes

test-versions: .venv/ready  ## studies through DVC: pulled, changed, compared, shown again
	pytest -m versions

test-faults: .venv/ready  ## a small study that is killed, interrupted, out of disk, damaged; as root all of it, else less
	pytest -m faults

# Where chromium is missing, tests/browser/install-chromium brings it.
test-browser: .venv/ready  ## the report's page in a browser: figures, tables, links, accessibility
	pytest -m browser

# Where tools are missing, containers/install-tools brings them.
test-containers: .venv/ready  ## builds the image tf2.21-cpu and runs the quick study in it
	pytest -m containers

test-gpu-image: .venv/ready  ## what holds of the GPU image where there is no GPU; builds it first
	pytest -m gpu_image

# Where Slurm is missing, tests/slurm/install-slurm brings it.
test-slurm: .venv/ready  ## studies on a cluster of one node, in the venv and in the image
	pytest -m slurm

lint: .venv/ready
	ruff check
	ruff format --check
	snakefmt --check Snakefile workflow
	mypy
	lint-imports

bench: .venv/ready  ## speed, as ratios measured side by side
	python bench/training.py
	python bench/study.py
	python bench/batching.py
	python bench/idle.py

bench-page: .venv/ready  ## how large the report of the study is, and how soon it is there
	python bench/page.py

durations: .venv/ready  ## what the jobs of the last study, and of that of depth, took: by which the next is planned
	python -m twinproof.run.durations --results results $(wildcard results/depth) --output workflow/durations.csv

picture: .venv/ready  ## the answer and its picture in the README, from the tables of the last study
	python -m twinproof.report.picture --tables results/tables --output docs/answer --readme README.md

# UPGRADE=-U makes them again with the newest versions that their inputs allow.
lock: .venv/bin/uv  ## make the hash locks again, as far as they changed
	workflow/lock workflow/requirements.txt pyproject.toml --extra dev
	workflow/lock workflow/uv.txt workflow/uv.in --constraint workflow/requirements.txt
	workflow/lock workflow/validator.txt workflow/validator.in
	workflow/lock workflow/s3.txt workflow/s3.in
	for input in containers/locks/*.in; do workflow/lock "$${input%.in}.txt" "$$input" || exit; done

# The workflow's own venv: uv from its lock, all else through uv, with compiled bytecode.
.venv/bin/uv: workflow/uv.txt
	$(INSTALL) $(PYTHON) -m venv --clear .venv
	$(INSTALL) .venv/bin/pip install --quiet --require-hashes --only-binary :all: -r workflow/uv.txt
	.venv/bin/uv --version >/dev/null
	touch $@

.venv/ready: .venv/bin/uv workflow/requirements.txt pyproject.toml
	$(INSTALL) uv pip sync --quiet --python .venv --require-hashes --compile-bytecode workflow/requirements.txt
	$(INSTALL) uv pip install --quiet --python .venv --no-deps --no-build-isolation --editable .
	touch $@

clean:  ## forget what can be made again; results stay
	rm -rf .venv .snakemake build results/quick results/environments
