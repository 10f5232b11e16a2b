#!/usr/bin/env bash
# man-pages.sh PROGRAM FOLDER: a manual page of the program and of each of its verbs, from their
# --help, with the sections of skein.h2m.
set -euo pipefail
program=$1 folder=$2
here=$(dirname "$(readlink -f "$0")")
mkdir -p "$folder"
version=$("$program" --version)

# verbs [VERB]: the names below `Subcommands:`, each with its line of help.
verbs() { "$program" "$@" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]\{1,\}\)  *\(.*\)$/\1\t\2/p'; }

# page TITLE SUMMARY [VERB…]
page() {
  local title=$1 summary=$2
  shift 2
  # help2man calls a program, not a verb of one.
  local call=$folder/$title
  printf '#!/bin/sh\nexec %q %s --help\n' "$program" "$*" >"$call"
  chmod +x "$call"
  LC_ALL=C.UTF-8 help2man --locale=C.UTF-8 --no-info --no-discard-stderr --name="$summary" \
    --version-string="$title ${version#skein }" --include="$here/skein.h2m" "$call" |
    gzip -9n >"$folder/$title.1.gz"
  rm "$call"
}

page skein 'flies fleets of coding agents and codemods over many git repositories'
while IFS=$'\t' read -r verb summary; do
  page "skein-$verb" "$summary" "$verb"
  while IFS=$'\t' read -r below summary; do
    page "skein-$verb-$below" "$summary" "$verb" "$below"
  done < <(verbs "$verb")
done < <(verbs)
