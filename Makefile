# make help lists the targets. CI runs .ci/run, which is `make check`.

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME ?= 30s
BASE     ?= HEAD
LAB      ?= /tmp/diagnose-lab
BENCH    ?= /tmp/diagnose-bench
SIZE     ?= 1GiB

# Packages that start goroutines or share memory: the race detector earns its cost there.
CONCURRENT = $(shell grep -rlE --include='*.go' --exclude='*_test.go' '^[[:space:]]*go [a-z]|"sync(/atomic)?"' cmd parsers pkg rules | xargs -r -n1 dirname | sort -u | sed 's,^,./,')
# Packages whose tests rewrite their golden files with -update.
GOLDEN = $(shell grep -rl --include='*_test.go' '"update"' cmd parsers pkg rules | xargs -r -n1 dirname | sort -u | sed 's,^,./,')

.PHONY: help build generate profile test race lint bench bench-diff bench-table fuzz update lab check clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1	\2/p' $(MAKEFILE_LIST) | expand -t 16

build: ## build ./diagnose
	go build -trimpath -buildvcs=false -ldflags '-s -w -X main.stamped=$(VERSION)' -o diagnose ./cmd/diagnose

generate: ## compile the built-in rules; needed when a YAML file in rules/ changed
	go generate ./rules

profile: ## record where time goes, for the compiler; rewrites cmd/diagnose/default.pgo
	go build -trimpath -o $(BENCH)/bench ./scripts/bench
	$(BENCH)/bench profile --out cmd/diagnose/default.pgo

# Tests need no profile: with it everything would be compiled once more.
test: ## run every test
	go test -pgo=off ./...

race: ## run the tests of concurrent packages under the race detector, without the longest
	go test -pgo=off -race -short -shuffle=on $(or $(CONCURRENT),./...)

lint: ## gofmt, vet, staticcheck, layers and more (.golangci.yml)
	@linter=$$(scripts/tool.sh golangci-lint) && $$linter run

bench: ## run every benchmark; they also assert their results
	go test -pgo=off -run '^$$' -bench . -benchmem ./...

bench-diff: ## compare the benchmarks with those of BASE (HEAD)
	scripts/bench-diff.sh $(BASE)

bench-table: ## measure side by side with other programs; rewrites docs/performance.md (SIZE=1GiB)
	-scripts/bench/peers.sh $(BENCH)/peers
	go run ./scripts/bench run --data $(BENCH) --peers $(BENCH)/peers --size $(SIZE) --out docs/performance.md

fuzz: ## run every fuzz target for FUZZTIME (30s)
	FUZZTIME=$(FUZZTIME) scripts/fuzz.sh

update: ## rewrite the golden files; read the diff before you commit it
	$(if $(GOLDEN),go test -pgo=off -count=1 $(GOLDEN) -update,@echo 'no golden files')

lab: ## real Postfix and Exim against receivers that refuse; root, an hour; writes the tables of docs/lab.md
	scripts/lab/setup.sh
	go run ./scripts/lab all $(LAB) docs/lab.md

check: ## everything that CI runs
	bash .ci/run

clean: ## remove what was built
	rm -rf diagnose bin *.test *.prof
