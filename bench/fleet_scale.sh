#!/usr/bin/env bash
# fleet_scale.sh SKEIN [CELLS…] - a large fleet as its operator feels it, through the program:
#   kill        so many live cells (default 1, 50 and 500): from `skein kill --all` to the last process dead
#   campaign    5,000 repositories: until its runs are stored, and what `campaign status` takes
#   idle        share of one processor that a daemon uses with nothing to do
# One JSON object on standard output.
set -euo pipefail
skein=$(realpath "$1"); shift
[ $# -gt 0 ] || set -- 1 50 500
repositories=${SKEIN_BENCH_REPOSITORIES:-5000}
work=$(mktemp -d "${TMPDIR:-/tmp}/skein-scale.XXXXXX")
daemon=
finish() { [ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true; wait; rm -rf "$work"; }
trap finish EXIT
cd "$work"
export HOME=$work GIT_AUTHOR_NAME=b GIT_AUTHOR_EMAIL=b@x GIT_COMMITTER_NAME=b GIT_COMMITTER_EMAIL=b@x

now_ms() { echo $(($(date +%s%N) / 1000000)); }
serve() { # STATE CELLS
  mkfifo said
  "$skein" --state-dir "$1" serve --cells "$2" >said 2>>"$work/err" & daemon=$!
  head -n 1 <said >/dev/null; rm said
}
leave() { kill -TERM "$daemon"; wait "$daemon" || true; daemon=; }
campaign() { # NAME STEP
  cat <<Y
apiVersion: skein/v1
kind: Campaign
metadata: {name: $1}
spec:
  task:
    intent: "Replace old by new in the file named file, and nothing else."
    scope: {include: ["file"]}
    agent: {kind: script, steps: [{run: "$2"}]}
    verifiers: [{name: unit, run: "true"}]
  repos: [{file: $1.txt}]
Y
}

git init -q --bare -b main base.git
git clone -q base.git tree 2>/dev/null
(cd tree && echo old >file && git add file && git commit -qm one && git push -q origin HEAD:main)
rm -rf base.git/hooks
mkdir r
for i in $(seq "$repositories"); do cp -r base.git "r/$i.git"; echo "$work/r/$i.git"; done >all.txt

in_cells() { pgrep -fc '^sleep 987654' || true; }
kills=()
for cells; do
  head -n "$cells" all.txt >"kill$cells.txt"
  campaign "kill$cells" "sleep 987654" >kill.yaml
  serve "s$cells" "$cells"
  "$skein" --state-dir "s$cells" campaign run -f kill.yaml --detach -q >/dev/null
  for _ in $(seq 600); do [ "$(in_cells)" -ge "$cells" ] && break; sleep 0.2; done
  live=$(in_cells)
  began=$(now_ms)
  "$skein" --state-dir "s$cells" kill --all -q --reason bench >/dev/null
  answered=$(($(now_ms) - began))
  while [ "$(in_cells)" -gt 0 ]; do :; done
  kills+=("{\"cells\": $live, \"answeredMs\": $answered, \"deadMs\": $(($(now_ms) - began))}")
  leave
done

cp all.txt wide.txt
campaign wide "sed -i s/old/new/ file" >wide.yaml
serve wide 2
"$skein" --state-dir wide hold --all -q --reason bench >/dev/null
began=$(now_ms)
"$skein" --state-dir wide campaign run -f wide.yaml --detach -q >/dev/null
expanded=$(($(now_ms) - began))
status=$(for _ in $(seq 9); do
  began=$(date +%s%N); "$skein" --state-dir wide campaign status wide >/dev/null
  echo $((($(date +%s%N) - began) / 1000))
done | sort -n | sed -n 5p)
leave

serve idle 2
ticks() { sed 's/.*) //' "/proc/$daemon/stat" | awk '{print $12 + $13}'; }
sleep 2; before=$(ticks); sleep 20; used=$(($(ticks) - before))
leave
printf '{"benchmark": "fleet_scale", "kill": [%s], "campaign": {"repositories": %s, "expandMs": %s, "statusMs": %s}, "idleCpuPercent": %s}\n' \
  "$(IFS=,; echo "${kills[*]}")" "$repositories" "$expanded" \
  "$(awk -v us="$status" 'BEGIN {printf "%.1f", us / 1000}')" \
  "$(awk -v t="$used" -v hz="$(getconf CLK_TCK)" 'BEGIN {printf "%.2f", 100 * t / hz / 20}')"
