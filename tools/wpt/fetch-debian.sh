#!/bin/sh
# Fetches the Web Platform Tests that Debian ships with its source package of Node.js into DIR:
#   tools/wpt/fetch-debian.sh DIR
# apt checks signatures and hashes. It uses its own lists in a scratch folder, so needs no root and changes
# nothing of the system. Prints the folder with the tests. Does nothing if DIR holds them already.
set -eu

PACKAGE=nodejs
SUITE=bookworm
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# Where this machine has its packages from; SKERRY_DEBIAN_MIRROR names another place.
mirror=${SKERRY_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
  sed -n "s/ $SUITE main\$//p" | head -n 1)}
if [ -z "$mirror" ]; then
  echo "fetch-debian.sh: apt has no source for Debian $SUITE main; set SKERRY_DEBIAN_MIRROR to a mirror's address" >&2
  exit 1
fi

folder=${1:?usage: fetch-debian.sh DIR}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
if [ -f "$folder/.complete" ]; then
  echo "$folder/wpt"
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
# The tests' version is the upstream one, 18.20.4, whatever Debian's own revision.
(cd "$scratch" && apt source --download-only "$PACKAGE")

rm -rf "$folder/wpt"
tar -xf "$scratch/${PACKAGE}"_18.*.orig.tar.xz -C "$folder" --strip-components=3 --wildcards '*/test/fixtures/wpt'
touch "$folder/.complete"
echo "$folder/wpt"
