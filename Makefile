# Thin: each target is a command that can be typed by hand in the activated .venv.
PYTHON ?= python3.11
CORES ?= all
# One more than two cores, as a test that starts a cluster or a container waits half of its time.
LANES ?= 3
INSTALL := $(PYTHON) workflow/install.py
PYTEST = pytest --numprocesses $(LANES) --durations 15
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export UPGRADE

# What a failed step has begun is no target.
.DELETE_ON_ERROR:
.PHONY: study quick images lint wheel docs bench bench-page durations publish lock clean tools test test-all test-together \
  test-timing test-outcomes test-versions test-faults test-browser test-containers test-gpu-image test-slurm

study: .venv/ready  ## the study of params.yaml
	snakemake --cores $(CORES)

quick: .venv/ready  ## the same study, small, in results/quick
	snakemake --cores $(CORES) --profile workflow/profiles/quick

images: .venv/ready  ## an image for each environment of params.yaml; see docs/environments.md
	snakemake --cores $(CORES) images

# docs/tests.md says what each target proves and how long it may take.
test: .venv/ready lint  ## what a change must not break, the study on real MNIST too
	$(PYTEST) --target $@

test-outcomes: .venv/ready  ## serialization, introspection and pitfalls in every environment, and once more
	$(PYTEST) --target $@ -m outcomes

test-versions: .venv/ready  ## studies through DVC: pulled, changed, compared, shown again
	$(PYTEST) --target $@ -m versions

test-browser: .venv/ready  ## the report's page in a browser: figures, tables, links, accessibility
	tests/browser/install-chromium
	$(PYTEST) --target $@ -m browser

test-containers: .venv/ready  ## builds the image tf2.21-cpu and runs the quick study in it
	containers/install-tools
	$(PYTEST) --target $@ -m containers

test-slurm: .venv/ready  ## studies on a cluster of one node, in the venv and in the image
	containers/install-tools
	tests/slurm/install-slurm
	$(PYTEST) --target $@ -m slurm

test-faults: .venv/ready  ## a small study that is killed, interrupted, out of disk, damaged; root runs all of it
	[ "$$(id -u)" -ne 0 ] || tests/slurm/install-slurm
	$(PYTEST) --target $@ -m faults

test-timing: .venv/ready  ## timing studies whose answer is known; needs the machine to itself
	$(PYTEST) --target $@ -m timing --numprocesses 0

test-together: .venv/ready  ## all but timing, in one run
	$(PYTEST) --target $@ -m 'not timing and not gpu_image'

test-gpu-image: .venv/ready  ## what holds of the GPU image where there is no GPU; builds it first
	$(PYTEST) -m gpu_image

test-all: .venv/ready  ## everything, timing last and alone
	$(MAKE) --jobs 2 --output-sync=target lint tools
	$(MAKE) test-together
	$(MAKE) test-timing

tools:  ## what the tests need beside Python: a browser, a builder of images, apptainer, Slurm; only what is missing
	tests/browser/install-chromium
	containers/install-tools
	tests/slurm/install-slurm

lint: .venv/ready
	ruff check
	ruff format --check
	snakefmt --check Snakefile workflow
	mypy
	# What runs on Python 3.9 too; mypy knows none older than 3.10.
	mypy --python-version 3.10 $(addprefix src/twinproof/,base environments measured proof study pytest_plugin.py)
	lint-imports

wheel: .venv/ready  ## the package in one file, in build/wheel
	python -m hatchling build -t wheel -d build/wheel

docs: build/site.txt  ## the guides as a site that opens offline, in build/docs
	build/site/bin/mkdocs build --strict --config-file site/mkdocs.yml

build/site.txt: workflow/site.txt .venv/ready
	workflow/venv $< $@

bench: .venv/ready  ## speed, as ratios measured side by side
	python bench/training.py
	python bench/study.py
	python bench/batching.py
	python bench/idle.py

bench-page: .venv/ready  ## how large the report of the study is, and how soon it is there
	python bench/page.py

durations: .venv/ready  ## what the jobs of the last study, and of that of depth, took: by which the next is planned
	python -m twinproof.pipeline.measure_durations --results results $(wildcard results/depth) --output workflow/durations.csv

publish: .venv/ready  ## the last study becomes the published one, which the README quotes
	python -m twinproof.versions.publish --results results --to published
	python -m twinproof.report.readme --study published --readme README.md

# UPGRADE=-U makes them again with the newest versions that their inputs allow.
lock: .venv/bin/uv  ## make the hash locks again, as far as they changed
	workflow/lock workflow/requirements.txt pyproject.toml --extra study --extra dev
	workflow/lock workflow/uv.txt workflow/uv.in --constraint workflow/requirements.txt
	workflow/lock workflow/validator.txt workflow/validator.in
	workflow/lock workflow/site.txt workflow/site.in
	for input in containers/locks/*.in; do workflow/lock "$${input%.in}.txt" "$$input" || exit; done

# The workflow's own venv: uv from its lock, all else through uv, with compiled bytecode.
.venv/bin/uv: workflow/uv.txt
	@$(PYTHON) -c 'import sys; v = "%d.%d" % sys.version_info[:2]; \
	  v == "3.11" or sys.exit("error: $(PYTHON) is Python " + v + ", the locks are for 3.11; name one: make PYTHON=...")'
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
