#!/usr/bin/env bash
# demo.sh SKEIN - flies one campaign over the demo fleet and shows what came of it.
set -euo pipefail
skein=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
fleet=$(mktemp -d "${TMPDIR:-/tmp}/skein-demo.XXXXXX")
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

say "A dozen repositories are made under $fleet"
"$here/demo_fleet.sh" "$fleet"
export SKEIN_STATE_DIR=$fleet/state

say 'skein campaign run campaign.yaml: three repositories first, then the rest'
began=$(date +%s%N)
# A campaign in which some repositories fail ends with 1; here that is the point.
"$skein" campaign run "$fleet/campaign.yaml" || [ $? -eq 1 ]
printf '\n%s ms from start to end\n' $((($(date +%s%N) - began) / 1000000))

say 'The branch that landed in one of them:'
branch=$(git --git-dir="$fleet/remote/calculator.git" for-each-ref --format='%(refname:short)' refs/heads/skein)
git --git-dir="$fleet/remote/calculator.git" log --stat --format='%h %s (%D)' "main..$branch"

say 'Try next:'
cat <<EOF
  export SKEIN_STATE_DIR=$fleet/state
  $skein get runs                      every run with its state
  $skein why ID                        why one of them failed (ids may be shortened)
  $skein diff ID                       what it changed
  $skein trace ID                      every step it took
  $skein audit verify                  the hash chain over all events
  rm -rf $fleet                        when you are done
EOF
