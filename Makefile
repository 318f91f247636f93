# Everything but a Go toolchain (and a C compiler for the race detector, and
# Python for the end-to-end tests) is installed here, below .tools and .venv.
# `make help` lists what there is.

# What is pinned, in one place. OPA's command is of the version that is built in.
GOLANGCI_LINT_VERSION := v2.15.0
STATICCHECK_VERSION   := v0.8.2
GOVULNCHECK_VERSION   := v1.8.0
COMPOSE_VERSION       := v2.40.3
HELM_VERSION          := v4.3.1
OPA_VERSION           := $(shell awk '$$1 == "github.com/open-policy-agent/opa" {print $$2}' go.mod)

# go.mod names a toolchain; `auto` fetches it where an older one is at hand.
export GOTOOLCHAIN ?= auto
export GOFLAGS     ?= -buildvcs=false

PORT   ?= 5001
PYTHON ?= $(shell deploy/pygeoapi/newest-python)

# fastgeoapi has no distribution for a newer one.
FASTGEOAPI_PYTHON ?= $(shell deploy/pygeoapi/newest-python 3.13)

# How long `make soak` lasts.
DURATION ?= 10m

# A copy of the Go vulnerability database beside the checkout serves offline.
VULNDB ?= $(wildcard ../shared/vulndb)

