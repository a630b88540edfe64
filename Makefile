# Every target sets up what it needs: `make demo` and `make test` work in a fresh clone.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# Its own, so that what other libraries ask for does not hurt the tool.
BENCH  ?= .venv-bench

# MkDocs Material advertises its successor on every build.
export NO_MKDOCS_2_WARNING := 1

.PHONY: help install uninstall demo test docs faults release-check nightly lint types bench bench-quick shapes digits dogcat dogcat_small clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 15

install: ## put xai-cam on your path, by pipx, uv or an environment of its own; EXTRAS=fast,report adds to it
	@PYTHON=$(PYTHON) sh release/install.sh install

uninstall: ## undo `make install`
	@sh release/install.sh uninstall

demo: $(VENV)/.installed ## explain a cat and drawn shapes by Grad-CAM and Score-CAM
	$(BIN)/xai-cam demo

test: $(VENV)/.tests ## run all tests, several at a time; COVER=1 tells which lines they run
	$(BIN)/python -m pytest -n auto --maxprocesses 4$(if $(COVER), --cov=xai_cam)

docs: $(VENV)/.docs ## build the documentation in build/site, to be opened from disk
	$(BIN)/mkdocs build --strict --quiet
	@echo "Open build/site/index.html"

nightly: $(VENV)/.tests ## load thousands of damaged model files
	$(BIN)/python -m pytest -m nightly

faults: $(VENV)/.tests ## kill, starve and crowd commands hundreds of times, and count what is lost (an hour)
	PYTHONPATH=tests $(BIN)/python -m faults

release-check: ## test, build, check and try a release as its users get it; TESTS='make lint' runs that alone
	@PYTHON=$(PYTHON) sh release/check.sh

lint: $(VENV)/.lint ## check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.lint ## check types
	$(BIN)/mypy

bench: $(BENCH)/.installed ## measure speed and memory, other libraries beside ours (long)
	$(BENCH)/bin/python benchmarks/throughput.py
	$(BENCH)/bin/python benchmarks/predicting.py
	$(BENCH)/bin/python benchmarks/sharing.py
	$(BENCH)/bin/python benchmarks/fir.py
	$(BENCH)/bin/python benchmarks/startup.py
	$(BENCH)/bin/python benchmarks/opening.py
	$(BENCH)/bin/python benchmarks/scaling.py
	$(BENCH)/bin/python benchmarks/folder.py
	$(BENCH)/bin/python benchmarks/flushing.py
	$(BENCH)/bin/python benchmarks/peers.py

bench-quick: $(BENCH)/.installed ## say whether speed got worse, in three minutes
	$(BENCH)/bin/python benchmarks/quick.py

shapes: $(VENV)/.installed ## train the models of shapes again (about an hour)
	$(BIN)/python sample_models/train_shapes.py
	$(BIN)/python sample_models/train_shapes_unet.py
	$(BIN)/python sample_models/train_shapes_two_inputs.py
	$(BIN)/python sample_models/train_shapes_regression.py
	$(BIN)/python sample_models/point_at_shapes.py

digits: $(VENV)/.tests ## train the model of digits again (about two minutes)
	$(BIN)/python sample_models/train_digits.py

dogcat: $(VENV)/.tests ## train the model of cats and dogs again on DATA=folder (hours)
	$(BIN)/python sample_models/train_dogcat.py --data $(DATA)

dogcat_small: $(VENV)/.tests ## train the small model of cats and dogs again on DATA=folder (an hour or two)
	$(BIN)/python sample_models/train_dogcat.py --network small --optimizer adamw --data $(DATA)

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) $(BENCH) build dist *.egg-info .coverage* .pytest_cache .mypy_cache .ruff_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; } # half of one would pass for a whole one
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.installed: setup.cfg setup.py pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.tests: setup.cfg setup.py pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@ $(VENV)/.installed $(VENV)/.docs

$(VENV)/.docs: setup.cfg setup.py pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[demo,docs]'
	@touch $@ $(VENV)/.installed

$(VENV)/.lint: setup.cfg setup.py pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable . 'ruff>=0.6' 'mypy>=1.11'
	@touch $@ $(VENV)/.installed

$(BENCH)/.installed: benchmarks/requirements.txt setup.cfg setup.py pyproject.toml
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --upgrade pip
	$(BENCH)/bin/python -m pip install --quiet --editable '.[fast]' --requirement benchmarks/requirements.txt
	@touch $@
