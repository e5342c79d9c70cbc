# Each target installs what it needs into .venv and changes nothing else on the machine.
.DEFAULT_GOAL := help
.PHONY: help demo test check format bench bench-quick bench-peers bench-docs chaos mutants soak rolling backlog lock clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
BUILD := pyproject.toml hatch_build.py model_registry/scoring/engines/lstm_step.c
DATA ?=
BENCH ?=
RUNS ?= 5
SEED ?= 7
MINUTES ?= 30
RECORDS ?= 3000000
JOBS ?= 2
# More processes than cores, because tests of real processes mostly wait.
TEST_PROCESSES ?= 3

# Tests start hundreds of processes; without bytecode files each would compile all of its imports.
unexport PYTHONDONTWRITEBYTECODE

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-11s %s\n", $$1, $$2}'

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is required; set PYTHON=") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock

$(VENV)/demo.stamp: $(UV) requirements/demo.lock $(BUILD)
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/demo.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

$(VENV)/all.stamp: $(UV) requirements/all.lock $(BUILD)
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/all.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@ $(VENV)/demo.stamp

demo: $(VENV)/demo.stamp ## Run the demo: broker, Valkey, two workers, a replay with a crisis (DATA=file.csv for Sentiment140)
	$(BIN)/badbuzz demo $(if $(DATA),--data "$(DATA)")

test: $(VENV)/all.stamp ## Run every test that this machine can run
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) -m "not mutation"

check: $(VENV)/all.stamp ## Check format, lint, types and import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/all.stamp ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/all.stamp ## Measure everything side by side with alternatives, in an hour (BENCH="--data tweets.parquet")
	$(BIN)/python -m benchmarks $(BENCH)

bench-quick: $(VENV)/all.stamp ## Measure the ratios only, in three minutes, with the peers that `make bench-peers` installed
	$(BIN)/python -m benchmarks --size quick $(BENCH)

bench-peers: $(VENV)/all.stamp ## Install the programs to compare with, each in its own environment in .cache/peers
	$(BIN)/python -m benchmarks.comparison.prepare

bench-docs: $(VENV)/all.stamp ## Write the figures of build/bench.json into docs
	$(BIN)/python -m benchmarks.report.page

chaos: $(VENV)/all.stamp ## Kill, freeze and starve real workers, and verify that nothing is lost (RUNS=20 SEED=7 JOBS=2)
	$(BIN)/python -m tests.chaos --runs $(RUNS) --seed $(SEED) --jobs $(JOBS)

mutants: $(VENV)/all.stamp ## Break each safeguard of the adapters, and check that the fault harness detects it
	$(BIN)/python -m pytest tests/chaos/test_mutations.py

soak: $(VENV)/all.stamp ## Run at full speed with a worker killed every 20 s, then account for every record (MINUTES=30)
	$(BIN)/python -m tests.endurance soak --minutes $(MINUTES)

rolling: $(VENV)/all.stamp ## Restart four workers one after another under load, and measure the pauses
	$(BIN)/python -m tests.endurance rolling

backlog: $(VENV)/all.stamp ## Drain millions of records while the storage is slow, away or hanging (RECORDS=3000000)
	$(BIN)/python -m tests.endurance backlog --records $(RECORDS)

lock: $(UV) ## Update the pinned dependencies for all platforms, with hashes
	sh requirements/lock.sh $(UV)

clean: ## Remove build products, keep scored data
	rm -rf $(VENV) model_registry/scoring/engines/liblstm_step.* build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