# The race detector needs a C compiler; CI has one.
race     := $(shell command -v $${CC:-cc} >/dev/null 2>&1 && echo -race)
tools    := $(CURDIR)/.tools
packages := ./...
policies := $(wildcard policies/default policies/examples/*)

# How long each fuzz target runs.
FUZZTIME ?= 10s

# What `geowarden version` says; without a repository, nothing of it.
version = $(shell git describe --tags --always --dirty 2>/dev/null)
commit  = $(shell git rev-parse HEAD 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help build docs test defences fuzz check fmt vet lint staticcheck policies alerts vulncheck compose systemd helm image image-test pygeoapi keycloak e2e bench load soak bench-quick clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z0-9.-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/geowarden
	CGO_ENABLED=0 go build -trimpath -ldflags "-X main.version=$(version) -X main.commit=$(commit)" -o bin/geowarden ./cmd/geowarden

docs: ## write docs/configuration.md and .env.example from the settings' tags
	go generate ./cmd/geowarden

test: ## run every test that needs nothing but Go, with the race detector where there is a C compiler
	go test $(race) $(packages)

defences: ## take each defence out, one at a time, and see that tests fail without it
	go run ./defences

# When its time is up, go test sometimes takes its own deadline for a failure.
# This alone is let through: that end, of the target, and no other failure.
define only_out_of_time
awk -v target="$$target" '{line[NR] = $$0} /--- FAIL: / {failed++} \
	END {exit !(failed == 1 && line[NR-4] ~ "^--- FAIL: " target " [(][0-9.]+s[)]$$" && line[NR-3] == "    context deadline exceeded" && \
	line[NR-2] == "FAIL" && line[NR-1] == "exit status 1" && line[NR] ~ "^FAIL\t")}'
endef

# The corpora in testdata/fuzz are run by `make test` too, as plain tests.
fuzz: ## run every fuzz target for FUZZTIME (10s), one after the other
	@git ls-files -co --exclude-standard '*_test.go' | xargs grep -l '^func Fuzz' | xargs -n 1 dirname | sort -u | while read -r folder; do \
		targets=$$(go test -list '^Fuzz' ./$$folder) || { echo "$$targets"; exit 1; }; \
		for target in $$(echo "$$targets" | grep '^Fuzz'); do \
			said=$$(go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 2s ./$$folder 2>&1) || case "$$said" in \
				*"Failing input"*) echo "$$said"; echo "fuzz: $$target in $$folder found something, and the input was kept in that folder"; exit 1;; \
				*) echo "$$said" | $(only_out_of_time) || { echo "$$said"; exit 1; };; \
			esac; \
			echo "$$said" | awk -v where="$$folder $$target" '/execs: / {said = $$0} END {sub(/^fuzz: /, "", said); printf "%-60s %s\n", where, said}'; \
		done; \
	done

check: fmt vet lint staticcheck policies alerts vulncheck compose systemd helm ## format, lint, policies, alerts, known vulnerabilities, deployment files

fmt:
	@unformatted=$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l); \
	[ -z "$$unformatted" ] || { echo "gofmt would change:"; echo "$$unformatted"; exit 1; }

vet:
	go vet -tags e2e $(packages)

lint: $(tools)/golangci-lint@$(GOLANGCI_LINT_VERSION)
	$(tools)/bin/golangci-lint run

staticcheck: $(tools)/staticcheck@$(STATICCHECK_VERSION)
	$(tools)/bin/staticcheck -tags e2e $(packages)

# The folders define one package in several ways, so each is checked alone.
policies: $(tools)/opa@$(OPA_VERSION)
	@[ -n "$(policies)" ] || { echo "there is no policy in policies/"; exit 1; }
	@set -e; for folder in $(policies); do \
		echo "policies: $$folder"; \
		$(tools)/bin/opa fmt --diff --fail $$folder; \
		$(tools)/bin/opa check --strict $$folder; \
		$(tools)/bin/opa test $$folder; \
	done

vulncheck: $(tools)/govulncheck@$(GOVULNCHECK_VERSION)
	$(tools)/bin/govulncheck $(if $(VULNDB),-db file://$(realpath $(VULNDB))) $(packages)

compose: $(tools)/docker-compose@$(COMPOSE_VERSION)
	$(tools)/bin/docker-compose config --quiet

systemd:
	deploy/systemd/check

# Its tests are a module of their own, which alone needs the types of Kubernetes.
helm: $(tools)/helm@$(HELM_VERSION) ## check the Helm chart: what it makes, what it refuses, what its documentation says
	cd deploy/helm && HELM=$(tools)/bin/helm go test -count=1 .

image: ## build the container image geowarden
	docker build --build-arg VERSION=$(version) --build-arg COMMIT=$(commit) --tag geowarden .

image-test: ## build and try the image with your Docker, under the name geowarden:test
	deploy/container/test

# A machine that cannot have promtool is told so; CI must have it.
alerts: ## check the alert rules and run their tests
	@set -e; PATH="$(tools)/bin:$$PATH"; \
	command -v promtool >/dev/null || deploy/prometheus/promtool $(tools)/bin || \
		{ echo "alerts: NOT CHECKED, for want of promtool" >&2; test "$${CI:-}" != true; exit; }; \
	cd deploy/prometheus; promtool check config prometheus.yml; promtool test rules alerts_test.yml

pygeoapi: .venv ## serve the sample collections with pygeoapi on loopback (PORT=5001)
	deploy/pygeoapi/serve $(PORT)

keycloak: .tools/keycloak ## serve the sample realm with Keycloak on loopback (port 8282; it takes Java and Maven)
	deploy/keycloak/serve

# In that folder, and not by its name: then go test passes on what it prints. In
# place of the shell: make ends what it started itself, and the tests see to the rest.
e2e: .venv ## run the end-to-end tests with real peers, and write docs/compatibility.md
	e2e/install
	cd e2e && exec go test -tags e2e -count=1 -timeout 30m

bench: build bin/bench ## write docs/benchmarks.md: the cost of a request in each mode, beside a bare proxy; PROFILE=jwks profiles one instead
ifdef PROFILE
	go test ./proxy -run '^$$' -bench 'Gateway/$(PROFILE)$$' -benchtime 10s -cpuprofile bin/cpu.prof -o bin/proxy.test
	go tool pprof -top -cum bin/proxy.test bin/cpu.prof 2>/dev/null | head -60
else
	bin/bench compare
endif

load: build bin/bench ## thousands of slow connections, huge bodies and very many keys, on loopback
	bin/bench load

soak: build bin/bench ## good, bad and hostile requests while everything around changes (DURATION=10m)
	bin/bench soak -duration $(DURATION)

bench-quick: build bin/bench ## bench, load and soak in short: is every answer right?
	bin/bench compare -quick -document bin/benchmarks.md >bin/bench.log || { cat bin/bench.log; exit 1; }
	bin/bench load -quick
	bin/bench soak -duration 60s

.PHONY: bin/bench
bin/bench:
	go build -o $@ ./bench

clean: ## remove what was built and installed
	rm -rf bin .tools .venv e2e/logs e2e/node/node_modules

# A tool's stamp carries its version: another version is another file, so a
# pin that moves installs anew.
$(tools)/golangci-lint@%: package = github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(tools)/staticcheck@%:   package = honnef.co/go/tools/cmd/staticcheck
$(tools)/govulncheck@%:   package = golang.org/x/vuln/cmd/govulncheck
$(tools)/opa@%:           package = github.com/open-policy-agent/opa
$(tools)/helm@%:          package = helm.sh/helm/v4/cmd/helm
$(tools)/%:
	@mkdir -p $(tools)/bin
	GOBIN=$(tools)/bin go install $(package)@$(lastword $(subst @, ,$*))
	@rm -f $(tools)/$(firstword $(subst @, ,$*))@*
	@touch $@

# Its go.mod excludes a version of something, which `go install` refuses.
$(tools)/docker-compose@%:
	@mkdir -p $(tools)/bin
	set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; cd "$$folder"; \
	go mod init compose; go get github.com/docker/compose/v2/cmd@$*; \
	go build -o $(tools)/bin/docker-compose github.com/docker/compose/v2/cmd
	@rm -f $(tools)/docker-compose@*
	@touch $@

# What `make e2e` is in front of, beside and behind: the newest release of each.
.tools/keycloak:
	deploy/keycloak/install $@

# Not every mirror of Maven Central has it.
.tools/ogc-suite:
	mvn --quiet --batch-mode org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
		-Dartifact=org.opengis.cite:ets-ogcapi-features10:RELEASE:jar:aio -DoutputDirectory=$@ || { rm -rf $@; exit 1; }

e2e/node/node_modules: e2e/node/package.json
	cd e2e/node && npm install --no-audit --no-fund --no-package-lock --loglevel=error
	@touch $@

.tools/bin/opa: $(tools)/opa@$(OPA_VERSION)

# Whole or not at all: an install that was cut short leaves nothing behind.
.venv: deploy/pygeoapi/requirements.txt
.tools/clients: e2e/clients/requirements.txt
.tools/fastgeoapi: e2e/fastgeoapi/requirements.txt
.tools/fastgeoapi: PYTHON = $(FASTGEOAPI_PYTHON)
.venv .tools/clients .tools/fastgeoapi:
	@$(PYTHON) -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || \
		{ echo "$@ needs Python 3.10 or newer with its venv module (Debian: python3-venv); $(PYTHON) is not that" >&2; exit 1; }
	rm -rf $@
	$(PYTHON) -m venv $@
	$@/bin/pip install --quiet --disable-pip-version-check -r $< || { rm -rf $@; exit 1; }
	@touch $@
