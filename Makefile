# Thin: each target is a command that can be typed by hand in the activated .venv.
PYTHON ?= python3.11
CORES ?= all
# One more than two cores, because a test that starts a cluster or a container waits half of its time.
LANES ?= 3
INSTALL := $(PYTHON) workflow/install.py
PYTEST = pytest --numprocesses $(LANES) --durations 15
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export UPGRADE

# Delete the incomplete output of a failed step.
.DELETE_ON_ERROR:
.PHONY: study quick images lint wheel docs bench bench-page durations publish lock clean tools test test-all test-together \
  test-timing test-keras test-guides test-outcomes test-versions test-faults test-browser test-containers test-gpu-image test-slurm

study: .venv/ready  ## runs the study of params.yaml
	snakemake --cores $(CORES)

quick: .venv/ready  ## runs a small version of the study, in results/quick
	snakemake --cores $(CORES) --profile workflow/profiles/quick

images: .venv/ready  ## builds an image for each environment of params.yaml; see docs/environments.md
	snakemake --cores $(CORES) images

# docs/tests.md says what each target proves and how long it may take.
test: .venv/ready lint  ## tests that every change must pass, with a study on real MNIST
	$(PYTEST) --target $@

test-keras: .venv/ready  ## proofs and probes on small networks, in the oldest and the newest Keras
	$(PYTEST) --target $@ -m 'keras and not outcomes'

test-guides: .venv/ready  ## every command of the README and the guides, and an independent validator of crates
	$(PYTEST) --target $@ -m guides

test-outcomes: .venv/ready  ## serialization, exchange, introspection and pitfalls in three versions of Keras
	$(PYTEST) --target $@ -m outcomes

test-versions: .venv/ready  ## studies through Snakemake and DVC: changed, read, pulled, compared, shown again
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

test-faults: .venv/ready  ## a small study that is killed, interrupted, out of disk, damaged; some tests need root
	[ "$$(id -u)" -ne 0 ] || tests/slurm/install-slurm
	$(PYTEST) --target $@ -m faults

test-timing: .venv/ready  ## timing studies with a known answer; nothing else may run on the machine
	$(PYTEST) --target $@ -m timing --numprocesses 0

test-together: .venv/ready  ## everything except timing, in one run
	$(PYTEST) --target $@ -m 'not timing and not gpu_image'

test-gpu-image: .venv/ready  ## what can be tested of the GPU image without a GPU; builds it first
	$(PYTEST) -m gpu_image

test-all: .venv/ready  ## everything, timing last and alone
	$(MAKE) --jobs 2 --output-sync=target lint tools
	$(MAKE) test-together
	$(MAKE) test-timing

tools:  ## installs what the tests need besides Python, if missing: a browser, an image builder, apptainer, Slurm
	tests/browser/install-chromium
	containers/install-tools
	tests/slurm/install-slurm

lint: .venv/ready
	ruff check
	ruff format --check
	snakefmt --check Snakefile workflow
	python workflow/prose.py
	mypy
	# Code that must run on Python 3.9 too; 3.10 is the oldest that mypy knows.
	mypy --python-version 3.10 $(addprefix src/twinproof/,base environments measured proof study pytest_plugin.py)
	lint-imports

wheel: .venv/ready  ## builds the package as a wheel, in build/wheel
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

bench-page: .venv/ready  ## the size of the study's report, and how fast it loads
	python bench/page.py

durations: .venv/ready  ## the durations of the last studies' jobs, for planning the next study
	python -m twinproof.pipeline.measure_durations --results results $(wildcard results/depth) --output workflow/durations.csv

publish: .venv/ready  ## the last study becomes the published one, which the README quotes
	python -m twinproof.versions.publish --results results --to published
	python -m twinproof.report.readme --study published --readme README.md

# UPGRADE=-U updates them to the newest versions that their inputs allow.
lock: .venv/bin/uv  ## updates the hash locks whose inputs changed
	workflow/lock workflow/requirements.txt pyproject.toml --extra study --extra dev
	workflow/lock workflow/uv.txt workflow/uv.in --constraint workflow/requirements.txt
	workflow/lock workflow/validator.txt workflow/validator.in
	workflow/lock workflow/site.txt workflow/site.in
	for input in containers/locks/*.in; do workflow/lock "$${input%.in}.txt" "$$input" || exit; done

# The workflow's own venv: uv from its lock, everything else through uv, with compiled bytecode.
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

clean:  ## removes everything that can be made again, except results
	rm -rf .venv .snakemake build results/quick results/environments
