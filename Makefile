# `make` alone lists the targets. Everything runs from .venv, made from the hash-pinned requirements-dev.txt.
PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
READY  := $(VENV)/.installed
# A run starts many processes; each would compile every module anew where the environment forbids to keep them.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help venv lock up down status logs reset demo test properties test-kafka fuzz faults bench lint check check-deploy

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##### Environment

venv: $(READY) ## Create .venv with everything pinned (done by the other targets too)

$(READY): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Kangfu needs Python 3.11 or later; set PYTHON=…")'
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "installing the pinned packages into $(VENV)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

UV_COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

lock: ## Renew requirements*.txt from requirements*.in (needs uv; UPGRADE=1 takes newer versions)
	$(UV_COMPILE) $(if $(UPGRADE),--upgrade) requirements.in -o requirements.txt
	$(UV_COMPILE) $(if $(UPGRADE),--upgrade) requirements-dev.in -o requirements-dev.txt
	$(UV_COMPILE) $(if $(UPGRADE),--upgrade) deploy/requirements-check.in -o deploy/requirements-check.txt

##### The system on this machine (ARGS="…" is handed on, for example ARGS="--broker apache")

up: $(READY) ## Start database, broker, three APIs and three workers; harmless if they run
	@$(PY) -m deploy.local up $(ARGS)

down: $(READY) ## Stop all of it; data stay
	@$(PY) -m deploy.local down $(ARGS)

status: $(READY) ## Show every part
	@$(PY) -m deploy.local status $(ARGS) || test $$? -eq 3

logs: $(READY) ## Follow the logs (NAME=claims-worker for one part)
	@$(PY) -m deploy.local logs --follow $(NAME) $(ARGS)

reset: $(READY) ## Stop all of it and delete its data, logs and keys
	@$(PY) -m deploy.local reset $(ARGS)

##### The main job

demo: $(READY) ## The whole job on a sample county; EXIT=1 stops the system at the end (ARGS="--seed 7")
	@$(PY) -m deploy.demo run $(if $(EXIT),--exit) $(ARGS)

##### Checks

# Every process runs whole files, on a database and a broker of its own (tests/conftest.py). Two for each core, up
# to four in all, because many tests wait.
SHARED_OUT = --numprocesses $$($(PY) -c 'import os; print(min((os.cpu_count() or 1) * 2, 4))') --no-loadscope-reorder

test: $(READY) ## Unit, architecture, contract, integration and end-to-end tests
	@$(PY) -m pytest tests $(SHARED_OUT)

properties: $(READY) ## The property tests alone, ten times as deep as in make test (KANGFU_EXAMPLES=N)
	@KANGFU_EXAMPLES=$${KANGFU_EXAMPLES:-400} $(PY) -m pytest tests/unit -m hypothesis $(SHARED_OUT)

test-kafka: $(READY) ## Integration and end-to-end tests on Apache Kafka itself (Error 69: Maven Central not reached)
	@$(PY) -m deploy.local fetch-kafka
	@KANGFU_TEST_BROKER=apache $(PY) -m pytest tests/integration tests/e2e

fuzz: $(READY) ## Schemathesis over the three OpenAPI documents, against a running system of its own
	@$(PY) -m tests.fuzz $(ARGS)

faults: $(READY) ## Kill processes under load at random, then check what is left (KANGFU_FAULT_SEED=N, KANGFU_FAULT_KILLS=N)
	@$(PY) -m pytest -m "faults or integration" tests/faults tests/integration/messaging/test_relay_race.py $(ARGS)

bench: $(READY) ## Measure beside pgbench and write docs/performance.md; nothing else should run (ARGS="--stored 1000000")
	@$(PY) -m tests.bench $(ARGS)

lint: $(READY) ## Style, types, import rules, migrations
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports --no-cache
	@$(PY) -m deploy.check_migrations

check: lint test ## What a change has to pass

CHECKED := $(VENV)/.installed-check

$(CHECKED): deploy/requirements-check.txt $(READY)
	@$(PY) -m venv $(VENV)/check
	@$(VENV)/check/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements-check.txt
	@touch $@

check-deploy: $(CHECKED) ## Container files: Dockerfile linter, Compose and Kubernetes schemas, docker compose config and kubectl kustomize where they are there
	@$(VENV)/check/bin/hadolint deploy/Dockerfile && echo "Dockerfile: hadolint found nothing"
	@$(VENV)/check/bin/check-jsonschema --builtin-schema vendor.compose-spec deploy/compose.yaml
	@if docker compose version >/dev/null 2>&1; then \
	  $(PY) -m deploy.new_env > $(VENV)/check/env && \
	  docker compose --file deploy/compose.yaml --env-file $(VENV)/check/env config --quiet && echo "docker compose config: ok"; \
	else echo "docker compose is not here: compose.yaml was checked by its schema only"; fi
	@$(PY) -m pytest --quiet tests/unit/deploy/test_containers.py tests/unit/deploy/test_kubernetes.py
	@if command -v kubectl >/dev/null; then \
	  kubectl kustomize deploy/kubernetes > $(VENV)/check/kubernetes.yaml && \
	  $(VENV)/bin/kubernetes-validate --strict --quiet $(VENV)/check/kubernetes.yaml && echo "kubectl kustomize: ok"; \
	else echo "kubectl is not here: the manifests were checked one by one, not as kustomize puts them together"; fi
