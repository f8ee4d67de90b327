# `make help` lists what there is. The work is done by the scripts in scripts/, which also run
# by themselves.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# A toolchain unpacked in /opt/swift need not be on the PATH.
export PATH := $(PATH):/opt/swift/usr/bin

# How long `make fuzz` gives each target.
FUZZ_SECONDS ?= 60
export FUZZ_SECONDS

.PHONY: help build serve test check fmt bench fuzz examples fixtures completions clean distclean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build the program: .build/release/slipway
	@scripts/bootstrap build
	swift build -c release --product slipway

serve: ## Build, and serve the example models
	@scripts/bootstrap serve
	@scripts/fetch-deps onnxruntime
	@$(MAKE) build
	@scripts/serve-examples

test: ## Run every test: Swift, then end to end from Python
	@scripts/test

check: ## Format, layering and warnings
	@scripts/check

fmt: ## Format the Swift sources in place
	@scripts/bootstrap build
	@swift format format --in-place --parallel --recursive $(wildcard Package.swift Sources Tests Benchmarks Fuzz)

bench: ## Measure against the floors, in one run
	@scripts/bootstrap bench
	@scripts/fetch-deps onnxruntime
	swift build -c release --product slipway
	swift build -c release --product bench-floor
	@Benchmarks/run

fuzz: ## Fuzz each target for FUZZ_SECONDS (60)
	@scripts/fuzz

examples: ## Train and convert the example models again
	@scripts/bootstrap test
	@scripts/python-venv .deps/venv-examples examples/requirements.txt
	@.deps/venv-examples/bin/python examples/make_models.py

fixtures: ## Make the tests' tiny models again
	@scripts/bootstrap test
	@scripts/python-venv .deps/venv-examples examples/requirements.txt
	@.deps/venv-examples/bin/python Tests/Fixtures/make_fixtures.py

completions: build ## Write shell completions to .build/completions/
	@mkdir -p .build/completions
	@.build/release/slipway --generate-completion-script bash >.build/completions/slipway.bash
	@.build/release/slipway --generate-completion-script zsh >.build/completions/_slipway
	@.build/release/slipway --generate-completion-script fish >.build/completions/slipway.fish
	@echo "completions for bash, zsh and fish are in .build/completions/"

clean: ## Remove what was built
	rm -rf .build Fuzz/.build

distclean: clean ## Remove what was fetched as well
	rm -rf .deps
