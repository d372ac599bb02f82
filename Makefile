# `make` lists the targets. The tools that checks need are installed, by version,
# into a cache folder; nothing is installed into the system.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO ?= go
FUZZTIME ?= 10s
BENCHTURNS ?= 15
BENCHPAIRS ?= 1000000

CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/evalctl-tools
GOFUMPT := $(CACHE)/gofumpt-v0.12.0
GOLANGCI_LINT := $(CACHE)/golangci-lint-v2.15.0
GORELEASER := $(CACHE)/goreleaser-v2.15.0

LDFLAGS := -s -w -X main.commit=$(shell git rev-parse HEAD 2>/dev/null)
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.NOTPARALLEL:
.PHONY: help build test race lint fmt fmt-check vet tidy-check platforms fuzz bench docs dist dist-check check

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## compile bin/evalctl
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/evalctl ./cmd/evalctl

test: ## run all tests; the first time this installs MLflow and the launcher into the user's cache folder
	@$(GO) test -timeout 30m ./...

race: ## run all tests with the race detector, which needs a C compiler
	@CGO_ENABLED=1 $(GO) test -race -timeout 60m ./...

lint: $(GOLANGCI_LINT) ## check rules and import layers
	$(GOLANGCI_LINT) run --allow-parallel-runners ./...

fmt: $(GOFUMPT) ## format the code
	$(GOFUMPT) -w .

fmt-check: $(GOFUMPT) ## fail if `make fmt` would change something
	@unformatted=$$($(GOFUMPT) -l .); \
	if [[ -n $$unformatted ]]; then printf 'not formatted, run make fmt:\n%s\n' "$$unformatted"; exit 1; fi

vet: ## go vet
	$(GO) vet ./...

tidy-check: ## fail if go.mod or go.sum is not tidy
	$(GO) mod tidy -diff

platforms: ## compile for every platform of a release
	@for platform in $(PLATFORMS); do \
		echo "build $$platform"; \
		CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} $(GO) build -trimpath -o /dev/null ./cmd/evalctl; \
	done

fuzz: ## run every fuzz target for FUZZTIME (10s)
	@$(GO) list ./... | while read -r package; do \
		{ $(GO) test -list '^Fuzz' "$$package" | grep '^Fuzz' || true; } | while read -r target; do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) "$$package" </dev/null; \
		done; \
	done

bench: ## print ratios to an empty program, curl, a Python script and pandas; asserts nothing
	@$(GO) run ./test/bench -n $(BENCHTURNS)
	@$(GO) run ./test/bench/pairs -n $(BENCHPAIRS)

docs: ## write the schemas, the table of coverage and the transcripts of the pages again
	$(GO) test ./cmd/evalctl/internal/schemagen -run Files -update
	$(GO) test ./pkg/compare/infer -run CoverageTable -update
	$(GO) test ./cmd/evalctl -run Docs -update

dist: $(GORELEASER) ## build the archives of a release in dist/, from the current commit
	$(GORELEASER) release --snapshot --clean

dist-check: $(GORELEASER) ## check goreleaser.yaml
	$(GORELEASER) check

# Cheap checks first. The tests come last, so that what they say ends the output.
check: fmt-check tidy-check vet platforms lint race test ## all of the above that must hold before a change is merged

# $(call install,MODULE@VERSION) puts a program into the cache under the name that
# holds its version. The folder in between keeps concurrent installs apart.
define install
	@mkdir -p $(CACHE)
	@bin=$$(mktemp -d $(CACHE)/install-XXXXXX); trap 'rm -rf "$$bin"' EXIT; \
	echo "install $(1)"; \
	GOBIN=$$bin GOFLAGS= $(GO) install $(1); \
	mv "$$bin"/* $@
endef

$(GOFUMPT):
	$(call install,mvdan.cc/gofumpt@v0.12.0)

$(GOLANGCI_LINT):
	$(call install,github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0)

$(GORELEASER):
	$(call install,github.com/goreleaser/goreleaser/v2@v2.15.0)
