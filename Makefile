# `make app` and `make test` do all the set-up on a machine with Python 3.11 or newer.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: app test check soak browser figures bench lock clean

app: $(VENV)/app.done
	$(BIN)/streamlit run streamlit_app.py

test: $(VENV)/dev.done browser check

check:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile

# What is long or repetitive: every page with every preset, ten thousand hostile inputs, processes that are killed.
soak: $(VENV)/dev.done browser
	OMP_NUM_THREADS=1 $(BIN)/pytest -m soak -n auto --maxprocesses 4 --dist loadfile

browser: $(VENV)/dev.done
	$(BIN)/python -m tests.system

figures: $(VENV)/dev.done browser
	$(BIN)/python -m assets.make

# Some fifteen minutes on two cores that nobody else uses; rivals lie apart, without what they ask for.
bench: $(VENV)/dev.done $(VENV)/bench.done browser
	$(BIN)/python -m benchmarks

# uv writes what pip installs; it stands in an environment of its own, because nothing else needs it.
lock:
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/pip install --quiet "uv>=0.9,<1"
	$(VENV)/lock/bin/uv pip compile requirements.txt --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-config --custom-compile-command "make lock" --output-file requirements.lock

$(VENV)/app.done: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet -r requirements.txt
	touch $@

$(VENV)/dev.done: $(VENV)/app.done requirements-dev.txt
	$(BIN)/pip install --quiet -r requirements-dev.txt
	touch $@

$(VENV)/bench.done: requirements-bench.txt
	$(BIN)/pip install --quiet --upgrade --no-deps --target $(VENV)/rivals -r requirements-bench.txt
	touch $@

clean:
	rm -rf $(VENV)
