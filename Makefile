# Everything a fresh machine needs to run, test and build Postern: make, Node with npm, and for some tests apt-get.
# The scripts themselves run on the Node that the npm package `node` brings.
.DEFAULT_GOAL := help
.PHONY: help install run check test soak bench docs format build image clean

NODE := node_modules/.bin/node
INSTALLED := node_modules/.package-lock.json

help: ## says what there is
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

run: install ## runs the gateway with a private PostgreSQL and a sample shop (Ctrl-C ends both)
	@exec $(NODE) src/main.ts demo $(ARGS)

check: install ## format, lint, types, dead code and unit tests: less than a minute
	@$(NODE) scripts/test.ts format lint types dead unit

test: install ## every suite; when root, installs PostgreSQL 15, MariaDB, Redis, promtool, curl and libfaketime
	@$(NODE) scripts/test.ts

soak: install ## random faults against two gateways for an hour (SOAK_MINUTES, SOAK_SEED, SOAK_ENGINE)
	@$(NODE) test/soak/run.ts

bench: install build ## measures requests per second and latency
	@$(NODE) bench/run.ts $(ARGS)

docs: install ## writes what is generated of docs/
	@$(NODE) scripts/docs.ts

format: install ## formats the sources
	@PATH="$(CURDIR)/node_modules/.bin:$$PATH" biome format --write

build: install ## bundles the gateway into dist/
	@$(NODE) scripts/build.ts

image: ## builds the container image with docker, podman or buildah, whichever is here
	@./scripts/image.sh

clean: ## removes what was built and installed
	@rm -rf dist coverage node_modules

# npm writes its own lock file last of all, so it stands for a finished installation.
install: $(INSTALLED) $(NODE)

$(INSTALLED): package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# Where install scripts are blocked, npm leaves the package `node` without its program.
$(NODE): | $(INSTALLED)
	@test -x node_modules/node/bin/node || (cd node_modules/node && node installArchSpecificPackage.js)
	@ln -sf ../node/bin/node $@
