# make demo: the main job on what the package ships. make test: the suite but for its slow tests (kills, servers, Spark, Ray,
# the commands of README and docs), which make slow runs. All set up .venv themselves.
PYTHON ?= python3.11
BIN := .venv/bin

.PHONY: demo test slow lint types audit clean

demo: .venv/.installed
	$(BIN)/narrashift demo

test: .venv/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

slow: .venv/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile -m slow --durations 20

lint: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.installed-dev
	@mkdir -p .venv/src && ln -sfn ../.. .venv/src/narrashift  # mypy finds the package by its name
	MYPYPATH=.venv/src $(BIN)/python -m mypy --package narrashift

# Fails for a known vulnerability among the installed packages; says so where the data cannot be reached.
audit: .venv/.installed-dev
	@$(BIN)/python .ci/audit

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed; name another 3.11 or newer: make PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

.venv/.installed-dev: .venv/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean:
	rm -rf .venv build demo *.egg-info
