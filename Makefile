# Jianmen. `make` alone prints the menu.

BIN := .venv/bin
ARGS ?=
export PYTHON

.PHONY: help setup demo test bench soak coverage lint types imports pytest format lock install clean test-packages

help: ## this menu
	@echo "Jianmen: check-in at the doors of an event that runs in several cities at once"
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make setup PYTHON=python3.13 chooses a Python; ARGS=\"…\" is handed on to demo, bench, soak and pytest."

setup: ## install everything into .venv, Debian packages included
	@setup/debian run
	@setup/venv

demo: setup ## the whole system on this machine: registry, three venues, people arriving
	@$(BIN)/jianmen demo $(ARGS)

test: setup test-packages lint types imports pytest ## everything that must hold: style, types, imports, tests

bench: setup ## measure this machine against named floors
	@$(BIN)/jianmen bench door $(ARGS)
	@$(BIN)/jianmen bench rules $(ARGS)
	@$(BIN)/jianmen bench exchange $(ARGS)

soak: setup test-packages ## the long runs: random faults, and every property with many more examples
	HYPOTHESIS_PROFILE=soak $(BIN)/pytest -m "soak or hypothesis" --numprocesses auto --maxprocesses 8 $(ARGS)

coverage: setup ## the rule book's tests must take every branch of it
	$(BIN)/pytest --quiet --cov=access --cov-branch --cov-report=term-missing --cov-fail-under=100 tests/access $(ARGS)

lint: setup ## style, as the checker wants it
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup ## types, strictly
	$(BIN)/mypy

imports: setup ## imports run one way
	$(BIN)/lint-imports

pytest: setup ## the tests alone
	$(BIN)/pytest --numprocesses auto --maxprocesses 8 --dist loadfile $(ARGS)

format: setup ## put the source in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: setup ## the newest versions that pyproject.toml allows, exactly
	@setup/lock

install: ## onto this machine for good: make install ROLE=kiosk (or registry), as root
	@systemd/install.sh $(ROLE)

clean: ## remove what the others made, .venv included
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	find . -name __pycache__ -prune -exec rm -rf {} +

test-packages:
	@setup/debian run test
