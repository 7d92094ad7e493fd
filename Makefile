# careloop. `make` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test check format generate bench constraints clean

NEW_ENOUGH := import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] < (3, 14))
# The first Python that is new enough; `make PYTHON=/path/to/python3.12 run` names another.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c '$(NEW_ENOUGH)' 2>/dev/null && command -v $$p && break; done)
BIN := .venv/bin
ONCE ?=

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/.run ## the whole loop on this machine; stays up until Ctrl-C (ONCE=1: ends once published)
	@exec $(BIN)/careloop run $(if $(ONCE),--once)

test: .venv/.dev check ## format, lint, types, import rules, and every test that needs only the Python index
	@exec $(BIN)/pytest -m "not release" -n 2 --dist loadgroup

check: .venv/.dev ## format, lint, types, import rules, generated files (no tests)
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: .venv/.dev ## format and mend what can be mended
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

generate: .venv/.dev ## JSON Schemas, AsyncAPI document, and the README's table of settings
	@$(BIN)/python -m schemas.generate
	@$(BIN)/python -m infra.settings_table README.md

bench: .venv/.dev ## speed, beside the obvious alternatives
	@exec $(BIN)/python tests/benchmarks/collect.py

constraints: ## freeze what is installed now (run it in a fresh .venv on Python 3.11)
	@{ head -1 constraints.txt; $(BIN)/pip freeze --exclude-editable; } > constraints.new
	@mv constraints.new constraints.txt

clean: ## remove .venv and the embedded stack's state
	rm -rf .venv .careloop .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "careloop needs Python 3.11, 3.12 or 3.13, and none was found on the PATH; install one, or: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -c '$(NEW_ENOUGH)' 2>/dev/null || { echo "careloop needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is none of them" >&2; exit 2; }
	@$(PYTHON) -m venv .venv || { echo "careloop: $(PYTHON) -m venv failed; on Debian or Ubuntu: apt install python3-venv" >&2; rm -rf .venv; exit 2; }

.venv/.run: .venv/bin/python constraints.txt pyproject.toml
	@echo "installing careloop into .venv (once, about a minute)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[local]'
	@touch $@

.venv/.dev: .venv/.run
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[local,dev]'
	@touch $@
