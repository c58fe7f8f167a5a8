# Each target sets up what it needs, from nothing. `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

PYTHONS := 3.11 3.12 3.13 3.14
# What is public runs, and the local cloud's account takes resources and gives them back.
LOWEST := tests/test_schema.py tests/testing/test_testing_synth.py \
  tests/local/provider/test_rows_round_trip.py -k "schema or synth or (read_back and (sqs or dynamodb or ecs))"
DIRECT := ^(aiohttp|boto3|jmespath|joserfc|moto|pulumi|pulumi-aws|pulumi-docker|pytest|pyyaml|rich|uv)==

.DEFAULT_GOAL := help
.PHONY: help setup up test quick truth lowest check format docs bench lock clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: $(READY) ## Install everything into .venv

$(READY): requirements/bootstrap.txt requirements/dev.txt pyproject.toml
	@echo "Setting up .venv (a minute the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 ..."; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

up: $(READY) ## Run the same app on a VM, a function and a container, in the local cloud (ONCE=1 stops after the proof)
	@$(BIN)/python -m programs.demo $(if $(ONCE),--once)

test: $(READY) ## Run the whole suite, the real engine and the running apps included
	@$(BIN)/python -m pytest

quick: $(READY) ## Run the suite without the local cloud, on two cores
	@$(BIN)/python -m pytest -q -m "not engine" -n 2 --dist loadfile

truth: $(READY) ## Let the real Terraform AWS provider judge the rows, where it is on this machine
	@$(BIN)/python -m pytest -q -p no:cacheprovider tests/truth

lowest: $(READY) ## Run a short suite on the lowest versions that pyproject allows, on each Python that is here
	@for python in $(PYTHONS); do \
	  found=$$(PATH=$$PATH:$$(echo $$HOME/.pyenv/versions/$$python.*/bin) $(BIN)/uv python find --no-python-downloads --no-project $$python 2>/dev/null) \
	    || { echo "== Python $$python is not here: not run"; continue; }; \
	  $(BIN)/uv venv --quiet --clear --python $$found .lowest \
	    && $(BIN)/uv pip install --quiet --python .lowest --resolution lowest-direct --editable '.[local,testing]' \
	    && echo "== Python $$python with" $$($(BIN)/uv pip list --python .lowest --format freeze | grep -E '$(DIRECT)') \
	    && .lowest/bin/python -m pytest -q -p no:cacheprovider $(LOWEST) || exit 1; \
	done

check: $(READY) ## Check format, lint and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: $(READY) ## Format, and mend what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: $(READY) ## Write the docs' tables anew, from the code
	@$(BIN)/python docs/generate.py

bench: $(READY) ## Measure speed and memory as ratios
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

lock: $(READY) ## Compile the exact versions anew
	@echo uv | $(BIN)/uv pip compile - --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --output-file requirements/bootstrap.txt
	@$(BIN)/uv pip compile pyproject.toml --quiet --all-extras --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header --output-file requirements/dev.txt

clean: ## Remove what the targets made here (the engine and built bundles stay in the user's cache)
	@rm -rf .venv .lowest .platform-local .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
