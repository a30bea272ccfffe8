# The README's two commands are `make demo` and `make test`; each sets itself up on a fresh machine.
SHELL := /bin/bash
PYTHON ?= python3
SIZE ?= full
OUT ?= out
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
AUTOML := .venv-automl
SCHEMATHESIS := .venv-schemathesis
RELEASING := .venv-release
# LightGBM's and BLAS' spinning threads cost 3-10 times in wall time on a busy machine.
export OMP_WAIT_POLICY := passive
export OMP_NUM_THREADS := 2
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := true
# Where Python keeps nothing compiled, each worker and each child process of the tests
# compiles package and tests anew.
unexport PYTHONDONTWRITEBYTECODE

# What a command took stands under it, as the shell's own clock has it.
CLOCK = TIMEFORMAT='make $@ took %0lR'; time
# A file has one worker, and tests/conftest.py says which files begin.
PYTEST := $(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help demo docs test test-quick test-walks test-matrix wheelhouse lock release check format screenshots cards examples check-service bench bench-monitor bench-policy bench-shap bench-quality bench-truth constraints requirements clean

help:  ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

requirements:
	@command -v $(PYTHON) >/dev/null || { echo "python3 is missing. Debian/Ubuntu: sudo apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, found: $$($(PYTHON) --version). Name a newer one: make demo PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv is missing. Debian/Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	@{ ldconfig -p 2>/dev/null || /sbin/ldconfig -p; } | grep -q 'libgomp\.so\.1' || { echo "libgomp is missing (LightGBM needs it). Debian/Ubuntu: sudo apt-get install libgomp1"; exit 1; }

$(VENV)/ready: pyproject.toml constraints.txt | requirements
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

demo: $(VENV)/ready  ## The whole product on a made-up municipality, into out/ (SIZE=small: about two minutes)
	$(BIN)/riskscreen demo --size $(SIZE) --out "$(OUT)"

test: $(VENV)/ready  ## The tests, in four minutes; what takes long or needs a browser, PostgreSQL or Spark skips (CI=true: every test)
	@$(CLOCK) $(PYTEST)

test-quick: $(VENV)/ready  ## The tests that take no more than a moment each, in half a minute
	@$(CLOCK) $(PYTEST) -m "not slow"

wheelhouse: $(VENV)/ready  ## The wheel and all that every extra but Spark brings, into build/wheelhouse/: a machine without network installs from it
	rm -rf build/wheelhouse build/lib build/bdist.*
	@# The same commit gives the same bytes.
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct 2>/dev/null || date +%s) $(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir build/wheelhouse .
	$(BIN)/python -m pip download --quiet --require-hashes --only-binary :all: --dest build/wheelhouse --requirement lock.txt

test-walks: wheelhouse  ## What a stranger does, in an empty environment: from the wheelhouse to a first model
	@$(CLOCK) CI=true $(PYTEST) -m walk tests/walks

test-matrix:  ## The tests on each Python found, and on the oldest with the lowest versions declared
	@$(CLOCK) .ci/matrix

check: $(VENV)/ready  ## What CI runs: format, ruff, mypy, import-linter, documentation, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) docs
	$(MAKE) test

format: $(VENV)/ready  ## Put the code in order
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/ready  ## The documentation into build/docs/, every warning an error
	$(BIN)/python -m sphinx -W --keep-going -q -b html -d build/doctrees docs build/docs

screenshots: $(VENV)/ready  ## The pictures of pages in README and documentation, from a demo in out/ (needs Chromium)
	@test -d "$(OUT)/reports" || { echo "$(OUT)/reports is missing: make demo first"; exit 1; }
	$(BIN)/python -m docs.screenshots "$(OUT)"

cards: $(VENV)/ready  ## Write model_cards/ from a full run on the made-up municipality
	@# A store of its own, so that no earlier run stands among the rivals.
	@test ! -e "$(OUT)/cards" || { echo "$(OUT)/cards stands. Move it away, or name another folder: make cards OUT=folder"; exit 1; }
	$(BIN)/riskscreen demo --size full --out "$(OUT)/cards" --cards model_cards

DATA ?= ../shared/data
examples: $(VENV)/ready  ## The same pipelines on three real, public data sets (DATA=folder)
	$(BIN)/python -m examples.run --data "$(DATA)" --out "$(OUT)/examples"

# The peers live in an environment of their own: nothing of ours needs them.
$(PEERS)/ready: | requirements
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	PIP_CONSTRAINT=constraints.txt $(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check polars==2.1.0 duckdb==2.0.0 pandas pyarrow
	touch $@

# Another one: AutoGluon needs an older pandas than constraints.txt has.
$(AUTOML)/ready: benchmarks/automl-requirements.txt | requirements
	test -x $(AUTOML)/bin/python || $(PYTHON) -m venv $(AUTOML)
	$(AUTOML)/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --requirement benchmarks/automl-requirements.txt
	touch $@

# Another one: its plugin would load in every run of pytest.
$(SCHEMATHESIS)/ready: | requirements
	test -x $(SCHEMATHESIS)/bin/python || $(PYTHON) -m venv $(SCHEMATHESIS)
	$(SCHEMATHESIS)/bin/python -m pip install --quiet --disable-pip-version-check schemathesis==4.32.5
	touch $@

check-service: $(VENV)/ready $(SCHEMATHESIS)/ready  ## Schemathesis on the running service, by its own description
	$(BIN)/python -m benchmarks.service --schemathesis $(SCHEMATHESIS)/bin/st

bench: $(VENV)/ready $(PEERS)/ready  ## Speed and memory of registers, features and checks beside their peers
	$(BIN)/python benchmarks/history.py --peers-python $(PEERS)/bin/python
	$(BIN)/python -m benchmarks.registers
	$(BIN)/python benchmarks/checking.py
	$(if $(wildcard $(OUT)/models/long_absence),$(BIN)/python -m benchmarks.scoring --model $(OUT)/models/long_absence,@echo "benchmarks.scoring needs a model: make demo first")

bench-monitor: $(VENV)/ready  ## What monitoring finds, how soon, and its false alarms on quiet sites (about half an hour on two cores)
	$(BIN)/python -m benchmarks.monitor

bench-policy: $(VENV)/ready  ## What the card says is what happens: the policy, measured (fifteen minutes on two cores)
	$(BIN)/python -m benchmarks.policy

bench-shap: $(VENV)/ready  ## The SHAP kernel beside its peers
	$(BIN)/python benchmarks/shap.py

bench-quality: $(VENV)/ready $(AUTOML)/ready  ## How good the models are where the truth is known, and on real data (DATA=folder)
	$(BIN)/python -m benchmarks.quality --data "$(DATA)" --automl-python $(AUTOML)/bin/python
	$(BIN)/python -m benchmarks.intervals --seeds 1 --fresh 0

bench-truth: $(VENV)/ready  ## Ours, four peers and an oracle on twelve scenarios with a known truth (TRUTH="--fresh SEED": a new draw)
	@$(CLOCK) $(BIN)/python -m benchmarks.known_truth run $(TRUTH)

constraints: requirements  ## Pin every transitive version anew
	rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade --editable '.[dev,spark]'
	{ echo "# Every version the demo and the tests are run with, transitive ones too; written by \`make constraints\`."; \
	  $(BIN)/python -m pip freeze --all --exclude-editable | grep -vE '^pip==' | sort -f; } > constraints.txt
	touch $(VENV)/ready

# Another one: it makes the lock and the lists of a release, and nothing of ours imports it.
$(RELEASING)/ready: | requirements
	test -x $(RELEASING)/bin/python || $(PYTHON) -m venv $(RELEASING)
	$(RELEASING)/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9 cyclonedx-bom==7.5.0
	touch $@

lock: $(RELEASING)/ready  ## Write lock.txt anew: what every extra but Spark brings, with digests, as constraints.txt pins it
	{ echo "# What every extra but Spark brings on Linux, with digests; written by \`make lock\`."; \
	  $(RELEASING)/bin/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-emit-index-url \
	    --python-version 3.11 --constraint constraints.txt $(foreach extra,train service ui postgres sqlserver,--extra $(extra)) pyproject.toml; } > $(RELEASING)/lock.txt
	mv $(RELEASING)/lock.txt lock.txt

release: wheelhouse $(RELEASING)/ready  ## Into dist/: the wheel, its bill of materials (CycloneDX) and the licences of what it may bring
	rm -rf dist build/released && mkdir dist && cp build/wheelhouse/riskscreen-*.whl dist
	$(PYTHON) -m venv build/released
	build/released/bin/python -m pip install --quiet --disable-pip-version-check --no-index --find-links build/wheelhouse --require-hashes --requirement lock.txt
	build/released/bin/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps dist/riskscreen-*.whl
	@# What installed them is no part of the product.
	build/released/bin/python -m pip uninstall --quiet --yes setuptools pip
	$(RELEASING)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file dist/sbom.cdx.json build/released
	$(BIN)/python .ci/licences.py dist/sbom.cdx.json > dist/licences.txt

clean:  ## Remove what the commands above made
	@test "$(OUT)" = out || echo "$(OUT) stays: only out is known to hold nothing else"
	rm -rf out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
