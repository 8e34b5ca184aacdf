# What to do with TensorRag: `make help` lists it. Everything lives in .venv in this folder.

PORT ?= 8080
AT_ONCE ?= 3
# Files in the order of tests/conftest.py. Three at once on two cores: many tests wait for processes.
TOGETHER := -n $(AT_ONCE) --dist loadfile --no-loadscope-reorder
.DEFAULT_GOAL := help
# Hundreds of processes of the tests import the same sources: the first one compiles them.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt
FRONTEND := $(shell find web/frontend \( -name node_modules -o -name tests \) -prune -o -type f -print)
INSTALLED_FROM := pyproject.toml constraints.txt hatch_build.py $(FRONTEND)

.PHONY: help run test check check-python browser frontend frontend-check fix stress bench clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/run.stamp ## Set up and open the editor (PORT=9000 make run; TENSORRAG_WORKSPACE=folder)
	@exec $(BIN)/python -m tensorrag serve --port "$(PORT)" \
		$(if $(TENSORRAG_WORKSPACE),--workspace "$(TENSORRAG_WORKSPACE)")

test: $(VENV)/dev.stamp ## Set up and run all checks and tests, in the browser too
	@$(BIN)/python scripts/get_chromium.py
	@$(MAKE) --no-print-directory frontend
	@$(MAKE) --no-print-directory -j 2 $(VENV)/compiled.stamp frontend-check check-python
	$(BIN)/pytest $(TOGETHER) -m "not live"

check: $(VENV)/dev.stamp check-python ## Format, lint, types, layers, and the quick tests without a browser
	$(BIN)/pytest $(TOGETHER) -m "not browser and not live and not slow"

check-python: $(VENV)/dev.stamp
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

browser: $(VENV)/dev.stamp frontend ## Run the browser tests alone
	@$(BIN)/python scripts/get_chromium.py
	$(BIN)/pytest -m browser

frontend: $(VENV)/dev.stamp ## Build the front end again if its sources have changed
	@$(BIN)/python hatch_build.py build
	@touch $(VENV)/run.stamp

frontend-check: $(VENV)/dev.stamp ## Run the front end's linter and tests
	@$(BIN)/python hatch_build.py check

fix: $(VENV)/dev.stamp ## Format, and mend what ruff can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

stress: $(VENV)/dev.stamp ## Run what tries to break it in its long form, and clocks at their word (half an hour)
	TENSORRAG_STRESS=full $(BIN)/pytest -m "slow or clock" --timeout=3600

bench: $(VENV)/dev.stamp ## Measure the figures of docs/performance.md
	$(BIN)/python -m benchmarks

clean: ## Remove what was built and installed here
	rm -rf $(VENV) web/canvas/dist web/frontend/node_modules build dist \
		.mypy_cache .pytest_cache .ruff_cache .import_linter_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@scripts/make_venv "$(VENV)"

$(VENV)/run.stamp: $(VENV)/bin/python $(INSTALLED_FROM)
	@echo "Installing TensorRag and what it needs into $(VENV) (the first time takes some minutes) …"
	@$(PIP) -e .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/bin/python pyproject.toml constraints.txt hatch_build.py
	@echo "Installing TensorRag and its development tools into $(VENV) (the first time takes some minutes) …"
	@$(PIP) --no-compile -e '.[dev]'
	@touch $@ $(VENV)/run.stamp

# What pip would do on one processor while all else waits; some packages hold files that nobody can compile.
$(VENV)/compiled.stamp: $(VENV)/dev.stamp
	@$(BIN)/python -m compileall -qq $(VENV)/lib || true
	@touch $@
