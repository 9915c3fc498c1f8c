# Redress. On a new machine with Go and nothing else:
#
#   make demo    break a Redis on this machine and watch it heal
#   make test    run all tests, on real servers
#   make build   the binary, bin/redress

GO       ?= go
BIN      ?= bin/redress
FAULT    ?= master-down
PARALLEL ?= 2

VERSION  ?= $(shell git describe --tags --match 'v*' 2>/dev/null || echo 0.1.0-dev)
REVISION ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
BRANCH   ?= $(shell git rev-parse --abbrev-ref HEAD 2>/dev/null || echo unknown)
DATE     ?= $(shell git log -1 --format=%cI 2>/dev/null || echo unknown)

pkg      := github.com/prometheus/common/version
LDFLAGS  := -s -w -X $(pkg).Version=$(VERSION) -X $(pkg).Revision=$(REVISION) \
            -X $(pkg).Branch=$(BRANCH) -X $(pkg).BuildDate=$(DATE) -X $(pkg).BuildUser=$(shell id -un)
tool     := $(GO) tool -modfile=.ci/tools/go.mod

.PHONY: help
help:
	@sed -n 's/^#   //p' Makefile

.PHONY: build
build:
	@echo "building $(BIN); the first time compiles a Temporal server, some 10 minutes on two cores"
	$(GO) build -buildvcs=false -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/redress

# The binary without Temporal and Alertmanager in it, for serve and worker.
.PHONY: build-lean
build-lean:
	$(GO) build -tags lean -buildvcs=false -ldflags '$(LDFLAGS)' -o $(BIN)-lean ./cmd/redress

.PHONY: demo
demo:
	@.ci/deps demo
	@$(MAKE) --no-print-directory build
	$(BIN) demo --fault=$(FAULT)

# All tests. testlog fails when one was skipped.
.PHONY: test
test:
	@.ci/deps test
	@echo "testing; the first time compiles a Temporal server, some 10 minutes on two cores"
	@$(GO) build -buildvcs=false -o bin/testlog ./internal/testlog
	$(GO) test -json -p $(PARALLEL) -timeout 15m ./... | bin/testlog

.PHONY: deps
deps:
	@.ci/deps test

.PHONY: lint
lint:
	$(GO) vet ./...
	$(GO) vet -tags lean ./cmd/... ./internal/app/...
	$(tool) golangci-lint run ./...
	$(tool) workflowcheck -config .ci/workflowcheck.yml ./workflows/...
	@dead=$$($(tool) deadcode -test -filter '^redress/' ./...) || exit 1; \
	if [ -n "$$dead" ]; then echo "no one calls:"; echo "$$dead"; exit 1; fi

.PHONY: format
format:
	$(tool) golangci-lint fmt

.PHONY: clean
clean:
	rm -rf bin
