# Every target installs what it needs into .venv first; Python 3.11 or newer is all that must be
# there. PYTHON=python3.13 chooses one.

SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= $(shell for candidate in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo "$$candidate" && break; done)

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
BENCHMARKS := point_reads session_messages bulk_insert batches scoped_calls import_time \
	generate_domains compile_400 queue_claims monumento_recent_sessions monumento_partitions \
	storyverse_feeds littlemonster_conversations mindia_media audiotricks_history \
	mindia_search authenticate soak replicas databases_for_tests
# Tests wait more than they compute. Each process has a server of its own, unless one is given: on
# one server their roles would meet.
SIDE_BY_SIDE := $(if $(DATABASE_URL),,-n 3 --dist loadfile)
BENCH_RESULTS := build/benchmarks$(if $(BENCH_ROUNDS),/trial)
BENCH_DOCS := $(if $(BENCH_ROUNDS),$(BENCH_RESULTS),docs)

.PHONY: help
help: ## Show this
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1	/p' $(MAKEFILE_LIST) | \
		while IFS='	' read -r target text; do printf '  %-10s %s\n' "$$target" "$$text"; done

.PHONY: install
install: $(INSTALLED) ## Make .venv, with pgrepo and all tools in it

$(INSTALLED): pyproject.toml
	@test -n "$(PYTHON)" || { \
		echo "pgrepo needs Python 3.11 or newer, and there is none in PATH: install one, or" >&2; \
		echo "name it: make PYTHON=/path/to/python3.13" >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || { \
		echo "$(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; \
		exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

.PHONY: demo
demo: $(INSTALLED) ## A database from nothing, and typed calls on it
	@$(BIN)/pgrepo demo

.PHONY: generate
generate: $(INSTALLED) ## Write anew whatever is derived: repositories, synchronous twins, the catalog
	@$(BIN)/python tools/async_to_sync.py
	@$(BIN)/python tools/derive_sql.py
	@$(BIN)/pgrepo generate
	@$(BIN)/pgrepo catalog --markdown docs/catalog

.PHONY: format
format: $(INSTALLED) ## Format the Python files, and mend what can be mended
	$(BIN)/ruff check --quiet --fix .
	$(BIN)/ruff format .

# `make -k check` goes on after a check that fails.
.PHONY: check
check: check-format check-lint check-types check-imports check-derived check-ddl ## Everything short of running the tests

.PHONY: check-format check-lint check-types check-imports check-derived check-ddl
check-format: $(INSTALLED)
	$(BIN)/ruff format --check .

check-lint: $(INSTALLED)
	$(BIN)/ruff check .

check-types: $(INSTALLED)
	$(BIN)/mypy
	@$(BIN)/pyright --version >/dev/null 2>&1 || { \
		echo "pyright fetches its program from the npm registry when it first runs, and could" >&2; \
		echo "not: run 'make check' once while online" >&2; exit 1; }
	$(BIN)/pyright --pythonpath $(BIN)/python

check-imports: $(INSTALLED)
	$(BIN)/lint-imports

check-derived: $(INSTALLED)
	$(BIN)/python tools/async_to_sync.py --check
	$(BIN)/python tools/derive_sql.py --check
	$(BIN)/pgrepo check

check-ddl: $(INSTALLED)
	$(BIN)/squawk sql/*/V*.sql

# Many tests kill, cut off, wait and measure, and disturb each other on a busy machine: what failed
# side by side is tried once more alone. What fails twice has failed; what does not is told, since
# it may be a true fault that only shows now and then.
.PHONY: test
test: check ## All checks, then the tests
	$(BIN)/pytest $(SIDE_BY_SIDE) || { test $$? -eq 1 && echo "once more, alone:" && \
		{ $(BIN)/pytest --last-failed --last-failed-no-failures none || test $$? -eq 5; } && \
		echo "What failed at first, above, passed alone. Look at it: it may be a true fault."; }

.PHONY: faults
faults: $(INSTALLED) ## What the tests that kill and cut things find, in one table
	PGREPO_QUEUE_JOBS=10000 PGREPO_STORM_SECONDS=20 PGREPO_FAULT_SECONDS=60 \
		PGREPO_HOLE_SECONDS=30 PGREPO_SCOPED_CALLS=100000 PGREPO_CANCELLATIONS=1000 \
		PGREPO_CACHE_SECONDS=60 PGREPO_ARCHIVER_KILLS=1 PGREPO_SOAK_SECONDS=60 \
		PGREPO_REPLICA_PAIRS=10000 \
		$(BIN)/pytest --timeout 3600 -o faulthandler_timeout=0 tests/faults

# A trial, which leaves docs/ alone: make bench BENCH_ROUNDS=2. Some of them only:
# make bench BENCHMARKS="point_reads batches"; the page shows what the others found last time.
.PHONY: bench
bench: $(INSTALLED) ## Measure pgrepo beside its peers, and write docs/benchmarks.md
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev,bench]'
	@failed=; for name in $(BENCHMARKS); do \
		echo; echo "== $$name"; rm -f $(BENCH_RESULTS)/$$name.json; \
		$(BIN)/python benchmarks/$$name.py $(if $(BENCH_ROUNDS),--rounds $(BENCH_ROUNDS)) \
			--json $(BENCH_RESULTS)/$$name.json || failed="$$failed $$name"; \
	done; \
	echo; $(BIN)/python benchmarks/summary.py --results $(BENCH_RESULTS) --docs $(BENCH_DOCS); \
	test -z "$$failed" || { echo "these did not run to their end:$$failed" >&2; exit 1; }

.PHONY: docs
docs: $(INSTALLED) ## Build the docs site, strictly
	$(BIN)/zensical build --strict
	@echo "to read it: $(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site"

.PHONY: audit
audit: $(INSTALLED) ## Look for weak spots in the source, and for known ones in what is installed
	$(BIN)/pip install --quiet --disable-pip-version-check bandit pip-audit
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive src
	$(BIN)/pip-audit --skip-editable

.PHONY: clean
clean: ## Remove .venv and what the tools leave behind
	rm -rf $(VENV) dist build .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
