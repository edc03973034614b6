# `make` alone prints what it can do.

# A build that fails is a failure although its output goes through a filter.
SHELL = /bin/bash
.SHELLFLAGS = -o pipefail -c

SEEDS ?= 10000
# Empty: a random one, which is printed.
FIRST_SEED ?=
# Of each scenario; all of them take half an hour.
FAULTS ?= all
# Which of them, where that is a number.
FAULTS_SEED ?= 1
MINUTES ?= 60
DB ?= sqlite
# For each fuzzer; TARGETS: the fuzzers to run, all by default.
SECONDS ?= 60
TARGETS ?=
# A Swift test that hangs fails after so many seconds; Tests/pytest.ini has the limit of the others.
SWIFT_TEST_TIMEOUT ?= 300
# Building an image takes longer than any other test.
CONTAINER_TIMEOUT ?= 900
# nohup(1) and shells ignore signals for what they start; tests begin with the defaults.
DEFAULT_SIGNALS = env --default-signal
PYTEST = $(DEFAULT_SIGNALS) /usr/bin/python3 -m pytest -q
SWIFT_TEST = $(DEFAULT_SIGNALS) Tests/swift-tests $(SWIFT_TEST_TIMEOUT)
BINARY = .build/release/entrypoint
BEFORE ?= $(BINARY)
export ENTRYPOINT_BINARY = $(CURDIR)/$(BINARY)
export PYTHONDONTWRITEBYTECODE = 1

.DEFAULT_GOAL = help
.PHONY: help build debug test quick mutants coverage unit simulate fuzz sanitize tidy security faults soak end-to-end stacks conformance containers bench demo format clean packages

help: ## this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## the binary, .build/release/entrypoint
	@swift build -c release --product entrypoint 2>&1 | (grep -vE '^\[|warning: Using|LibPrespecialized' || true)
	@test -x $(BINARY)

debug: ## the debug binary, which a test makes fail on request
	@swift build --product entrypoint 2>&1 | (grep -vE '^\[|warning: Using|LibPrespecialized' || true)

# In the gate a skipped test fails unless Tests/skips.tsv lists it with a reason.
test: export ENTRYPOINT_GATE = 1
test: FAULTS = 20
test: packages tidy unit build simulate security faults stacks end-to-end conformance containers ## everything, installing what it needs from Debian

# Of the suites on real processes only the files that need neither root nor a server.
QUICK_SEEDS = 500
QUICK_FILES = $(addprefix Tests/EndToEnd/test_, advice.py bad_input.py command_line.py import.py \
  environment.py as_supervisord.py gateway_api.py gateway_pages.py)
quick: build ## without root and servers, in three minutes after the build: tidy, unit tests, 500 seeds, the command line
	@$(PYTEST) Tests/Tidy
	@$(MAKE) --no-print-directory unit
	@$(MAKE) --no-print-directory simulate SEEDS=$(QUICK_SEEDS)
	@$(PYTEST) $(QUICK_FILES)

packages:
	@Tests/install-packages

tidy: packages ## imports, sizes, words, format
	@$(PYTEST) Tests/Tidy

unit: ## Swift's own tests
	@$(SWIFT_TEST) --parallel

# A release build: it shares the core with the binary, and is six times as fast as a debug build.
simulate: ## the supervisor's decisions on a simulated machine: make simulate SEEDS=1000000 FIRST_SEED=1
	@swift build -c release --product simulate 2>&1 | (grep -vE '^\[|warning: Using|LibPrespecialized' || true)
	@.build/release/simulate $(SEEDS) $(FIRST_SEED)

# Examines what no run has examined, and what has changed since; the table is Tests/Mutants/RESULTS.md.
# All rows take about an hour: make mutants MUTANTS=--again
mutants: packages ## small faults, one at a time, and the tests that notice: make mutants, make mutants MUTANTS="--only core"
	@/usr/bin/python3 Tests/Mutants/mutants.py $(MUTANTS)

coverage: packages ## the executed lines of each target, and the functions of PID 1 that no test executes
	@/usr/bin/python3 Tests/coverage.py

# The unit tests run the same properties with the committed inputs and with seeded mutations of them.
fuzz: ## coverage-guided fuzzing of each target: make fuzz SECONDS=600, make fuzz TARGETS="ini cron"
	@/usr/bin/python3 Tests/Fuzz/run.py $(SECONDS) $(TARGETS)

sanitize: packages ## unit and end-to-end tests under the address and undefined-behavior sanitizers
	@$(DEFAULT_SIGNALS) /usr/bin/python3 Tests/Sanitizers/run.py

end-to-end: packages build debug ## the binary on real processes
	@$(PYTEST) -n 3 --dist loadfile Tests/EndToEnd

security: packages build ## attacks by a compromised program, peer or file
	@$(PYTEST) -n 4 --dist loadfile Tests/Security

faults: packages build ## each system call of PID 1 and of the logger fails in turn: make faults, make faults FAULTS=20
	@FAULTS=$(FAULTS) FAULTS_SEED=$(FAULTS_SEED) $(PYTEST) -n 2 Tests/Faults

soak: packages build ## an hour of churn, after which memory and descriptors are what they were: make soak MINUTES=60
	@/usr/bin/python3 Tests/Soak/soak.py --minutes $(MINUTES)

stacks: packages build ## the examples on real servers
	@$(PYTEST) Tests/Stacks

conformance: packages build ## beside the real supervisor 4.3.0, from PyPI
	@$(PYTEST) -n 3 --dist loadfile Tests/Conformance

containers: build ## the images, built by Buildah and run by Podman
	@$(PYTEST) --timeout $(CONTAINER_TIMEOUT) Tests/Containers

bench: packages build ## speed and memory next to an older build: make bench BEFORE=PATH
	@/usr/bin/python3 Tests/Benchmarks/compare.py $(BEFORE) $(BINARY)

demo: packages build ## the flagship example, until Ctrl-C: make demo, make demo DB=mariadb
	@examples/laravel-dokploy/demo $(DB)

format: ## put the layout right
	@swift format -i -r Sources Tests Package.swift

clean: ## remove what was built
	@rm -rf .build
