# syntax=docker/dockerfile:1
# The gateway alone: Node and dist/, no package manager, no shell, not root, nothing written.
ARG BUILD_IMAGE=docker.io/library/node:24-bookworm-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts/build.ts scripts/
COPY scripts/bundle scripts/bundle
COPY src src
RUN node scripts/build.ts && node dist/main.js --version

FROM ${RUNTIME_IMAGE}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="postern" \
      org.opencontainers.image.description="A sidecar that turns one SQL database into a calm HTTP API" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# One arena of malloc (several keep what each once needed, some 8 MiB together), and pieces from 16 KiB on by themselves: what
# the compilers of V8 work in goes back when they are done, another 10 MiB (mallopt(3)).
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=1 \
    MALLOC_MMAP_THRESHOLD_=16384 \
    MALLOC_TRIM_THRESHOLD_=131072 \
    POSTERN_REVISION=${REVISION}
COPY --from=build /src/dist /app
WORKDIR /app
# V8 takes what it compiled before only from the same version with the same flags: those of ENTRYPOINT, which a test compares.
USER 0
RUN ["/nodejs/bin/node", "--max-semi-space-size=8", "--heap-growing-percent=30", "--no-parallel-scavenge", "--no-allocation-site-pretenuring", "--experimental-vm-modules", "--disable-warning=ExperimentalWarning", "/app/compile.js"]
USER 65532:65532
# API, probes and metrics, administration.
EXPOSE 6420 6421 6422
# A young generation of 8 MiB and moderate growth keep a busy gateway small and its pauses rare; one thread cleans it, because helpers
# that the machine has no processor for are waited for; and nothing is allocated as old on a guess (docs/adr/0019). docs/performance.md has
# the figures. Modules made in a program are how start.js gets V8 what it compiled before (docs/adr/0018): a tenth of a second of a start.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=8", "--heap-growing-percent=30", "--no-parallel-scavenge", "--no-allocation-site-pretenuring", "--experimental-vm-modules", "--disable-warning=ExperimentalWarning", "/app/start.js"]
CMD ["serve"]
