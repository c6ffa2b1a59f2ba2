# make setup     only set up .venv for both notebooks, forecast.py and classify.py; make setup-lstm: without TensorFlow
# make run       re-execute both notebooks in place
# make run-lstm  re-execute notebook 1 alone, without TensorFlow
# make tidy      bring both notebooks into their stored form after a change of prose; no cell runs, outputs stay
# make check     style, unit and property tests; no notebook runs
# make test      all of check, what starts a kernel, and both notebooks in full against their stored outputs
# make verify    test, then what is slow or needs Chromium or a cluster
# make bench     measure speed and many seeds (benchmarks/)
# make site      render both notebooks as static pages in _site/, and the page on which their networks run
# make lab       open Jupyter on the notebooks
# make lock      renew requirements/ from pyproject.toml (needs uv); make lock UPGRADE=1 takes the newest versions
# make clean     remove the environment, caches, _site/ and .nbval/, and nothing else
#
# Each sets up .venv first, with the packages that it needs and no others: a group of pyproject.toml.

# The interpreter: the one that is named, else the one that .venv was made with, else python3.
PYTHON ?= $(or $(shell cat .venv/interpreter 2>/dev/null),python3)
PY := .venv/bin/python
FOLDERS := LSTM_from_scratch Text_Classification_LSTM
# uv makes the environment in seconds; without it (or with  make UV=) venv and pip do the same.
UV := $(shell command -v uv 2>/dev/null)
PIP := $(if $(UV),$(UV) pip install --quiet --python $(PY),$(PY) -m pip install --disable-pip-version-check --quiet)
# Another interpreter or lock makes the environment anew.
VERSION := $(shell $(PYTHON) -c 'import platform; print(platform.python_version())' 2>/dev/null)
KEY := python-$(VERSION)-lock-$(firstword $(shell cat requirements/*.txt | cksum))
# Four workers at most: each loads TensorFlow, and a notebook starts workers of its own.
PYTEST := $(PY) -m pytest -n logical --maxprocesses 4

.PHONY: setup setup-lstm run run-lstm tidy style check test verify bench site lab lock clean install

install: .venv/dev-$(KEY)

.venv/%-$(KEY):
	@$(PYTHON) -c 'import sys; v, last = sys.version_info[:2], 14 if "$*" == "lstm" else 13; \
	    sys.exit(None if (3, 11) <= v <= (3, last) else \
	    f"Python {v[0]}.{v[1]} found, 3.11 to 3.{last} needed: try  make PYTHON=python3.12")'
	[ -e .venv/$(KEY) ] || { rm -rf .venv && \
	    $(if $(UV),$(UV) venv --quiet --seed --python $(PYTHON) .venv,$(PYTHON) -m venv .venv) && \
	    echo $(PYTHON) > .venv/interpreter && touch .venv/$(KEY); }
	$(PIP) --require-hashes -r requirements/$*.txt
	@touch $@

setup: .venv/text-$(KEY)

setup-lstm: .venv/lstm-$(KEY)

run: .venv/text-$(KEY)
	$(PY) run_notebooks.py

run-lstm: .venv/lstm-$(KEY)
	$(PY) run_notebooks.py LSTM_from_scratch/lstm_scratch.ipynb

tidy: .venv/lstm-$(KEY)
	$(PY) run_notebooks.py --tidy

style: install
	$(PY) -m ruff check .
	$(PY) -m ruff format --check --exclude '*.ipynb' .

check: style
	$(PYTEST) -m "not run and not verify" tests

# One session, so that no core waits: each file, a notebook too, is one worker's, and the notebooks come first.
test: style
	rm -rf .nbval && mkdir .nbval && cp -R $(FOLDERS) .nbval
	$(PYTEST) --dist loadfile --no-loadscope-reorder --nbval --nbval-current-env -m "not verify" .nbval tests

verify: test
	BROWSER=required $(PYTEST) --dist loadfile -m verify tests

bench: .venv/bench-$(KEY)
	$(PY) -m benchmarks.lstm_speed
	$(PY) -m benchmarks.lstm_seeds
	$(PY) -m benchmarks.lstm_grid
	$(PY) -m benchmarks.lstm_lookback
	$(PY) -m benchmarks.lstm_recall
	$(PY) -m benchmarks.lstm_extras
	$(PY) -m benchmarks.text_seeds
	$(PY) -m benchmarks.text_sizes
	$(PY) -m benchmarks.text_controls
	$(PY) -m benchmarks.text_map
	$(PY) -m benchmarks.text_search

site: install
	$(PY) site/build.py

lab: .venv/text-$(KEY)
	$(PY) -m jupyter lab

LOCK = $(or $(UV),uv) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-header --no-annotate --no-emit-index-url --no-emit-find-links

# The largest group first; the versions of the others are those that it has.
lock:
	$(LOCK) $(if $(UPGRADE),--upgrade) --group bench -o requirements/bench.txt
	for group in dev text lstm; do \
	    $(LOCK) --group $$group -c requirements/bench.txt -o requirements/$$group.txt || exit 1; done

clean:
	rm -rf .venv .nbval _site _site.new .pytest_cache .hypothesis .ruff_cache
	rm -rf $(foreach folder,. $(FOLDERS) benchmarks site tests,$(folder)/__pycache__ $(folder)/.ipynb_checkpoints)
