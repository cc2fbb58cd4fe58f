# Needs python3 >= 3.11 with venv, and nothing else. On Debian: sudo apt-get install make python3-venv

PYTHON ?= python3
PREFIX ?= /usr/local
PY := .venv/bin/python
GENERATED := README.md docs/architecture.md docs/elasticsearch.md docs/kibana.md pyproject.toml versions.txt

help: ## say what there is to make
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' Makefile | expand -t 16

venv: .venv/ready ## make .venv with the libraries that the programs need, once

install: ## install programs, manual and completion below PREFIX=/usr/local; VENV=DIR uses the libraries that are there
	$(check_python)
	@PYTHON="$(PYTHON)" VENV="$(VENV)" LINKS="$(LINKS)" sh installing/install.sh install "$(PREFIX)"

uninstall: ## remove what  make install  put below PREFIX
	@sh installing/install.sh uninstall "$(PREFIX)"

demo: venv ## record a made-up world from beginning to end, in two minutes, without keys
	@sh conf/demo.sh

# Minutes in which everything goes wrong, as a part of the checks; which checks and which tests, if not all; and which part of the
# tests that cost most, drawn anew each time: one of so many. Who names tests, or says COSTLY=1, has all.
SOAK ?= 0.5
CHECKS ?= lint soaked tested
TESTS ?=
COSTLY ?= $(if $(TESTS),1,4)

test: .venv/checks ## run every check there is, and of the tests that cost most a quarter, others each time; COSTLY=1: all of them
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=target $(CHECKS)

