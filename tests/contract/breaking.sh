#!/bin/sh
# Refuse changes of the contract that break callers: compare with the newest release tag, or, before the first, with the commit before this one.
set -eu
buf=$(realpath "$1")
base=$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null || git rev-parse --quiet --verify 'HEAD~1' || true)
if [ -z "$base" ] || ! git cat-file -e "$base:protos/buf.yaml" 2>/dev/null; then
    echo "there is no earlier contract to compare with"
    exit 0
fi
earlier=$(mktemp -d)
trap 'rm -rf "$earlier"' EXIT
git archive "$base" protos | tar -x -C "$earlier"
cd protos
"$buf" breaking --against "$earlier/protos"
echo "the contract breaks nothing since $base"
