.DEFAULT_GOAL := help
PY := .venv/bin/python
UV := $(shell command -v uv 2>/dev/null)
ARGS ?=

.PHONY: help setup run worker test check fmt openapi bench clean

help:
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

setup: .venv/ready  ## build .venv from the hashed lock file

.venv/ready: requirements.lock pyproject.toml
ifdef UV
	uv venv --quiet --allow-existing .venv
	uv pip install --quiet --python .venv --require-hashes -r requirements.lock
	uv pip install --quiet --python .venv --no-deps --no-build-isolation -e .
else
	python3 -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	@touch $@

run: setup  ## start everything: Postgres, Redis, API and worker
	@.venv/bin/openslots dev $(ARGS)

worker: setup  ## one more worker beside a running server
	@.venv/bin/openslots worker $(ARGS)

test: setup  ## all tests, in parallel
	@$(PY) -m pytest -n auto $(ARGS)

check: setup  ## linters, types, imports, migrations, OpenAPI
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo
	@$(PY) -m tests.checks

fmt: setup  ## format and fix what can be fixed
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

openapi: setup  ## write docs/openapi.json
	@.venv/bin/openslots openapi > docs/openapi.json.tmp && mv docs/openapi.json.tmp docs/openapi.json

bench: setup  ## ratios against a floor, in one run
	@$(PY) -m bench $(ARGS)

clean:
	@rm -rf .venv .openslots
