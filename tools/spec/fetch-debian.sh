#!/bin/sh
# Fetches WebAssembly's specification tests, as shipped in Debian's source package of binaryen 108, into DIR, and prints the folder with them:
#   tools/spec/fetch-debian.sh DIR
set -eu

exec "$(dirname "$0")/../fetch-debian-source.sh" "${1:?usage: fetch-debian.sh DIR}" \
  binaryen=108-1 'binaryen_108.orig.tar.gz' '*/test/spec'
