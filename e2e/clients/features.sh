#!/usr/bin/env bash
# Reads a collection with curl, from each page to the one that it names as the
# next, and prints the items' ids.
#
#   API=… HEADER='Name: value' features.sh COLLECTION
set -euo pipefail

next="$API/collections/$1/items?f=json&limit=10"
ids=()
while [[ -n $next ]]; do
	# The header by standard input: arguments are for everybody to see.
	page=$(printf 'header = "%s"' "$HEADER" | curl --silent --show-error --fail --max-time 60 --config - "$next")
	mapfile -t -O "${#ids[@]}" ids < <(jq --raw-output '.features[].id' <<<"$page")
	next=$(jq --raw-output '[.links[] | select(.rel == "next").href][0] // ""' <<<"$page")
done
jq --null-input --compact-output --arg version "$(curl --version | sed -n '1s/^curl \([^ ]*\).*/\1/p')" '{version: $version, ids: $ARGS.positional}' --args "${ids[@]}"
