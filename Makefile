# Jianmen. `make` alone prints the menu.

BIN := .venv/bin
ARGS ?=
# A file's tests share its servers and browsers; the files come in the order of tests/conftest.py.
BY_FILE := --dist loadfile --no-loadscope-reorder
export PYTHON WHEELS FOR RELEASE SETTINGS SSH_KEY WIFI_NAME WIFI_PASSWORD WIFI_COUNTRY
# The demo and the tests start hundreds of processes; without stored bytecode each would compile the whole tree again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test check bench pictures soak coverage lint types imports pytest format lock wheels \
    deb image-files install clean to-run to-test own-packages rewritten rest

help: ## this menu
	@echo "Jianmen: check-in at the doors of an event that runs in several cities at once"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make setup PYTHON=python3.13 chooses a Python; ARGS=\"…\" is handed on to demo, bench, soak and pytest."
	@echo "  make setup WHEELS=FOLDER installs what running needs without network, from a folder that make wheels has filled."

setup: ## install everything into .venv, Debian packages included
	@setup/debian run
	@setup/venv

demo: to-run ## the whole system on this machine: registry, three venues, people arriving
	@$(BIN)/jianmen demo $(ARGS)

test: to-test own-packages ## everything that must hold: style, types, imports, tests
	@$(MAKE) --no-print-directory --jobs 4 --output-sync lint types imports coverage rewritten
	@$(MAKE) --no-print-directory rest

check: to-test ## the quick answer, in under a minute: style, types, imports, the rule book's tests
	@setup/check

bench: to-run ## measure this machine against named floors, into docs/performance.md (beside another version: AGAINST=COMMIT)
	@against=$(if $(AGAINST),$$(setup/checkout $(AGAINST))) && \
	    $(BIN)/jianmen bench all --table docs/performance.md $${against:+--against "$$against"} $(ARGS)

pictures: to-test ## the README's pictures, taken again of a running demo; look at them before they are committed
	@$(BIN)/python setup/pictures.py

soak: to-test ## the long runs: random faults, Debian packages in real trees, every property with many more examples
	@setup/debian soak
	HYPOTHESIS_PROFILE=soak $(BIN)/pytest -m "soak or hypothesis" --numprocesses auto --maxprocesses 8 $(ARGS)

coverage: to-test ## the rule book's tests, which must take every branch of it
	HYPOTHESIS_PROFILE=ci $(BIN)/pytest --numprocesses auto --maxprocesses 8 \
	    --cov=access --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=100 tests/access $(ARGS)

lint: to-test ## style, as the checker wants it; dependencies as declared; no dead code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/deptry .
	$(BIN)/python setup/dead_code.py

types: to-test ## types, strictly
	$(BIN)/mypy

imports: to-test ## imports run one way
	$(BIN)/lint-imports

pytest: to-test ## the tests alone
	$(BIN)/pytest --numprocesses auto --maxprocesses 8 $(BY_FILE) $(ARGS)

format: to-test ## put the source in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: to-test ## the newest versions that pyproject.toml allows, exactly
	@setup/lock

wheels: ## fill WHEELS=FOLDER for a machine without network (another one: FOR="3.13 aarch64")
	@setup/debian run
	@WHEELS= LOCK=setup/run.lock setup/venv
	@setup/wheels "$(or $(WHEELS),wheels)"

deb: ## Debian packages into build/deb (for another machine: FOR="3.13 aarch64")
	@$(MAKE) --no-print-directory wheels WHEELS=build/wheels
	@WHEELS=build/wheels systemd/debian/build build/deb

image-files: ## files that make a kiosk out of a blank card, from build/deb into build/image
	@systemd/image/build build/image build/deb

install: ## onto this machine for good: make install ROLE=kiosk (or registry), as root
	@systemd/install.sh $(ROLE)

clean: ## remove what the others made, .venv included
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	find . -name __pycache__ -prune -exec rm -rf {} +

# What running needs, and what the tests need besides.
to-run:
	@setup/debian run
	@LOCK=setup/run.lock setup/venv

to-test:
	@setup/debian run test
	@LOCK=setup/all.lock setup/venv

# As the installed command sees it: the checkout is not on the path.
own-packages: to-test
	@$(BIN)/python -I jianmen/own_packages.py

# pytest rewrites each file of tests before it is stored as bytecode: once here, instead of in each worker of `rest`.
rewritten: to-test
	@$(BIN)/pytest --collect-only --quiet --quiet --ignore=tests/access >/dev/null

# All tests but those of the rule book, which `coverage` runs.
rest: to-test
	HYPOTHESIS_PROFILE=ci $(BIN)/pytest --numprocesses auto --maxprocesses 8 $(BY_FILE) --ignore=tests/access $(ARGS)
