# Hawker. `make` alone lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What runs needs requirements.txt alone, tests need requirements-dev.txt too, and checks requirements-lint.txt.
RUNTIME := $(VENV)/.made-to-run
ENVIRONMENT := $(VENV)/.made
CHECKERS := $(VENV)/.made-to-check
# pip compiles on one core. What cannot be compiled is a template of somebody's, not a module.
install = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -r $(1) \
	&& { $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true; }
HOST ?= 127.0.0.1
PORT ?= 8000
WEB ?= 2
VIEWERS ?= 300

.PHONY: help env run scale test browser screenshots lint bench audit openapi clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(CHECKERS) ## Make the virtual environment .venv with all tools (other targets make what they need)

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=...")'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "On Debian: apt install python3-venv" >&2; exit 1; }

$(RUNTIME): requirements.txt | $(BIN)/pip
	@echo "Installing what Hawker needs into $(VENV), once."
	@$(call install,requirements.txt)
	@touch $@

# In one step where nothing is installed yet: pip takes seconds to look through what is there.
$(ENVIRONMENT): requirements.txt requirements-dev.txt | $(BIN)/pip
	@echo "Installing what Hawker and its tests need into $(VENV), once."
	@$(call install,requirements-dev.txt)
	@touch $(RUNTIME) $@

$(CHECKERS): requirements.txt requirements-dev.txt requirements-lint.txt | $(BIN)/pip
	@echo "Installing what Hawker, its tests and its checks need into $(VENV), once."
	@$(call install,requirements-lint.txt)
	@touch $(RUNTIME) $(ENVIRONMENT) $@

run: $(RUNTIME) ## Serve the demo with a simulated show on http://127.0.0.1:8000 (HOST=, PORT=, VIEWERS=)
	@exec $(BIN)/python -m marketplace.demo.run --host $(HOST) --port $(PORT) --viewers $(VIEWERS)

scale: $(ENVIRONMENT) ## Serve it scaled: PostgreSQL, Valkey, two web processes, worker, beat (HOST=, PORT=, WEB=)
	@exec $(BIN)/python -m tests.servers.scale --host $(HOST) --port $(PORT) --web $(WEB)

test: $(ENVIRONMENT) browser ## Run the suite in both modes, embedded and scaled (ARGS="-k name"; EVERYWHERE=1: each test in both)
	@$(BIN)/python -m tests.run all $(ARGS)

browser: $(ENVIRONMENT) ## Find Chromium for the browser tests (CHROMIUM=path), or install Debian's
	@$(BIN)/python -m tests.browser.chromium

screenshots: browser ## Make the pictures of docs/screenshots from the demo (ARGS="--url http://...")
	@$(BIN)/python -m tests.browser.screenshots $(ARGS)

lint: $(CHECKERS) ## Check style, types, import contracts, migrations and Django's system checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-logo
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check
	$(BIN)/python manage.py openapi --check
	$(BIN)/python manage.py errors --check

bench: $(ENVIRONMENT) ## Measure speed and size against the baselines; results in var/bench.json (ONLY=rush,fan_out)
	@$(BIN)/python -m tests.benchmarks $(if $(ONLY),--only $(ONLY))

audit: $(RUNTIME) ## Look for broken invariants in the database
	@$(BIN)/python manage.py audit

openapi: $(ENVIRONMENT) ## Write docs/openapi.yaml from the code
	@$(BIN)/python manage.py openapi

clean: ## Remove what the other targets made: .venv, var and the tools' caches
	@rm -rf $(VENV) var .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .schemathesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
