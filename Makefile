# Two commands: `make run` talks, `make test` proves. Everything lives in .venv; nothing else on the machine changes,
# except that `make test` installs Debian's Chromium when it may.

PYTHON ?= python3
VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 8080
BIN := $(VENV)/bin
# On this machine alone `odai call` may ring up without Twilio's signature.
UNSIGNED := $(if $(filter 127.0.0.1 localhost ::1,$(HOST)),0,1)
PROJECTS := pyproject.toml $(wildcard plugins/*/pyproject.toml)
EDITABLE := -e . $(foreach project,$(wildcard plugins/*/pyproject.toml),-e $(dir $(project)))
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
SOURCES := odai_core benchmarks $(wildcard plugins/*/odai_*)

.PHONY: run test check install chromium models wheels clean help

help: ## What there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.run ## Install on first use, fetch the voice, and serve with sample data on http://127.0.0.1:8080
	@$(BIN)/odai models fetch
	@ODAI_TWILIO_VALIDATE=$${ODAI_TWILIO_VALIDATE-$(UNSIGNED)} exec $(BIN)/odai serve --demo --host $(HOST) --port $(PORT)

test: $(VENV)/.test models chromium check ## Everything: lint, types, unit tests, whole calls, the browser
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(PYTEST)
	$(BIN)/coverage report --skip-covered --fail-under=$(or $(COVER),97)

check: $(VENV)/.test ## Lint, formatting, types and the order of the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports --no-cache

install: $(VENV)/.run ## Only install

models: $(VENV)/.run ## Fetch what the local voice needs, once
	@$(BIN)/odai models fetch

chromium: ## Debian's Chromium for the browser tests, where it can be installed
	@command -v chromium >/dev/null || .ci/install-chromium || \
	  echo '*** No Chromium: the browser tests will be SKIPPED. Install chromium to run them. ***'

wheels: $(VENV)/.test ## Build every wheel into dist/
	@for project in . $(dir $(wildcard plugins/*/pyproject.toml)); do \
	  $(BIN)/python -m build --no-isolation --outdir dist $$project >/dev/null && echo "built $$project"; done

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'ODAI needs Python 3.11 or newer: make PYTHON=python3.12 run'; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(PROJECTS) requirements/pins.txt | $(VENV)/bin/python
	@echo 'Installing ODAI into $(VENV) ...'
	$(PIP) -c requirements/pins.txt hatchling editables
	$(PIP) -c requirements/pins.txt --no-build-isolation $(EDITABLE)
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements/test.txt
	$(PIP) -c requirements/pins.txt -r requirements/test.txt
	@touch $@

clean: ## Remove the environment and what was built
	rm -rf $(VENV) dist .coverage .mypy_cache .ruff_cache .pytest_cache
