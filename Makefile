# The commands of this repository, the most used ones also in the README. CMake does the
# work; a preset is a build directory, build/<preset>, and CMakePresets.json says what is in it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
JOBS ?= $(shell nproc)
# Arguments for the node that `make run` starts, e.g. ARGS="--config my.toml"
ARGS ?=
# How many seeds `make nightly` runs, and how many of them on all four compilers
SEEDS ?= 2000
SEEDS_CROSS ?= 100
SCENARIO ?= scenarios/one-node-crashes.json
# The one step that `make nightly` runs; empty: all of them
STEP ?=

# build_preset(<preset>, <targets, default all>)
define build_preset
cmake --preset $(1) --log-level=WARNING >/dev/null
cmake --build build/$(1) -j $(JOBS) $(if $(2),--target $(2))
endef

OURS = $(shell git ls-files --cached --others --exclude-standard \
         'core/*.cc' 'core/*.h' 'io/*.cc' 'io/*.h' 'sim/*.cc' 'sim/*.h' 'server/*.cc' \
         'server/*.h' 'properties/*.cc' 'properties/*.h' 'proto/*.proto')

.PHONY: build
build: deps ## the release build: everything, into build/release/bin
	$(call build_preset,release)

.PHONY: run
run: deps ## one node in the foreground, its data in ./data
	$(call build_preset,release,vordb vordb-cli)
	exec build/release/bin/vordb $(ARGS)

.PHONY: cluster
cluster: deps ## three nodes that form a cluster, data in ./data/cluster; Ctrl-C stops them
	$(call build_preset,release,vordb vordb-cli vordb-bench)
	exec cmake/cluster.sh build/release/bin

.PHONY: test
test: build ## every test; from nothing most of the time goes into compiling
	$(call build_preset,clang,vordb-sim)
	VORDB_SIM_CLANG="$(CURDIR)/build/clang/bin/vordb-sim" \
	  ctest --test-dir build/release -j $(JOBS) --timeout 300 --output-on-failure --no-tests=error

.PHONY: bench
bench: deps ## the measurements behind the README's figures, on a node of its own
	$(call build_preset,release-lto,vordb vordb-bench vordb-cli)
	cmake/bench.sh build/release-lto/bin

.PHONY: format
format: deps ## reformat all C++ in place
	@clang-format-14 -i $(OURS)

.PHONY: lint
lint: deps ## formatting, clang-tidy, self-contained headers; changes nothing
	@clang-format-14 --dry-run --Werror $(OURS)
	$(call build_preset,clang,vordb_proto check_headers)
	@grep -E '/(core|io|sim|server)/.*\.cc$$' <(printf '$(CURDIR)/%s\n' $(OURS)) \
	  | xargs -P $(JOBS) -n 4 clang-tidy-14 -p build/clang --quiet

.PHONY: nightly
nightly: deps ## sanitizers, long simulator runs, four compilers; STEP=tsan runs one step alone
	cmake/nightly.sh "$(JOBS)" "$(SEEDS)" "$(SEEDS_CROSS)" "$(SCENARIO)" "$(STEP)"

.PHONY: deps
deps: ## install the Debian packages that are missing; nothing to do otherwise
	@cmake/install_deps.sh

.PHONY: clean
clean: ## remove all build directories (not ./data)
	rm -rf build

.PHONY: help
help: ## this list
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/make \1\t\2/p' Makefile | expand -t 16
