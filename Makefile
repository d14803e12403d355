PYTHON ?= python3.11
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install -qq --disable-pip-version-check
READY := $(VENV)/.ready
# Tools that are not needed to work on the project have environments of their own.
TOOLS := build/tools

.DEFAULT_GOAL := help
.PHONY: help setup demo robot-demo test test-long soak test-cpp lint digests train docs lock

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 18

setup: $(READY) ## make .venv with the locked packages (demo, test and the others call it)

# The two lists are whole, so pip has nothing to resolve; for the project itself it adds what the
# build of torch for this machine needs beyond them (PyPI's for Linux on x86_64: CUDA).
$(READY): requirements.txt requirements-torch.txt pyproject.toml \
		envs/physics/stepper.c envs/physics/pages.c envs/physics/stepper.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || \
		{ echo "setup: $(PYTHON) is not Python 3.11; install it, or name yours:" \
			"make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "setup: a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@echo "setup: torch"
	@$(PIP) --no-deps -r requirements-torch.txt
	@echo "setup: the other packages, each with its hash"
	@$(PIP) --no-deps --require-hashes -r requirements.txt
	@echo "setup: this project, as a package that is edited here"
	@$(PIP) --no-build-isolation --editable .
	@echo "setup: what steps robots with legs, in C"
	@$(PY) -m envs.physics.stepper
	@touch $(READY)

demo: setup ## watch the shipped policy climb: results, plots and a video
	$(PY) -m agents.evaluation.demo

robot-demo: setup ## from policy to robot without a robot; one page with a video
	$(PY) -m deploy.robot_demo

test: lint ## lint, types and tests
	$(PY) -m pytest

test-long: setup ## the tests that take minutes, as CI runs them, and those that take hours
	$(PY) -m pytest -m "long or hours"

soak: setup ## train for an hour (MINUTES=60) and see that memory stays flat
	TREADWELL_SOAK_MINUTES=$(or $(MINUTES),60) \
		$(PY) -m pytest -s -m long tests/agents/training/test_soak.py

test-cpp: setup ## build the C++ runner and run the shipped policy's bundle with it
	@command -v cmake >/dev/null && command -v c++ >/dev/null || \
		{ echo "test-cpp: there is no cmake or no C++ compiler; install them" \
			"(on Debian: apt-get install cmake g++)" >&2; exit 1; }
	$(PY) -m pytest -m long tests/deploy/cpp

lint: setup ## ruff and mypy
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy .

digests: setup ## digests of what must not change: training, evaluation, exported programs
	$(PY) -m tests.digests

train: setup ## train a policy in runs/go2, or go on with it
	mkdir -p runs/go2
	$(PY) train.py --run runs/go2 --resume

docs: $(TOOLS)/docs/.ready ## the documentation as a site, in build/site
	$(TOOLS)/docs/bin/python -m mkdocs build --strict

$(TOOLS)/docs/.ready: requirements-docs.txt
	@$(PYTHON) -m venv $(TOOLS)/docs
	@$(TOOLS)/docs/bin/python -m pip install -qq --disable-pip-version-check \
		--no-deps --require-hashes -r requirements-docs.txt
	@touch $@

# A version stays as it is while it fits; the newest come where a line, or the whole file, is
# deleted
# first. Of torch there is the version alone: see requirements-torch.txt.
LOCK = $(TOOLS)/lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes \
	--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock: $(TOOLS)/lock/.ready ## pin what pyproject.toml asks for, with hashes: requirements*.txt
	$(LOCK) pyproject.toml --all-extras --group dev --constraint requirements-torch.txt \
		--no-emit-package torch --output-file requirements.txt
	$(LOCK) --group docs --output-file requirements-docs.txt

$(TOOLS)/lock/.ready:
	@$(PYTHON) -m venv $(TOOLS)/lock
	@$(TOOLS)/lock/bin/python -m pip install -qq --disable-pip-version-check uv==0.13.9
	@touch $@
