.DEFAULT_GOAL := help
PY := .venv/bin/python
ARGS ?=
export PYTHON ?= python3

.PHONY: help setup run worker test check fmt openapi bench chaos fuzz hostile compose-test test-pgbouncer clean

help:
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

setup: .venv/ready  ## build .venv from the hashed lock file

.venv/ready: requirements.lock pyproject.toml
	@.ci/setup

run: setup  ## start everything: Postgres, Redis, API and worker
	@.venv/bin/openslots dev $(ARGS)

worker: setup  ## one more worker beside a running server
	@.venv/bin/openslots worker $(ARGS)

test: setup  ## all tests, in parallel
	@$(PY) -m pytest -n logical --maxprocesses 8 --dist loadgroup $(ARGS)

test-pgbouncer: setup  ## tests of bookings through PgBouncer in transaction mode
	@OPENSLOTS_TEST_PGBOUNCER="$${PGBOUNCER:-$$(PATH="$$PATH:/usr/sbin" command -v pgbouncer)}"; \
	test -x "$$OPENSLOTS_TEST_PGBOUNCER" || { echo "no pgbouncer: install it, or set PGBOUNCER" >&2; exit 1; }; \
	export OPENSLOTS_TEST_PGBOUNCER; \
	$(PY) -m pytest tests/bookings tests/kernel/test_pgbouncer.py -n logical --maxprocesses 8 \
	  --dist loadgroup $(ARGS)

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
	@.venv/bin/openslots openapi > docs/openapi.json.tmp
	@mv docs/openapi.json.tmp docs/openapi.json

bench: setup  ## ratios against a floor, in one run
	@$(PY) -m bench $(ARGS)

fuzz: setup .venv-fuzz/ready  ## 10,000 generated and 2,000 hostile requests: no answer of 5xx
	@.venv-fuzz/bin/python -m fuzz $(ARGS)

.venv-fuzz/ready: fuzz/requirements.txt
	@$(PY) -m venv --clear .venv-fuzz
	@.venv-fuzz/bin/pip install --quiet --disable-pip-version-check --no-input --require-hashes -r fuzz/requirements.txt
	@touch $@

hostile: setup  ## what a caller notices beside 10,000 connections, slow and giant requests
	@$(PY) -m bench.hostile $(ARGS)

chaos: setup  ## five minutes of kills under load: is anything lost?
	@$(PY) -m chaos $(ARGS)

compose-test: setup  ## image and containers, where a Docker daemon answers
	@$(PY) -m tests.compose $(ARGS)

clean:
	@rm -rf .venv .venv-fuzz .openslots
