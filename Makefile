# make run   install into .venv and run the daemon on var/inbox
# make test  install into .venv, run linters and tests, and build the documentation
# make fast  unit and contract tests without models: under a minute
# make hooks have git run the linters before each commit
# make docs  build the documentation into build/docs; warnings are errors
# make pages write the generated pages of docs/reference anew
# make soak  does anything leak? 2,000 documents, and again with the converter replaced: about an hour; with WORKERS=2 two at once
# make fuzz  what do 300 damaged documents do? About a quarter of an hour
# make kills is anything lost when the daemon is killed 200 times? About ten minutes; WORKERS=2: two at once
# make corpus is anything left behind by all documents of ../shared/corpus? Five minutes
# make cluster  converts the samples on a small cluster on this machine, which is gone afterwards
# make scale faults and batches on a cluster, and how much it converts. Twenty minutes, 8 GB of memory
# make lives 1,000 made-up histories of drops, crashes and clocks: some minutes

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Converters that work at once, for soak and kills.
WORKERS := 1

# The extra `journald` has to be compiled, with gcc: it is taken where libsystemd-dev is there.
JOURNALD := $(if $(shell pkg-config --exists libsystemd 2>/dev/null && echo yes),"systemd-python>=235")

.PHONY: help run test fast lint hooks docs pages soak fuzz kills corpus cluster scale lives clean
.DEFAULT_GOAL := help

help:
	@sed -n '1,/^$$/s/^# //p' Makefile

# The stamp is younger than everything that is installed: a change of either installs again.
SOURCES := pyproject.toml constraints.txt $(shell find -L daemon -type f -not -name '*.pyc')

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# torch first: pip takes a CPU build where one is at hand and does not replace it afterwards.
$(VENV)/libraries: $(VENV)/bin/python constraints.txt
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet -c constraints.txt torch torchvision
	touch $@

$(VENV)/installed: $(VENV)/libraries $(SOURCES)
	rm -rf build  # setuptools would pack what was deleted since
	$(BIN)/python -m pip install --quiet -c constraints.txt .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet -c constraints.txt --group dev $(JOURNALD)
	touch $@

run: $(VENV)/installed
	@mkdir -p var/inbox
	$(BIN)/markerd run --config config/quickstart.toml

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/codespell

hooks: $(VENV)/installed-dev
	$(BIN)/pre-commit install

# Written from the code; a test fails when they are stale.
pages: $(VENV)/installed
	$(BIN)/python docs/generate.py

$(VENV)/installed-docs: $(VENV)/installed
	$(BIN)/python -m pip install --quiet -c constraints.txt --group docs
	touch $@

docs: $(VENV)/installed-docs
	$(BIN)/python -m sphinx -W --keep-going -n -q -b html docs build/docs

# Two at once; files stay together where they share a converter. Three process tests, which mostly wait for their daemons.
test: lint docs
	$(BIN)/pytest -n 2 --dist loadfile tests/unit tests/contract tests/integration tests/monitoring
	$(BIN)/pytest -n 3 --dist worksteal tests/process

# Read from the checkout, so that nothing is installed again after each change.
fast: $(VENV)/bin/pytest
	PYTHONPATH=daemon $(BIN)/pytest -n 2 --dist loadfile -m 'not models and not whole_corpus and not large_cluster' tests/unit tests/contract

$(VENV)/bin/pytest:
	$(MAKE) $(VENV)/installed-dev

# Never replaced, and its memory may not grow; then replaced, and a ceiling that may not be passed.
SOAK := PYTHONPATH=tests:tests/support $(BIN)/python tests/benchmarks/soak.py --documents 2000 --workers $(WORKERS)
soak: $(VENV)/installed-dev
	@mkdir -p var
	$(SOAK) --plot var/soak.svg
	$(SOAK) --recycle-documents 200 --max-rss-mb 2000 --plot var/soak-recycled.svg

fuzz: $(VENV)/installed-dev
	PYTHONPATH=tests:tests/support $(BIN)/python tests/benchmarks/fuzz.py --documents 300

# Not part of the tests: minutes each, and other histories every time.
kills: $(VENV)/installed-dev
	PYTHONPATH=tests:tests/support $(BIN)/python tests/benchmarks/kills.py --kills 200 --workers $(WORKERS)

corpus: $(VENV)/installed-dev
	$(BIN)/pytest -m whole_corpus tests/process

cluster: $(VENV)/installed-dev
	PYTHONPATH=tests/support $(BIN)/python tools/cluster.py var/cluster

scale: $(VENV)/installed-dev
	$(BIN)/pytest -m large_cluster tests/process
	PYTHONPATH=tests:tests/support $(BIN)/python tests/benchmarks/scale.py

lives: $(VENV)/installed-dev
	LIVES=1000 $(BIN)/pytest tests/integration/test_lives.py --timeout 3600

clean:
	rm -rf $(VENV) build
