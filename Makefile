# Deskbell: everything that is done with the sources has a name here. `make` alone builds.

BINARY  ?= deskbell
VERSION ?= $(or $(shell git describe --tags --dirty 2>/dev/null),$(shell cat VERSION))
COMMIT  ?= $(or $(shell git rev-parse --short=12 HEAD 2>/dev/null),unknown)
IMAGE   ?= deskbell
SOAK    ?= 60
PLAY    ?= 100000
FUZZ    ?= 60s

# Tests run with the very flags that the binary ships with: FTS5 and the functions of SQLite that are used, no loading
# of extensions, and Go's own resolver and user lookup, since a static glibc has neither. Sharing them also means that
# a fresh machine compiles everything once.
TAGS := sqlite_fts5,sqlite_math_functions,sqlite_omit_load_extension,osusergo,netgo
export GOFLAGS := -trimpath -buildvcs=false -tags=$(TAGS)
export CGO_ENABLED := 1

LDFLAGS := -s -w -linkmode external -extldflags -static -X main.version=$(VERSION) -X main.commit=$(COMMIT)

# What npm ci leaves behind when it is done; it is older than the lock file when that has changed.
MODULES := $(if $(wildcard package-lock.json),node_modules/.package-lock.json)

.DEFAULT_GOAL := build
.PHONY: build binary sdk run demo test needs check bench bench-page lint image soak fuzz clean assets

# One static binary with everything in it.
build: assets binary

# The binary alone, from the assets that are there.
binary:
	go build -ldflags '$(LDFLAGS)' -o $(BINARY) .

# Style sheets, scripts and third-party parts, from static/ and the lock file into static/dist/.
assets: $(MODULES)
	@if [ -f static/build.mjs ]; then node static/build.mjs; else echo 'static/build.mjs is not there: no assets to build'; fi

# No install scripts: what npm fetches is read and bundled, never run at install time.
node_modules/.package-lock.json: package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# The TypeScript client of the visitors' calls, made of the description that the binary prints.
sdk: build
	@mkdir -p dist/sdk
	./$(BINARY) openapi > dist/sdk/openapi.json
	node sdk/build.mjs dist/sdk/openapi.json dist/sdk

# The real thing, on the data folder (DESKBELL_DATA, ./data).
run: build
	./$(BINARY) serve

# A made-up tea shop with its own mail server, to try everything.
demo: build
	./$(BINARY) demo

# Every test. Installs what they need where it may, and says what is missing where it may not.
test: needs check build
	DESKBELL_BINARY='$(abspath $(BINARY))' .ci/test

needs:
	@.ci/needs

check:
	go vet ./...
	@bad=$$(gofmt -l *.go app); if [ -n "$$bad" ]; then echo "gofmt would change:" $$bad; exit 1; fi

# What is promised of speed, measured against the built binary: a table, and JSON in bench.json. About two minutes; BENCH takes
# flags, such as BENCH=-short, BENCH='-parts latency,idle', BENCH='-profile /tmp/profiles'.
bench: build
	@mkdir -p bin
	go build -o bin/bench ./app/bench
	bin/bench -binary '$(abspath $(BINARY))' -o '$(abspath bench.json)' $(BENCH)

# The page about the last run.
bench-page:
	go run ./app/bench -o bench.json -page docs/benchmarks.md

lint: check
	@go mod tidy -diff || echo 'go.mod or go.sum is not tidy (see above)'
	go test -count=1 ./app/view # the catalogs among them

# A container image, by whatever builder is at hand.
image:
	@if command -v docker >/dev/null && docker info >/dev/null 2>&1; then tool='docker build'; \
	elif command -v buildah >/dev/null; then tool='buildah build'; \
	elif command -v podman >/dev/null; then tool='podman build'; \
	else echo 'make image needs docker (with its daemon running), buildah or podman; none of them is at hand.' >&2; exit 1; fi; \
	echo "$$tool"; $$tool --build-arg VERSION='$(VERSION)' --build-arg COMMIT='$(COMMIT)' -t $(IMAGE):$(VERSION) -t $(IMAGE):latest .

# What goes wrong once in fifty shows here: SOAK seconds each of people who do as they like, of kill -9 under load, of kills on a slow
# disk, and of mail that comes and goes while the desk is killed and its lines break; then kill, wipe and restore, a bucket behind a bad
# line, floods and slow readers, and PLAY random verbs of agents, teams and visitors. `make soak SOAK=600`; SEED=… plays a game again.
soak: build
	DESKBELL_BINARY='$(abspath $(BINARY))' SOAK='$(SOAK)' go test -timeout 0 -count=1 -v -run 'AtRandom|Kill|BadLine|CannotSync|FullDisk' ./app/journey
	SOAK='$(SOAK)' go test -timeout 0 -count=1 -v -run 'Killed|BadLine|CutAfter|ServerGone' ./app/channel/email
	DESKBELL_BINARY='$(abspath $(BINARY))' go test -timeout 0 -count=5 -run 'LostMachine' ./app/journey
	go test -timeout 0 -count=5 -run 'Kill|S3|Log|WhileNoChild|NotPublished' ./app/replica
	go test -timeout 0 -count=10 -run 'Slow|Never|Floods' ./app ./app/live
	DESKBELL_BINARY='$(abspath $(BINARY))' SOAK='$(SOAK)' go test -count=1 -run 'TheUnit' .
	DESKBELL_PLAY=$(PLAY) DESKBELL_SEED=$${SEED:-$$(date +%s)} go test -timeout 0 -count=1 -v -run TestPlay ./app/routing

# Every reader of what comes from outside is given nonsense for FUZZ, one after the other; what it finds goes into testdata/fuzz of its
# package and fails from then on in `make test`. `make fuzz FUZZ=10m TARGETS=Parse` takes those whose names have that in them. Left to itself
# go spends a minute on making each interesting input smaller, which is all of the time where trying one is slow or varies.
fuzz:
	@set -e; for file in $$(grep -rl --include='*_test.go' '^func Fuzz' app | sort); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\).*/\1/p' $$file | grep -e '$(TARGETS)'); do \
			echo "$$target ($$(dirname $$file))"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZ) -fuzzminimizetime 10x ./$$(dirname $$file); \
		done; done

clean:
	rm -rf $(BINARY) bench.json dist
	find static/dist -mindepth 1 ! -name .gitkeep -delete
