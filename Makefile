# The front door. `make` alone prints what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Tests mostly wait for processes, so more of them than cores go side by side; a file stays together.
SIDE_BY_SIDE := --numprocesses 3 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## Set up .venv with the pinned requirements; nothing outside this folder

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: $(STAMP) ## Make a vertical video from the bundled song, through the API, and show the run
	$(BIN)/python scripts/demo.py

dev: $(STAMP) ## Start server, worker and API on SQLite until stopped
	$(BIN)/backline dev

test: $(STAMP) ## Run the whole suite, on SQLite and on Postgres
	$(BIN)/python -m pytest -m "not soak" $(SIDE_BY_SIDE) $(ARGS)

soak: $(STAMP) ## Run the long fault tests
	$(BIN)/python -m pytest -m soak $(ARGS)

check: $(STAMP) ## Check format, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(STAMP) ## Put every file into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP) ## Measure speed and memory, printed as ratios
	$(BIN)/python -m bench

gallery: $(STAMP) ## Draw the pictures of docs/templates.md: every template, three songs
	$(BIN)/python scripts/make_gallery.py
	$(BIN)/python scripts/make_karaoke_picture.py

lock: ## Pin the newest versions that pyproject.toml allows into requirements.lock
	rm -rf build/lock && $(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --upgrade pip
	build/lock/bin/python -m pip install --quiet --group dev hatchling editables
	build/lock/bin/python -m pip install --quiet --no-build-isolation .
	build/lock/bin/python -m pip freeze --exclude backline | sed '/@ file/d' > requirements.lock
	rm -rf build/lock

.PHONY: help install demo dev test soak check format bench gallery lock
