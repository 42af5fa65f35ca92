# Each target bootstraps itself: a machine with Python, git and make is enough.
ENGINE ?= database
OUT ?= build
DEMO := build/demo/task-shop
TOOLS := "$(CURDIR)/scripts/bootstrap"
RUN := $(TOOLS) uv run --quiet --frozen --group

.PHONY: help demo test test-compose lint bake relock benchmark guarantees messages docs docs-images clean

help: # List the targets
	@sed -n 's/^\([a-z-]*\):.*# \(.*\)/make \1	\2/p' Makefile

demo: # Bake the default project and run it; CHECK=1 stops when its orders are done
	@echo "Baking the default project into $(DEMO) (the first time, its packages are fetched)"
	@$(MAKE) --silent bake OUT=build/demo >/dev/null
	@cd $(DEMO) && $(TOOLS) uv sync --frozen --no-dev --quiet && exec .venv/bin/python manage.py demo $(if $(CHECK),--check)

test: # Everything: lint, bakes, what is inside a bake on SQLite and PostgreSQL, the first run
	@$(RUN) test pytest --numprocesses=4 --dist=loadscope --no-loadscope-reorder

test-compose: # The containers of each engine: started, killed, stopped, renewed; needs a Docker engine
	@TEST_COMPOSE=1 $(RUN) test pytest tests/project/test_containers.py $(ARGS)

lint: # Style, types, workflows, and the rules of the raw template directory
	@$(RUN) test pytest tests/static

bake: # Bake a project into a folder: make bake ENGINE=database OUT=build
	@$(RUN) bake cookiecutter "$(CURDIR)" --no-input --overwrite-if-exists --output-dir "$(OUT)" task_engine=$(ENGINE)

relock: # Renew the lock of the template's tools and of each engine
	@$(TOOLS) scripts/relock

benchmark: # This project's engine beside others, in one table: make benchmark ARGS="--quick"
	@$(RUN) test python -m benchmarks $(ARGS)

guarantees: # Run the conformance suite of each engine on each database, and renew its page of the docs
	@$(RUN) test python -m scripts.guarantees

messages: # Renew the German catalogue of the raw project from what it says today; needs gettext
	@$(MAKE) --silent bake OUT=build/messages >/dev/null
	@cd build/messages/task-shop && $(TOOLS) $(MAKE) --silent messages
	@cp -r build/messages/task-shop/locale "{{cookiecutter.project_slug}}/"

docs-images: # Take the pictures of docs/images anew, from a demo of its own; needs Chromium
	@$(MAKE) --silent bake OUT=build/images >/dev/null
	@cd build/images/task-shop && $(TOOLS) uv sync --frozen --no-dev --quiet
	@$(RUN) images python -m scripts.pictures $(ARGS)

docs: # Build the documentation into build/docs; a broken link is an error
	@$(RUN) docs zensical build --strict

clean: # Remove what the other targets have made
	rm -rf build .venv .tools .mypy_cache .pytest_cache .ruff_cache
