# Everything people do here, by name. `make` alone lists it.

SHELL := /bin/sh
.DEFAULT_GOAL := help
# One build folder for all clones on a machine, outside of them.
export CARGO_TARGET_DIR ?= $(shell tools/target-dir)
TERN = $(CARGO_TARGET_DIR)/debug/tern
STAGE = tools/stage

.PHONY: help up demo build test test-heavy lint docs bench bench-node gas independence guests vectors fuzz setup

help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

up: build ## Run a whole rollup: L1, sequencer, batcher, follower; FRESH=1 starts over
	@TERN_ANVIL="$$(tools/contracts path anvil)" $(TERN) up $(if $(FRESH),--fresh)

demo: build ## Show three executors on one chain, one of them made wrong in turn (no L1, no proof)
	@$(TERN) demo

setup: ## Install, or name, what the system lacks
	@tools/setup

build: setup ## Build the binary
	@$(STAGE) build cargo build --locked -p tern

test: setup ## Every test: formats, derivation, executors, public block tests, agreement, contracts
	@rm -f $(CARGO_TARGET_DIR)/stage-times
	@$(STAGE) format cargo fmt --check
	@$(STAGE) third-party tools/third-party
	@$(STAGE) contracts-tools tools/contracts path anvil
	@$(STAGE) clients-tools tools/clients install
	@$(STAGE) compile cargo test --locked --workspace --no-run
	@$(STAGE) tests cargo test --locked --workspace
	@$(STAGE) independence python3 tools/independence.py --check
	@$(STAGE) contracts-format tools/contracts fmt --check
	@$(STAGE) contracts tools/contracts test
	@$(STAGE) artifacts tools/artifacts --check
	@$(STAGE) proof tools/halmos
	@$(STAGE) planted tools/planted freeze-forgets overdue-skipped
	@$(STAGE) summary true

test-heavy: build ## The long runs: 20,000 random blocks, a minute of each fuzz target, 100 kills
	@$(STAGE) diff $(TERN) stf diff --blocks 20000 --seed 1
	@$(STAGE) fuzz tools/fuzz 60
	@$(STAGE) planted tools/planted
	@$(STAGE) planted-traces tools/planted-traces
	@$(STAGE) kills env TERN_KILLS=100 cargo test --locked --workspace --test it whatever_is_killed -- --nocapture
	@$(STAGE) l1-away env TERN_L1_AWAY=180 cargo test --locked --workspace --test it l1_away -- --nocapture
	@$(STAGE) measures cargo test --locked --workspace -- --ignored --nocapture how_long_six what_a_transfer_costs derived_faster_than
	@$(STAGE) traces env TERN_TRACES=400 cargo test --locked --workspace --test it the_contracts_do_what_the_model_does
	@$(STAGE) invariants env FOUNDRY_PROFILE=heavy tools/contracts test --match-path 'test/invariants/*'

lint: setup ## What a landing needs beside the tests
	@$(STAGE) clippy cargo clippy --locked --workspace --all-targets -- -D warnings
	@$(STAGE) format cargo fmt --check
	@$(STAGE) rustdoc env RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps
	@tools/deny
	@$(STAGE) slither tools/slither

docs: ## Build the book (needs mdbook)
	@tools/book

bench: setup ## Criterion benchmarks of the executors, beside plain revm
	@$(STAGE) bench cargo bench --locked --profile dev -p tern-bench
	@tools/bench-table.py

bench-node: setup ## Transfers through a running rollup beside anvil alone: bench/node.md
	@tools/bench-node

gas: setup ## Measure the contracts' gas again: bench/gas.md
	@$(STAGE) gas env TERN_GAS=write cargo test --locked --workspace --test it gas_is_what_the_table_says

independence: ## What each pair of lanes shares
	@python3 tools/independence.py

guests: ## Rebuild the RV32IM images and the instruction table
	@tools/guests

vectors: ## Remake the vectors of spec/ from the Python that was written from the text
	@tools/vectors/make

fuzz: ## Fuzz every target, SECONDS=60 each
	@tools/fuzz $(or $(SECONDS),60)
