#!/bin/sh
# Fetches the Web Platform Tests that Debian ships with its source package of Node.js into DIR, and prints the folder with them:
#   tools/wpt/fetch-debian.sh DIR
set -eu

# The tests' version is the upstream one, 18.20.4, whatever Debian's own revision.
exec "$(dirname "$0")/../fetch-debian-source.sh" "${1:?usage: fetch-debian.sh DIR}" \
  nodejs 'nodejs_18.*.orig.tar.xz' '*/test/fixtures/wpt'
