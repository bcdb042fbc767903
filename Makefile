# The two commands of the README are `make demo` and `make test`; each installs what it needs into .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO ?= demo
# Processes for the tests; each gets its share of the cores.
JOBS ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)

.PHONY: demo test lint docs wheelhouse clean

demo: $(VENV)/.installed
	$(BIN)/sonosift demo $(DEMO)

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(JOBS) --cov --cov-report=term:skip-covered

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.installed-dev
	$(BIN)/mkdocs build --strict --quiet

# Everything that `pip install --no-index --find-links wheelhouse sonosift` needs on a machine without a network.
wheelhouse: $(VENV)/.installed
	$(BIN)/python -m pip wheel --quiet --constraint constraints.txt --wheel-dir wheelhouse .

clean:
	rm -rf $(VENV) build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* wheelhouse

$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,docs,postgres]'
	touch $@
