# Everything a checkout needs: Python 3.11 or newer, git and make. See CONTRIBUTING.md.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

VENV   := .venv
BIN    := $(VENV)/bin
PY     := $(BIN)/python
STAMPS := $(VENV)/.stamps
PIP    := $(PY) -m pip install --quiet --disable-pip-version-check --no-input
NODE   := $(PY) tools/with_node.py

PORT   ?= 8900
DATA   ?= data/demo

# What the console's build reads; a change in any of them builds it again.
CONSOLE_SOURCES := $(shell find console -name node_modules -prune -o -name tests -prune -o -type f -print 2>/dev/null)
CONSOLE_BUILT   := src/madoguchi/static/.built

.PHONY: help demo test check bench faults new-channel lock build console generate clean venv dev

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: venv console ## run the product with sample data and simulators; Ctrl-C ends it
	@exec $(BIN)/madoguchi demo --port $(PORT) --data $(DATA) $(DEMO)

test: dev console ## all tests, in a browser too (ARGS="tests/inbound -k twice" for some)
	@$(PY) tools/run_tests.py $(ARGS)

check: dev $(STAMPS)/console ## format, lint, types, import rules, generated files, sizes, the console's own checks
	@$(PY) tools/check.py $(ARGS)

faults: dev console ## a million webhooks at the start, then faults at random moments under load, a check after each (ARGS="--minutes 5 --queue 20000"; 30 by itself)
	@$(PY) -m tests.faults.storm $(ARGS)

bench: dev console ## all benchmarks
	@$(PY) bench/run.py $(ARGS)

new-channel: dev ## a channel's folder to start from (NAME=smoke_signal)
	@$(PY) tools/new_channel.py $(NAME)

generate: dev $(STAMPS)/console ## write the files that are made from others: OpenAPI document, the console's types
	@$(PY) tools/generate.py

lock: dev ## write the exact versions and hashes of all dependencies (UPGRADE=--upgrade to move them)
	@$(PY) tools/lock.py $(UPGRADE)

build: dev console ## the wheel, console included, in dist/
	@$(BIN)/uv build --quiet --wheel --no-build-isolation --python $(PY)

console: $(CONSOLE_BUILT) ## build the console and the simulator's phone

clean: ## remove what was built and cached; keeps data
	@rm -rf $(VENV) console/node_modules src/madoguchi/static src/madoguchi/simulator/static dist \
	  .mypy_cache .ruff_cache .pytest_cache .hypothesis test-results

# --- set-up, done once and again when a lock file changes ------------------------------------------------------------

venv: $(STAMPS)/product $(STAMPS)/package
dev: $(STAMPS)/dev $(STAMPS)/package

$(STAMPS)/venv:
	@sh tools/make_venv.sh $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/product: requirements.txt | $(STAMPS)/venv
	@echo "Installing Madoguchi's dependencies …"
	@$(PIP) --require-hashes -r requirements.txt
	@touch $@

$(STAMPS)/dev: requirements-dev.txt | $(STAMPS)/venv
	@echo "Installing the dependencies for development …"
	@$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@ $(STAMPS)/product

$(STAMPS)/package: pyproject.toml | $(STAMPS)/product
	@$(PIP) --no-build-isolation --no-deps -e .
	@touch $@

$(STAMPS)/console: console/package-lock.json | $(STAMPS)/package
	@echo "Installing the console's dependencies …"
	@cd console && ../$(PY) ../tools/with_node.py npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(CONSOLE_BUILT): $(CONSOLE_SOURCES) $(STAMPS)/console
	@echo "Building the console …"
	@cd console && ../$(PY) ../tools/with_node.py npm run --silent build
	@mkdir -p $(@D) && touch $@
