#!/bin/sh
# Builds the container image with what this machine has; says why where it has nothing.
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
revision=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
set -- build --build-arg "VERSION=$version" --build-arg "REVISION=$revision" -t "${IMAGE:-postern:$version}" "$@" .
if docker info >/dev/null 2>&1; then
  exec docker "$@"
elif podman info >/dev/null 2>&1; then
  exec podman "$@"
elif command -v buildah >/dev/null 2>&1; then
  exec buildah "$@"
fi
echo "make image: found no running docker or podman, and no buildah; install one of them (on Debian: apt-get install buildah)" >&2
exit 1
