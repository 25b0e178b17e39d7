# The door for chores. `make` alone lists them; CONTRIBUTING.md shows the plain command beside each.

PYTHON ?= python3
PIPESHEET_HOME ?= $(CURDIR)/.pipesheet
export PIPESHEET_HOME

BIN := .venv/bin
READY := .venv/ready-to-run
READY_DEV := .venv/ready-to-develop
QUICK := not slow and not browser and not postgresql and not libreoffice

.DEFAULT_GOAL := help
.PHONY: help setup run test unit check format lock screenshots bench chaos

help:           ## list the chores
	@sed -n 's/^\([a-z]*\): .*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: $(READY_DEV)     ## everything for working on it, in .venv

run: $(READY)   ## start it all with a pretend Pipedrive and Google, data in ./.pipesheet
	@echo "Starting, a few seconds ..."
	@exec $(BIN)/pipesheet up --sandbox

# Hundreds of processes start in these: what was compiled once is kept, even where that is switched off.
test unit: export PYTHONDONTWRITEBYTECODE :=

test: system-packages $(READY_DEV)      ## everything: ruff, mypy and all tests (browser, LibreOffice, PostgreSQL too)
	@$(MAKE) --no-print-directory check
	$(BIN)/pytest -n auto

unit: $(READY_DEV)      ## the quick tests, in seconds
	$(BIN)/pytest -m "$(QUICK)" -n auto

check: $(READY_DEV)     ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY_DEV)    ## put the code into shape
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lock: $(BIN)/python     ## pin the newest versions that fit into requirements/
	.ci/lock --upgrade

screenshots: $(READY_DEV)       ## take the pictures of docs/ again
	$(BIN)/python -m docs.screenshots

bench: $(READY_DEV)     ## measure an import against a plain script
	$(BIN)/python -m bench.imports

chaos: system-packages $(READY_DEV)     ## kill parts of the whole system for five minutes, and look what is left
	$(BIN)/python -m tests.chaos --minutes 5

.PHONY: system-packages
system-packages:
	@.ci/system-packages

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Pipesheet needs Python 3.11 or newer, and $(PYTHON) is not. Name another one: make PYTHON=python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing. Install it, on Debian with: sudo apt-get install $(notdir $(PYTHON))-venv" >&2; exit 1; }
	@echo "Making a Python environment in .venv ..."
	@$(PYTHON) -m venv .venv

# A stamp each: nothing is installed again before a lock file or pyproject.toml changes.
$(READY): requirements/run.lock pyproject.toml | $(BIN)/python
	@echo "Installing into .venv, about a minute the first time ..."
	@$(BIN)/pip install -qq --disable-pip-version-check --requirement requirements/run.lock
	@$(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(READY_DEV): requirements/dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing into .venv what the tests need, a few minutes the first time ..."
	@$(BIN)/pip install -qq --disable-pip-version-check --requirement requirements/dev.lock
	@$(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ $(READY)
