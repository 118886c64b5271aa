# What there is to do, and how. `make` alone lists it.

# npm writes this file last, so it stands for all that it installs.
INSTALLED := node_modules/.package-lock.json
PM2 := tests/pm2/$(INSTALLED)
OLDER_PM2 := tests/pm2/5/$(INSTALLED) tests/pm2/6/$(INSTALLED)
TARGET ?= yaml
TIME ?= 60
S3 := tests/s3/venv/.installed
BUILT := $(or $(CARGO_TARGET_DIR),target)/debug

.DEFAULT_GOAL := help
.PHONY: help build demo test lint bench docs fuzz compilers services

help: ## List these
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

compilers:
	@.ci/need-compilers

services:
	@.ci/need-services

build: compilers ## Build tagout
	cargo build

demo: build $(PM2) ## Replay the incident on a PM2 of its own, and check what is shown
	demo/run $(BUILT)

test: compilers services $(PM2) $(S3) $(OLDER_PM2) ## Run all tests
	cargo test --no-fail-fast

lint: compilers ## Check the code's format, and clippy's opinion of it
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings

bench: compilers services $(PM2) ## Measure `tagout check`, beside hurl if it is installed
	cargo bench --bench check

docs: ## Write the pages of docs/ anew from rules/
	UPDATE_DOCS=1 cargo test --test docs

# `make fuzz TARGET=bash TIME=600`. What it starts from is in fixtures/; nothing in tagout is unsafe,
# so there is no need of a sanitizer.
fuzz: compilers ## Feed TARGET (yaml, text, bash) with nonsense for TIME seconds; needs nightly Rust, cargo-fuzz
	mkdir -p fuzz/corpus/$(TARGET)
	cargo +nightly fuzz run --fuzz-dir fuzz --sanitizer none $(TARGET) fuzz/corpus/$(TARGET) fixtures -- \
		-max_total_time=$(TIME) -rss_limit_mb=1024 -timeout=10

$(S3): tests/s3/requirements.txt
	python3 -m venv tests/s3/venv
	tests/s3/venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# PM2 as its lock file says.
%/$(INSTALLED): %/package.json %/package-lock.json
	tests/pm2/need-node
	npm ci --prefix $* --ignore-scripts --no-audit --no-fund
	@touch $@
