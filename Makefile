# make setup     only set up .venv for both notebooks and owndata; make setup-lstm: without TensorFlow
# make run       re-execute both notebooks in place
# make run-lstm  re-execute notebook 1 alone, without TensorFlow
# make tidy      bring both notebooks into their stored form after a change of prose; no cell runs, outputs stay
# make export    write the modules beside the notebooks anew from their cells
# make check     style, exported modules, unit and property tests; no notebook runs
# make test      all of check, what starts a kernel, and both notebooks in full: their outputs and files are the stored ones
# make verify    test, then what is slow or needs Chromium or a cluster
# make bench     measure speed and many seeds (benchmarks/)
# make site      render both notebooks as static pages in _site/, and the page on which their networks run
# make lab       open Jupyter on the notebooks
# make lock      renew requirements/ from requirements.txt and pyproject.toml (needs uv); UPGRADE=1 takes the newest versions
# make clean     remove the environment, caches, _site/, .nbval/ and what a killed run or an installation left
#
# Each sets up .venv first, with the packages that it needs and no others: a file of requirements/; and owndata.

# The interpreter: the one that is named, else the one that .venv was made with, else python3.
PYTHON ?= $(or $(shell cat .venv/interpreter 2>/dev/null),python3)
PY := .venv/bin/python
OURS := LSTM_from_scratch Text_Classification_LSTM owndata benchmarks site tests tools
# uv makes the environment in seconds; without it (or with  make UV=) venv and pip do the same.
UV := $(shell command -v uv 2>/dev/null)
PIP := $(if $(UV),$(UV) pip install --quiet --python $(PY),$(PY) -m pip install --disable-pip-version-check --quiet --retries 10)
# Another interpreter or lock makes the environment anew.
VERSION := $(shell $(PYTHON) -c 'import platform; print(platform.python_version())' 2>/dev/null)
KEY := python-$(VERSION)-lock-$(firstword $(shell cat requirements/*.txt | cksum))
# Four workers at most: each loads TensorFlow, and a notebook starts workers of its own.
PYTEST := $(PY) -m pytest -n logical --maxprocesses 4
# Stored outputs are of Linux on x86-64; elsewhere nbval re-executes all cells and compares none of them.
NBVAL := $(if $(filter Linux-x86_64,$(shell uname -s)-$(shell uname -m)),--nbval,--nbval-lax)
# Seconds after which a test counts as one that hangs; a cell under nbval does after 600, and ends its notebook's run.
export PYTEST_TIMEOUT ?= 900

.PHONY: setup setup-lstm run run-lstm tidy export style check test verify bench site lab lock clean install

install: .venv/dev-$(KEY)

# owndata itself is installed as a link to this folder, by the setuptools of the lock; nothing is fetched for it.
.venv/%-$(KEY): pyproject.toml
	@$(PYTHON) -c 'import sys; v, last = sys.version_info[:2], 14 if "$*" == "lstm" else 13; \
	    sys.exit(None if (3, 11) <= v <= (3, last) else \
	    f"Python {v[0]}.{v[1]} found, 3.11 to 3.{last} needed: try  make PYTHON=python3.12")'
	[ -e .venv/$(KEY) ] || { rm -rf .venv && \
	    $(if $(UV),$(UV) venv --quiet --seed --python $(PYTHON) .venv,$(PYTHON) -m venv .venv) && \
	    echo $(PYTHON) > .venv/interpreter && touch .venv/$(KEY); }
	$(PIP) --require-hashes -r requirements/$*.txt
	$(PIP) --no-deps --no-build-isolation --no-index --editable .
	@touch $@

setup: .venv/text-$(KEY)

setup-lstm: .venv/lstm-$(KEY)

run: .venv/text-$(KEY)
	$(PY) -m tools.run

run-lstm: .venv/lstm-$(KEY)
	$(PY) -m tools.run LSTM_from_scratch/lstm_scratch.ipynb

tidy: .venv/lstm-$(KEY)
	$(PY) -m tools.run --tidy

export: .venv/lstm-$(KEY)
	$(PY) -m tools.export

style: install
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m tools.export --check

check: style
	$(PYTEST) -m "not run and not verify" tests

# The copies in .nbval start without what a run writes, and are compared with what is stored, byte by byte, after it.
# One session, so that no core waits: each file, a notebook too, is one worker's, and the notebooks come first.
test: style
	$(PY) -m tools.compare --start
	$(PYTEST) --dist loadfile --no-loadscope-reorder $(NBVAL) --nbval-current-env --nbval-cell-timeout 600 \
	    -m "not verify" .nbval tests
	$(PY) -m tools.compare

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
	$(PY) -m tools.site

lab: .venv/text-$(KEY)
	$(PY) -m jupyter lab

LOCK = $(or $(UV),uv) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-header --no-annotate --no-emit-index-url --no-emit-find-links

# The largest first; the versions of the others are those that it has. lstm.txt is requirements.txt down to notebook 2.
lock:
	$(LOCK) $(if $(UPGRADE),--upgrade) requirements.txt --group build --group dev --group bench -o requirements/bench.txt
	$(LOCK) requirements.txt --group build --group dev -c requirements/bench.txt -o requirements/dev.txt
	$(LOCK) requirements.txt --group build -c requirements/bench.txt -o requirements/text.txt
	sed '/^# notebook 2/,$$d' requirements.txt | $(LOCK) - --group build -c requirements/bench.txt -o requirements/lstm.txt

clean:
	rm -rf .run-* .venv .nbval _site _site.new .pytest_cache .hypothesis .ruff_cache build lstm_projects.egg-info
	rm -rf $(foreach folder,. $(OURS) $(addsuffix /*,$(OURS)),$(folder)/__pycache__ $(folder)/.ipynb_checkpoints)
