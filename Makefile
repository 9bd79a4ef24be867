# Every task of the project. `make run` and `make test` do all of their own set-up; a second run reuses it.
.DEFAULT_GOAL := help
.PHONY: help run demo test check check-style check-types check-layers check-dependencies revision test-system test-on-servers test-apart bench fuzz newest lock clean format
.DELETE_ON_ERROR:
SHELL := /bin/sh

VENV := .venv
CLIENTS := build/clients
BIN := $(VENV)/bin
# What to test (`make test TESTS=tests/kernel`), and more options for pytest (`make test PYTEST='-x -n 0'`).
TESTS ?= tests
PYTEST ?= -n logical --maxprocesses 8
FUZZ_ROLES ?=
FUZZ_BRIEF ?=
BENCH_ENTRIES ?=
export FUZZ_ROLES FUZZ_BRIEF BENCH_ENTRIES

help:  ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

run: $(BIN)/.run  ## Set up, load the plan and serve the whole system on port 8000 (PLAM_PORT, PLAM_HOME)
	@$(BIN)/plam up

demo: $(BIN)/.run  ## Play a month of an invented region into a new folder (PLAM_HOME), which `make run` then serves
	@$(BIN)/plam demo

APART := --ignore=tests/system --ignore=tests/bench --ignore=tests/fuzz

test: $(BIN)/.dev  ## Set up and run the tests on the embedded PostgreSQL
	@$(BIN)/python -m pytest $(PYTEST) $(APART) $(TESTS)

check: $(BIN)/.dev  ## In a minute: style, types, layers, dependencies, and every test that needs no database
	@$(MAKE) --no-print-directory --jobs --output-sync=target check-style check-types check-layers check-dependencies
	$(BIN)/python -m pytest -q $(PYTEST) -m "not database" $(APART) tests

check-style check-types check-layers check-dependencies: $(BIN)/.dev

check-style:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

check-types:
	$(BIN)/mypy

check-layers:
	$(BIN)/lint-imports

check-dependencies:
	$(BIN)/deptry .

revision: $(BIN)/.dev  ## Write a service's next migration from its tables (SERVICE=actions MESSAGE="What it does")
	@$(BIN)/python -m tests.migrations "$$SERVICE" "$$MESSAGE"

test-system: $(BIN)/.dev $(CLIENTS)/.made  ## The tests on real servers (PLAM_TEST_DATABASE_URL, PLAM_TEST_REDIS_URL, PLAM_TEST_AMQP_URL)
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target test-on-servers test-apart

# What needs no broker runs beside the others, which share the real ones.
ALONE := a_demonstration a_million_waiting another_region clients_of_the_documents one_process page_in_a_browser
ALONE := $(addprefix tests/system/test_,$(addsuffix .py,$(ALONE)))

test-on-servers:
	$(BIN)/python -m pytest tests/system $(addprefix --ignore=,$(ALONE)) \
		$(addprefix tests/kernel/test_,$(addsuffix .py,event_path relay worker scheduler quarantine))

test-apart:
	$(BIN)/python -m pytest $(ALONE)

bench: $(BIN)/.dev  ## Measure against yardsticks; prints a table and writes build/bench.json (BENCH_ENTRIES of the large ledger)
	$(BIN)/python -m tests.bench

fuzz: $(BIN)/.dev  ## Attack the API with schemathesis, a role at a time (FUZZ_ROLES, FUZZ_BRIEF)
	$(BIN)/python -m tests.fuzz

newest: $(BIN)/python  ## Run the kernel's tests on the newest releases that pyproject.toml allows (build/newest); says what broke
	$(BIN)/python -m tests.newest

format: $(BIN)/.dev  ## Put the sources in the house's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## Remove what these tasks made, except PLAM_HOME
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .schemathesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ── The virtual environment: made once, filled from the locks, then left alone until a lock changes ──────────────────────────────

PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

$(BIN)/python:
	@python= ; \
	for candidate in python3 python3.13 python3.12 python3.11; do \
		$$candidate -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && python=$$candidate && break; \
	done; \
	[ -n "$$python" ] || { echo "PlaM needs Python 3.11, 3.12 or 3.13 (Debian: apt-get install python3 python3-venv)" >&2; exit 1; }; \
	$$python -c 'import venv, ensurepip' 2>/dev/null \
		|| { echo "Python's venv is missing: install the package python3-venv (Debian: apt-get install python3-venv)" >&2; exit 1; }; \
	echo "Making $(VENV) with $$($$python --version)"; \
	$$python -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(BIN)/.run: requirements/embedded.txt pyproject.toml | $(BIN)/python
	@echo "Installing the dependencies (requirements/embedded.txt)"
	@$(PIP_INSTALL) --require-hashes --requirement requirements/embedded.txt
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(BIN)/.dev: requirements/dev.txt $(BIN)/.run
	@echo "Installing the tools (requirements/dev.txt)"
	@$(PIP_INSTALL) --require-hashes --requirement requirements/dev.txt
	@touch $@

# ── What reads the OpenAPI documents as strangers do: linters and generators, in Node and in a virtual environment of its own ──────

$(CLIENTS)/.made: requirements/clients.txt tests/system/clients/package-lock.json | $(BIN)/python
	@command -v npm >/dev/null || { echo "make test-system needs Node 20.19 or later, with npm (Debian: apt-get install nodejs npm)" >&2; exit 1; }
	@echo "Installing linters and generators ($(CLIENTS))"
	@rm -rf $(CLIENTS) && mkdir -p $(CLIENTS)
	@cp tests/system/clients/package.json tests/system/clients/package-lock.json $(CLIENTS)
	@npm ci --prefix $(CLIENTS) --ignore-scripts --no-audit --no-fund --silent
	@$(BIN)/python -m venv $(CLIENTS)/venv
	@$(CLIENTS)/venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/clients.txt
	@touch $@

# ── The locks: hashes of every platform, no index addresses ──────────────────────────────────────────────────────────────────────

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--annotation-style line --custom-compile-command 'make lock'
COMPILE := $(LOCK) pyproject.toml --extra build

# A lock names packages and hashes: npm adds where their authors ask for money.
define WITHOUT_ADDRESSES
import json, pathlib
path = pathlib.Path("package-lock.json")
lock = json.loads(path.read_text("utf-8"))
for package in lock["packages"].values():
    package.pop("funding", None)
path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", "utf-8")
endef
export WITHOUT_ADDRESSES

lock: $(BIN)/.dev  ## Choose the newest releases that pyproject.toml allows, and write requirements/*.txt
	$(COMPILE) --upgrade --output-file requirements/run.txt
	$(COMPILE) --upgrade --output-file requirements/embedded.txt --extra embedded --constraint requirements/run.txt
	$(COMPILE) --upgrade --output-file requirements/dev.txt --extra embedded --extra dev --constraint requirements/embedded.txt
	$(LOCK) requirements/clients.in --upgrade --output-file requirements/clients.txt
	@cd tests/system/clients && npm update --package-lock-only --ignore-scripts --no-audit --no-fund --silent
	@cd tests/system/clients && $(abspath $(BIN))/python -c "$$WITHOUT_ADDRESSES"
