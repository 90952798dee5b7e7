# `make demo` installs plotopt into .venv and draws the example; `make test` installs it and runs the tests.

PYTHON ?= python3
BIN := .venv/bin
STROKES ?= 2000

.PHONY: demo test lint bench clean

demo: .venv/installed
	mkdir -p build
	$(BIN)/plotopt fit examples/chelsea.png --strokes $(STROKES) -o build/chelsea.svg --force

# Side by side, a process for each core, but no more than memory bears: each takes up to 2 GB.
test: lint
	$(BIN)/pytest -n auto --maxprocesses 4 --dist worksteal

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/installed-dev
	mkdir -p build
	$(BIN)/python benchmarks/renderer.py --json build/bench-renderer.json
	$(BIN)/python benchmarks/to_quality.py --json build/bench-to-quality.json
	$(BIN)/python benchmarks/parts.py
	$(BIN)/python benchmarks/graphics_card.py --json build/bench-graphics-card.json
	$(BIN)/python benchmarks/scale.py
	$(BIN)/python benchmarks/fit.py
	$(BIN)/python benchmarks/order.py

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("plotopt needs Python 3.11 or newer") if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --disable-pip-version-check -q -c constraints.txt -e .
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install --disable-pip-version-check -q -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
