# Two commands: `make serve` reads the book, `make test` proves it.
# All of them make .venv from requirements.txt first, if it is missing or older than the lock.

PYTHON ?= python3
PIP_ARGS ?=
PYTEST_ARGS ?=
PORT ?= 8000
JOBS ?= 3
# Programs are called as modules: their scripts name .venv's path, where a space ends it.
BIN := .venv/bin
LAB_ARGS ?=
# Hundreds of processes import the package: let its bytecode be kept.
export PYTHONDONTWRITEBYTECODE :=
# One thread a process: the test runner and the notebook executor already use every core. One worker
# more than cores: a worker often waits for a compiler or a browser.
# The reader's own progress stays untouched by tests.
TESTING := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 \
  ATTENTION_SCRATCH_PATHS_STATE="$(CURDIR)/_build/test-state"
RUN_TESTS := $(TESTING) $(BIN)/python -m pytest -n $(JOBS) --dist loadfile
# Their number grows with every chapter, and each compiles or runs something of its own.
MUTANTS := tests/book/test_exercises.py::test_every_mutant_fails_with_its_own_diagnosis
STAGE := $(BIN)/python .ci/stage
NOTEBOOKS := $(wildcard chapters/*.ipynb exercises/*.ipynb exercises/*/solutions.ipynb)

.DEFAULT_GOAL := help
.PHONY: help venv book serve test tests prove check ready lint emulator lab exercises gpu bench lock clean

help:  ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

venv: .venv/.installed  ## make .venv: the locked packages and this one

.venv/.installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; found: $$($(PYTHON) --version). Try: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv .venv || \
	  { echo "Could not make .venv. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

book: emulator  ## execute and build the site into _build/html
	$(BIN)/python book/build.py

serve: emulator  ## build the book and read it on localhost
	$(BIN)/python book/build.py --serve --port $(PORT)

test: ready  ## prove the code: types, tests, notebooks, exercises, the built site
	@$(MAKE) --no-print-directory -j3 timed-lint timed-book timed-tests

prove: ready  ## prove it in full: every member of every family, nbval over every notebook
	@$(MAKE) --no-print-directory -j3 timed-lint timed-book timed-tests FULL=--full
	$(RUN_TESTS) --nbval-lax $(NOTEBOOKS)

ready: venv
	@rm -f _build/stages.txt
	@$(STAGE) emulator $(MAKE) --no-print-directory emulator

# Side by side, so that no core waits. Tests of pages come last, and wait for the book.
tests: venv
	$(RUN_TESTS) -m "not gpu" $(FULL) --spent _build/stages.txt $(PYTEST_ARGS) tests

timed-tests: venv
	@$(STAGE) tests $(MAKE) --no-print-directory tests

# What they print comes in one piece, when they are done.
timed-%: venv
	@nice -n $(if $(filter lint,$*),19,0) $(STAGE) --whole $* $(MAKE) --no-print-directory $*

check: lint emulator  ## the part of `make test` that takes under a minute
	$(RUN_TESTS) -q -m "not gpu and not slow and not browser" --ignore tests/book/test_site.py \
	  --deselect $(MUTANTS) $(PYTEST_ARGS) tests

# Once, and before several processes would each do it.
emulator: venv  ## compile the CUDA emulator for this machine
	@-$(BIN)/python -c "from attention_scratch.simt.compile import toolchain; toolchain.runtime()"

lint: venv  ## ruff, mypy, and the exercises against their source
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python -m attention_scratch.exercises.notebooks check

lab: emulator  ## open JupyterLab on your own copies of the exercises, in workbook/
	@mkdir -p workbook
	@for f in exercises/*.ipynb; do [ -e "workbook/$${f##*/}" ] || cp "$$f" workbook/; done
	$(BIN)/python -m jupyterlab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/workbook $(LAB_ARGS)

exercises: venv  ## regenerate the learners' notebooks from the solutions
	$(BIN)/python -m attention_scratch.exercises.notebooks generate

gpu: venv  ## run all that needs a GPU, write reports/
	$(BIN)/python -m attention_scratch.bench.gpu

bench: venv  ## measure against the peers on this machine's CPU, write reports/
	$(BIN)/python -m attention_scratch.bench

lock: venv  ## compile requirements.in into requirements.txt
	$(BIN)/python -m piptools compile --quiet --allow-unsafe --strip-extras --no-emit-index-url \
	  --no-emit-find-links --no-emit-trusted-host --annotation-style=line requirements.in
	@# The public version of torch: the CPU build and the CUDA build share one lock.
	sed -i -E 's/^(torch==[0-9.]+)\+cpu/\1/' requirements.txt

clean:  ## remove what was built, keep .venv
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis
