#!/bin/sh
# Builds the container image with what this machine has; says why where it has nothing.
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
tag=${IMAGE:-postern:$version}
if docker info >/dev/null 2>&1; then
  exec docker build --build-arg "VERSION=$version" -t "$tag" .
elif podman info >/dev/null 2>&1; then
  exec podman build --build-arg "VERSION=$version" -t "$tag" .
elif command -v buildah >/dev/null 2>&1; then
  exec buildah build --build-arg "VERSION=$version" -t "$tag" .
fi
echo "make image: found no running docker or podman, and no buildah; install one of them (on Debian: apt-get install buildah)" >&2
exit 1
