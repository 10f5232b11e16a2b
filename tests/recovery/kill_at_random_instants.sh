#!/usr/bin/env bash
# kill_at_random_instants.sh SKEIN [KILLS] [REPOSITORIES] [SEED] [LONGEST_LIFE_MS]
#
# Story: a campaign flies; its process is killed with SIGKILL again and again, at instants spread over
# its whole life; each time the same command is given again. In the end every run is in exactly one
# final state, every repository has exactly one branch and the store one publication for it, nothing
# is left running, and the hash chain is intact.
# Prints one JSON line with what was seen.
set -euo pipefail
skein=$(realpath "$1"); kills=${2:-200} repositories=${3:-50} seed=${4:-7} longest=${5:-500}
"$skein" doctor >/dev/null 2>&1 || { echo 'skipped: no cell can be made here (skein doctor)'; exit 77; }
RANDOM=$seed
work=$(mktemp -d "${TMPDIR:-/tmp}/skein-kill.XXXXXX")
trap 'rm -rf "$work"' EXIT
# What happened to the runs that are not as they should be.
explain() {
  "$skein" get runs --limit 100000 -o json 2>/dev/null | sed -n 's/.*"runId": "\(.*\)".*/\1/p' |
    while read -r id; do
      "$skein" get runs --limit 100000 2>/dev/null | grep "${id:0:8}" | grep -qw published && continue
      "$skein" describe run "$id"; "$skein" trace "$id" | tail -n 20
    done | head -n 80
}
fail() { echo "FAILED: $*" >&2; explain >&2; [ -z "${KEEP:-}" ] || trap - EXIT; exit 1; }

export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.invalid
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.invalid
mkdir -p "$work/remote" "$work/one/src"
for ((i = 1; i <= repositories; i++)); do
  name=$(printf 'r%03d' "$i")
  rm -rf "$work/one/.git"
  git init -q -b main "$work/one"
  for f in 1 2 3 4 5; do printf 'int a%s = old_api(%s); /* %s */\n' "$f" "$f" "$name"; done >"$work/one/src/a.c"
  git -C "$work/one" add -A
  git -C "$work/one" commit -q -m "$name"
  git clone -q --bare "$work/one" "$work/remote/$name.git"
done
cat >"$work/campaign.yaml" <<YAML
apiVersion: skein/v1
kind: Campaign
metadata: {name: crash}
spec:
  task:
    intent: "Replace old_api by new_api in the sources, behaviour stays"
    scope: {include: ["src/**"]}
    agent: {kind: script, steps: [{run: "sed -i s/old_api/new_api/ src/a.c"}]}
    verifiers: [{name: check, run: "grep -qE '(old|new)_api' src/a.c"}]
  repos: [{glob: "$work/remote/*.git"}]
YAML
# Killed far more often than any run that is not at fault itself.
printf 'apiVersion: skein/v1\nkind: Config\nmaxCrashes: 1000\n' >"$work/skein.yaml"
export SKEIN_STATE_DIR=$work/state
# In a subshell of its own: the process that is killed is the program itself.
fly() { exec "$skein" --config "$work/skein.yaml" campaign run -f "$work/campaign.yaml" --cells 2 -q -o json; }

killed=0 lives=0 done_early=0
while [ "$killed" -lt "$kills" ]; do
  lives=$((lives + 1))
  fly >"$work/out.json" 2>"$work/err.log" &
  pid=$!
  # Short lives hit the start, long ones every stage of several runs.
  sleep "0.$(printf '%03d' $((5 + RANDOM % (longest - 5))))"
  if kill -9 "$pid" 2>/dev/null; then
    killed=$((killed + 1))
    wait "$pid" 2>/dev/null || true
  else
    wait "$pid" || fail "the campaign ended with $? after $killed kills: $(cat "$work/err.log")"
    done_early=1
    break
  fi
done
(fly) >"$work/out.json" 2>"$work/err.log" || fail "the last flight ended with $?: $(tail -5 "$work/err.log")"

"$skein" audit verify >/dev/null || fail 'the hash chain is broken'
state_count() { "$skein" get runs --limit 100000 -o json | grep -c "\"state\": \"$1\"" || true; }
total=$("$skein" get runs --limit 100000 -o json | grep -c '"runId"')
published=$(state_count published)
[ "$total" -eq "$repositories" ] || fail "$total runs for $repositories repositories"
[ "$published" -eq "$repositories" ] || fail "only $published of $repositories runs are published"
for repository in "$work"/remote/*.git; do
  branches=$(git --git-dir="$repository" for-each-ref refs/heads/skein --format='%(refname)' | wc -l)
  [ "$branches" -eq 1 ] || fail "$repository has $branches branches"
done
left=$(pgrep -f "$work/state" | wc -l || true)
[ "$left" -eq 0 ] || fail "$left processes are left: $(pgrep -af "$work/state" | head -3)"
printf '{"kills":%d,"lives":%d,"repositories":%d,"published":%d,"finishedBeforeLastKill":%d}\n' \
  "$killed" "$lives" "$repositories" "$published" "$done_early"
