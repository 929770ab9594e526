# Everything a newcomer needs: `make run`, `make test`. See `make help`.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
export XDG_RUNTIME_DIR ?= /tmp

.PHONY: help run sample dashboard test check format docs bench lock clean chromium

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

run: $(VENV)/ready ## Load the embedded sample, print the watchlist, serve the dashboard on loopback
	@$(BIN)/continuity sample
	@$(BIN)/continuity dashboard

sample: $(VENV)/ready ## The same without the dashboard
	@$(BIN)/continuity sample

dashboard: $(VENV)/ready ## Serve the dashboard
	@$(BIN)/continuity dashboard

test: $(VENV)/ready-dev chromium ## Run the tests, on SQLite and on a real PostgreSQL
	@$(BIN)/python -m pytest --numprocesses logical --dist loadfile --no-loadscope-reorder

check: $(VENV)/ready-dev ## Format, lint, types, import contracts, migrations, names, plain English, generated docs: reports all failures
	@failed=0; \
	step() { echo "-- $$*"; $(BIN)/"$$@" || failed=$$((failed + 1)); }; \
	step ruff format --check --quiet .; \
	step ruff check --quiet .; \
	step mypy --no-error-summary .; \
	step lint-imports --no-cache; \
	step python -m pytest -q -p no:randomly tests/models/test_migrations.py tests/test_imports.py; \
	step python -m pytest -q -p no:randomly tests/test_names.py tests/test_language.py; \
	step python -m cli.pages --check; \
	step continuity regimes check; \
	if [ $$failed -gt 0 ]; then echo "$$failed of 8 checks failed" >&2; exit 1; fi; echo "all checks passed"

format: $(VENV)/ready-dev ## Put the code into its standard form
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix --quiet .

docs: $(VENV)/ready-dev ## Write the generated pages again
	@$(BIN)/python -m cli.pages

bench: $(VENV)/ready-dev ## Measure the promises, as ratios in one run
	@$(BIN)/python -m benchmarks

lock: $(VENV)/uv ## Resolve the pins again
	@$(UV) pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml -o requirements.lock
	@$(UV) pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## Remove the environment and caches; your data directory stays
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info

$(VENV)/uv:
	@$(PYTHON) -c 'import sys, venv; assert (3, 11) <= sys.version_info < (3, 14)' 2>/dev/null || \
	  { echo "Python 3.11 to 3.13 with venv is needed (Debian: apt-get install python3 python3-venv)" >&2; exit 2; }
	@echo "Setting up .venv (once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'
	@touch $@

$(VENV)/ready: requirements.lock pyproject.toml | $(VENV)/uv
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

$(VENV)/ready-dev: requirements-dev.lock $(VENV)/ready
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@

# Page tests use the system's Chromium: installed by the package manager when we may, else the tests skip and say how.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  { if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	      echo "Installing chromium for the page tests ..."; \
	      (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium) >/dev/null 2>&1 || true; \
	    fi; }
