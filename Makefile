# make run    set up, then re-execute both notebooks in place
# make test   set up, then run all tests (nbval on a copy of the notebooks, and tests/)
# make bench  set up with PyTorch, then measure speed and many seeds (benchmarks/)
# make site   set up, then render both notebooks as static pages in _site/
# make lab    set up, then open Jupyter on the notebooks
# make lock   write requirements.lock anew from requirements.txt (needs uv)
# make clean  remove the environment and whatever git does not track

PYTHON ?= python3
PY := .venv/bin/python
FOLDERS := LSTM_from_scratch Text_Classification_LSTM

.PHONY: run test bench site lab lock clean install

install: .venv/installed

.venv/installed: requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 10) <= v <= (3, 13) else \
	    f"Python {v[0]}.{v[1]} found, 3.10 to 3.13 needed: try  make PYTHON=python3.12")'
	$(PYTHON) -m venv --clear .venv
	$(PY) -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements.lock
	@touch $@

run: install
	$(PY) run_notebooks.py

test: install
	rm -rf .nbval && mkdir .nbval && cp -R $(FOLDERS) .nbval
	$(PY) -m pytest --nbval --nbval-current-env tests .nbval

bench: install
	$(PY) -m pip install --disable-pip-version-check --quiet -r benchmarks/requirements.txt
	$(PY) -m benchmarks.lstm_speed
	$(PY) -m benchmarks.lstm_seeds
	$(PY) -m benchmarks.lstm_grid
	$(PY) -m benchmarks.text_seeds
	$(PY) -m benchmarks.text_controls
	$(PY) -m benchmarks.text_map
	$(PY) -m benchmarks.text_search

site: install
	$(PY) -m pip install --disable-pip-version-check --quiet -r site/requirements.txt
	$(PY) site/build.py

lab: install
	$(PY) -m jupyter lab

lock:
	uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-header \
	    --no-emit-index-url --no-emit-find-links requirements.txt -o requirements.lock

clean:
	git clean -fdx
