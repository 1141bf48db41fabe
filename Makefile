# Everything the house can do. `make help` lists it; CI and people call the same targets.

PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8000
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet --only-binary :all: --require-hashes

.DEFAULT_GOAL := help
.PHONY: help run test test-wagtail8 races browser lint format check messages audit bench screenshots try-s3 licences lock clean

help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | \
	while IFS="$$(printf '\t')" read -r name text; do printf '  make %-14s %s\n' "$$name" "$$text"; done

# --- the environment: made once, filled again only when a lock file changes ---

$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing; install it with: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) scripts/check_machine.py
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { echo "Making the environment in $(VENV) ..."; $(PYTHON) -m venv --clear $(VENV); }
	@touch $@

$(VENV)/.run-stamp: requirements/base.txt | $(VENV)/.made
	@echo "Installing what the site needs ..."
	@$(PIP) -r requirements/base.txt
	@touch $@

$(VENV)/.dev-stamp: requirements/dev.txt | $(VENV)/.run-stamp
	@echo "Installing what the tests need ..."
	@$(PIP) -r requirements/dev.txt
	@touch $@

# --- use ---

run: $(VENV)/.run-stamp ## start the whole site with demo content on http://127.0.0.1:8000 (PORT=... for another)
	@exec $(BIN)/python -m scripts.serve --port $(PORT)

test: $(VENV)/.dev-stamp ## the suite on SQLite, and on PostgreSQL and Redis where they are found
	@$(BIN)/python -m scripts.run_tests suite $(ARGS)

races: $(VENV)/.dev-stamp ## real processes compete for one row, on both databases
	@$(BIN)/python -m scripts.run_tests races $(ARGS)

browser: $(VENV)/.dev-stamp ## journeys in headless Chromium
	@$(BIN)/python -m scripts.run_tests browser $(ARGS)

lint: $(VENV)/.dev-stamp ## formatting, code, templates, import direction
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/lint-imports

format: $(VENV)/.dev-stamp ## let ruff put the code in order
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

check: $(VENV)/.dev-stamp ## migrations complete, production settings sound, message catalogues complete
	$(BIN)/python -m scripts.check_site
	$(BIN)/python -m scripts.catalogues check

messages: $(VENV)/.dev-stamp ## bring the message catalogues up to date with the sources
	$(BIN)/python -m scripts.catalogues update

audit: $(VENV)/.dev-stamp ## load the demo into a fresh database and check every truth over it
	$(BIN)/python -m scripts.audit_demo

bench: $(VENV)/.dev-stamp ## speed beside yardsticks taken in the same minutes; needs PostgreSQL
	$(BIN)/python -m bench $(ARGS)

screenshots: $(VENV)/.dev-stamp ## take the README's pictures of the demo again; needs Chromium
	$(BIN)/python -m scripts.screenshots

test-wagtail8: $(VENV)/.dev-stamp ## the suite on the newest Wagtail 8, in an environment of its own
	@$(BIN)/python -m scripts.run_tests wagtail8 $(ARGS)

try-s3: $(VENV)/.dev-stamp ## media in a bucket: upload, rendition, certificate, /readyz against a local S3 server
	@$(BIN)/python -m scripts.try_s3

licences: $(VENV)/.dev-stamp ## write docs/licences.md from the packages' own words
	$(BIN)/python -m scripts.licences

lock: $(VENV)/.made ## compile requirements/*.in into lock files with hashes
	$(BIN)/python -m scripts.lock $(ARGS)

clean: ## remove the environment; the data under var/ stays
	rm -rf $(VENV)
