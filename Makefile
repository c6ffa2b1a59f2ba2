# make run     set up, then re-execute both notebooks in place
# make check   set up, then style, unit and property tests; no notebook runs
# make test    all of check, what starts a kernel, and both notebooks in full against their stored outputs
# make verify  test, then what is slow or needs Chromium or a cluster
# make bench   set up with PyTorch, then measure speed and many seeds (benchmarks/)
# make site    set up, then render both notebooks as static pages in _site/, and the page on which their networks run
# make lab     set up, then open Jupyter on the notebooks
# make lock    renew requirements.lock from requirements.txt (needs uv)
# make clean   remove the environment, caches, _site/ and .nbval/, and nothing else

# The interpreter: the one that is named, else the one that .venv was made with, else python3.
PYTHON ?= $(or $(shell cat .venv/interpreter 2>/dev/null),python3)
PY := .venv/bin/python
FOLDERS := LSTM_from_scratch Text_Classification_LSTM
# uv makes the environment in seconds; without it (or with  make UV=) venv and pip do the same.
UV := $(shell command -v uv 2>/dev/null)
PIP := $(if $(UV),$(UV) pip install --quiet --python $(PY),$(PY) -m pip install --disable-pip-version-check --quiet)
# Another interpreter or lock is another stamp, so the environment is made anew.
VERSION := $(shell $(PYTHON) -c 'import platform; print(platform.python_version())' 2>/dev/null)
STAMP := .venv/python-$(VERSION)-lock-$(firstword $(shell cksum < requirements.lock))
# Four workers at most: each loads TensorFlow, and a notebook starts workers of its own.
PYTEST := $(PY) -m pytest -n logical --maxprocesses 4

.PHONY: run style check test verify bench site lab lock clean install

install: $(STAMP)

$(STAMP):
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 10) <= v <= (3, 13) else \
	    f"Python {v[0]}.{v[1]} found, 3.10 to 3.13 needed: try  make PYTHON=python3.12")'
	rm -rf .venv
	$(if $(UV),$(UV) venv --quiet --seed --python $(PYTHON) .venv,$(PYTHON) -m venv .venv)
	$(PIP) --require-hashes -r requirements.lock
	@echo $(PYTHON) > .venv/interpreter
	@touch $@

run: install
	$(PY) run_notebooks.py

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
	$(PIP) -r tests/requirements.txt -r site/requirements.txt -r benchmarks/requirements-cluster.txt
	BROWSER=required $(PYTEST) --dist loadfile -m verify tests

bench: install
	$(PIP) -r benchmarks/requirements.txt
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
	$(PIP) -r site/requirements.txt
	$(PY) site/build.py

lab: install
	$(PY) -m jupyter lab

lock:
	$(or $(UV),uv) pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-header \
	    --no-emit-index-url --no-emit-find-links requirements.txt -o requirements.lock

clean:
	rm -rf .venv .nbval _site _site.new .pytest_cache .hypothesis .ruff_cache
	rm -rf $(foreach folder,. $(FOLDERS) benchmarks site tests,$(folder)/__pycache__ $(folder)/.ipynb_checkpoints)