lint:
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy netwar bin/tw-* benchmarks installing tests/mutants tests/servers tests/soak \
	  $(filter-out tests/test_%, $(wildcard tests/*.py)) tests/contract/killing.py tests/contract/opening.py
	.venv/bin/lint-imports --no-logo
	$(PY) -m tests.house
	$(PY) -m cogapp --check $(GENERATED)

SOAKING = $(PY) -m tests.soak --stores $(or $(STORES),files) --accounts $(or $(ACCOUNTS),4) --hosts $(or $(HOSTS),1) \
	  $(if $(SEED),--seed $(SEED))

soaked:
	$(SOAKING) --minutes $(SOAK)

# The plus lets it be seen while it runs; what it starts are no jobs of this make.
tested:
	+env -u MAKEFLAGS $(PY) -m pytest -n auto -rs --durations=30 --costly=$(COSTLY) $(TESTS)

soak: .venv/checks ## let everything go wrong for as long as you like: MINUTES=60 STORES=redis+es953 ACCOUNTS=8 HOSTS=2 SEED=1
	$(SOAKING) --minutes $(or $(MINUTES),10)

mutants: .venv/checks ## break the program in 700 ways and see that a test notices each: ROOMS="meter queues" J=2
	$(PY) -m tests.mutants $(if $(J),-j $(J)) $(ROOMS)

servers: .venv/checks ## fetch the real servers, and readers, that some tests need, once: 1.3 GB, two minutes
	$(PY) -m tests.servers

# Apart from .venv: they need older libraries than ours, and none of ours needs them.
tools: build/tools/ready ## fetch the tools of others that some tests hold exports against, once: 0.4 GB, a minute

build/tools/ready: tests/tools.txt .venv/ready
	$(check_python)
	$(PYTHON) -m venv --without-pip build/tools
	@$(PY) -m pip --python build/tools install --quiet --no-compile --disable-pip-version-check --require-hashes -r tests/tools.txt
	@touch $@

format: .venv/checks ## lay the code out and renew what is generated
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	$(PY) -m installing.kibana
	$(PY) -m cogapp -r $(GENERATED)

bench: .venv/checks ## measure, and print the figures; PAGES=FILE (answers of X, one a line) measures the archives with them
	$(PY) -m benchmarks.startup
	$(PY) -m benchmarks.opening
	$(PY) -m benchmarks.client
	$(PY) -m benchmarks.queues
	$(PY) -m benchmarks.profiles
	$(PY) -m benchmarks.audits
	$(PY) -m benchmarks.follows --followers 100000 --kills 5
	$(PY) -m benchmarks.tracking --members 100
	$(PY) -m benchmarks.observers --observers 8 --members 4 --requests 20 --window 60
	$(PY) -m benchmarks.streams --seconds 60
	$(PY) -m benchmarks.status
	$(PY) -m benchmarks.gexf --edges 200000 --users 20000 --coaction
	$(PY) -m benchmarks.exports --tweets 100000
	$(PY) -m benchmarks.graph --edges 1000000,5000000
	test ! -d build/servers -o ! -d build/tools || $(PY) -m benchmarks.host --accounts 8 --captures 4 --minutes 2 --window 60 --rate 60
	test ! -d build/servers || $(PY) -m benchmarks.audits --kinds es654,es953 --profiles 300000 --lines 300000
	test ! -d build/servers || $(PY) -m benchmarks.reading
	test ! -d build/servers || $(PY) -m benchmarks.graph --edges 100000 --neo4j neo35,neo2608
ifdef PAGES
	$(PY) -m benchmarks.archive $(PAGES)
	$(PY) -m benchmarks.imports $(PAGES)
	test ! -d build/servers || $(PY) -m benchmarks.elastic $(PAGES)
endif

clean: ## remove what was made here
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Installed anew only when what is needed has changed, so that everything works without a network later; or Python itself has, as by
# an upgrade of the system: libraries are installed for one Python.
ifneq ($(wildcard .venv/ready),)
ifneq ($(shell { .venv/bin/python -c 'import pip'; } 2>/dev/null || echo stale),)
.venv/ready: stale
endif
endif

stale:
	rm -rf .venv

.venv/ready: requirements.txt
	$(check_python)
	$(PYTHON) -m venv .venv
	@sh installing/libraries.sh .venv requirements.txt
	@touch $@

# Of what checks the project most is never imported: it is compiled as it is needed.
.venv/checks: .venv/ready requirements-dev.txt
	@sh installing/libraries.sh .venv requirements-dev.txt --no-compile
	@touch $@

define check_python
@$(PYTHON) -c '' 2>/dev/null || { echo "make: $(PYTHON) cannot be run: name another one: make PYTHON=python3.13" >&2; exit 1; }
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: $(PYTHON) is older than 3.11; name a newer one: make PYTHON=python3.13" >&2; exit 1; }
@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "make: $(PYTHON) cannot make virtual environments: sudo apt-get install python3-venv" >&2; exit 1; }
endef

# Each version with its hashes, for every Python and machine at once.
LOCK = build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

lock: ## pin anew what pyproject.toml names: requirements.txt and requirements-dev.txt
	$(PYTHON) -m venv build/lock
	build/lock/bin/pip install --quiet --disable-pip-version-check 'uv>=0.13,<0.14'
	$(LOCK) --upgrade pyproject.toml -o build/lock/programs
	$(LOCK) --upgrade --group dev -c build/lock/programs -o build/lock/checks
	{ echo "# What the programs need: the versions that were tested. Made by  make lock  from pyproject.toml."; \
	  cat build/lock/programs; } > requirements.txt
	{ echo "# What checks the project; no program needs it. Made by  make lock  from pyproject.toml."; \
	  cat build/lock/checks; } > requirements-dev.txt
	$(LOCK) --upgrade tests/tools.in -o build/lock/tools
	echo 'pip>=25' | $(LOCK) --upgrade - -o build/lock/pip
	{ echo "# Tools of others that tests hold our files against, as their users have them. Made by  make lock  from tests/tools.in."; \
	  cat build/lock/tools; } > tests/tools.txt
	{ echo "# What fetches the libraries, where the one of Python is older. Made by  make lock."; \
	  cat build/lock/pip; } > installing/pip.txt

.PHONY: help venv install uninstall demo test lint soaked tested soak mutants servers tools format bench clean lock stale
