#!/bin/sh
# Fetches a folder of tests out of one of Debian's source packages, for the scripts that say which:
#   tools/fetch-debian-source.sh DIR PACKAGE[=VERSION] ARCHIVE PATTERN
# apt checks signatures and hashes. It uses its own lists in a scratch folder, so needs no root and changes
# nothing of the system. ARCHIVE is a glob; of what matches PATTERN in it the last folder becomes one of DIR, whose
# path is printed. Does nothing if DIR holds it already.
set -eu

SUITE=bookworm
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# Where this machine has its packages from; SKERRY_DEBIAN_MIRROR names another place.
mirror=${SKERRY_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
  sed -n "s/ $SUITE main\$//p" | head -n 1)}
if [ -z "$mirror" ]; then
  echo "fetch-debian-source.sh: apt has no source for Debian $SUITE main; set SKERRY_DEBIAN_MIRROR to a mirror's address" >&2
  exit 1
fi

usage='usage: fetch-debian-source.sh DIR PACKAGE[=VERSION] ARCHIVE PATTERN'
folder=${1:?$usage}
package=${2:?$usage}
archive=${3:?$usage}
pattern=${4:?$usage}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
tests=$folder/$(basename "$pattern")
if [ -f "$folder/.complete" ]; then
  echo "$tests"
  exit 0
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/lists/partial" "$scratch/cache/archives/partial"
echo "deb-src [signed-by=$KEYRING] $mirror $SUITE main" >"$scratch/sources.list"
chmod 755 "$scratch"

apt() {
  apt-get -q \
    -o Dir::Etc::sourcelist="$scratch/sources.list" \
    -o Dir::Etc::sourceparts=- \
    -o Dir::State::lists="$scratch/lists" \
    -o Dir::Cache="$scratch/cache" \
    -o APT::Sandbox::User="$(id -un)" \
    -o Acquire::Retries=3 \
    "$@" >&2
}
apt update
(cd "$scratch" && apt source --download-only "$package")

rm -rf "$tests"
above=$(dirname "$pattern" | tr '/' '\n' | wc -l)
# shellcheck disable=SC2086 # the glob is to be expanded
tar -xf "$scratch"/$archive -C "$folder" --strip-components="$above" --wildcards "$pattern"
touch "$folder/.complete"
echo "$tests"
