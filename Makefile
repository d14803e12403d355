PYTHON ?= python3.11
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo robot-demo test test-long soak test-cpp lint train

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 18

setup: $(READY) ## make .venv with the pinned packages (demo, test and the others call it)

$(READY): requirements.txt envs/physics/stepper.c envs/physics/pages.c envs/physics/stepper.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || \
		{ echo "setup: $(PYTHON) is not Python 3.11; install it, or name yours: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(PY) -m envs.physics.stepper
	@touch $(READY)

demo: setup ## watch the shipped policy climb: results, plots and a video
	$(PY) -m agents.evaluation.demo

robot-demo: setup ## from policy to robot without a robot: provision, flash, climb over DDS, break an update; one page with a video
	$(PY) -m deploy.robot_demo

test: lint ## lint, types and tests
	$(PY) -m pytest

test-long: setup ## the tests that take minutes
	$(PY) -m pytest -m long

soak: setup ## train for an hour (MINUTES=60) and see that the memory of trainer and workers stays flat
	TREADWELL_SOAK_MINUTES=$(or $(MINUTES),60) $(PY) -m pytest -s -m long tests/agents/training/test_soak.py

test-cpp: setup ## build the C++ runner and run the shipped policy's bundle with it
	@command -v cmake >/dev/null && command -v c++ >/dev/null || \
		{ echo "test-cpp: there is no cmake or no C++ compiler; install them (on Debian: apt-get install cmake g++)" >&2; exit 1; }
	$(PY) -m pytest -m long tests/deploy/test_cpp.py

lint: setup ## ruff and mypy
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy .

train: setup ## train a policy in runs/go2, or go on with it
	mkdir -p runs/go2
	$(PY) train.py --run runs/go2 --resume
