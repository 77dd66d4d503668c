# Thin: each target is a command that can be typed by hand in the activated .venv.
PYTHON ?= python3.11
CORES ?= all
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: study quick images test test-containers test-gpu-image lint bench lock clean

study: .venv/ready  ## the study of params.yaml
	snakemake --cores $(CORES)

quick: .venv/ready  ## the same study, small, in results/quick
	snakemake --cores $(CORES) --profile workflow/profiles/quick

images: .venv/ready  ## an image for each environment of params.yaml; see docs/environments.md
	snakemake --cores $(CORES) images

test: .venv/ready lint
	pytest

# Where tools are missing, containers/install-tools brings them.
test-containers: .venv/ready  ## builds the image tf2.21-cpu and runs the quick study in it
	pytest -m containers

test-gpu-image: .venv/ready  ## what holds of the GPU image where there is no GPU; builds it first
	pytest -m gpu_image

lint: .venv/ready
	ruff check
	ruff format --check
	snakefmt --check Snakefile workflow
	mypy
	lint-imports

bench: .venv/ready  ## speed, as ratios measured side by side
	python bench/training.py
	python bench/study.py
	python bench/idle.py

# The locks hold hashes and no host names. They change only when what they are made from changes, or with UPGRADE=-U.
COMPILE = uv pip compile --quiet --generate-hashes --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
	--no-emit-index-url --no-header $(UPGRADE)
lock: .venv/bin/uv
	$(COMPILE) pyproject.toml --extra dev --output-file workflow/requirements.txt
	$(COMPILE) workflow/uv.in --constraint workflow/requirements.txt --output-file workflow/uv.txt
	$(foreach in,$(wildcard containers/locks/*.in),$(COMPILE) $(in) --output-file $(in:.in=.txt);)

# The workflow's own venv: uv from its lock, all else through uv, with compiled bytecode.
.venv/bin/uv: workflow/uv.txt
	$(PYTHON) -m venv --clear .venv
	.venv/bin/pip install --quiet --require-hashes --only-binary :all: -r workflow/uv.txt
	touch $@

.venv/ready: .venv/bin/uv workflow/requirements.txt pyproject.toml
	uv pip sync --quiet --python .venv --require-hashes --compile-bytecode workflow/requirements.txt
	uv pip install --quiet --python .venv --no-deps --no-build-isolation --editable .
	touch $@

clean:  ## forget what can be made again; results stay
	rm -rf .venv .snakemake build results/quick results/environments
