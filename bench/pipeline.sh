#!/usr/bin/env bash
# pipeline.sh SKEIN [ROUNDS] - one codemod over 100 repositories of 50 files, 2 jobs, beside the
# by-hand way (GNU parallel + bubblewrap: no durability, no baseline run, no audit). Interleaved;
# every round starts from a fresh copy of the fleet. CPU is the whole machine's, from /proc/stat,
# because work inside a PID namespace does not show in rusage: run it on a quiet machine.
set -euo pipefail
skein=$(realpath "$1"); rounds=${2:-5}
here=$(dirname "$(realpath "$0")")
baseline=${SKEIN_BASELINE:-$here/../../shared/baseline}
[ -x "$baseline/baseline_parallel.sh" ] || {
  echo "the by-hand way is not at $baseline; set SKEIN_BASELINE" >&2; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/skein-pipeline.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$baseline/make_repos.sh" "$work/fleet" -n 100 -f 50 >&2
cat >"$work/campaign.yaml" <<YAML
apiVersion: skein/v1
kind: Campaign
metadata: {name: bench}
spec:
  task:
    intent: "Replace old_api() by new_api() in the sources; behaviour stays"
    scope: {include: ["src/**"], maxFiles: 1000, maxChangedLines: 100000}
    agent: {kind: script, steps: [{run: 'grep -rl "old_api(" src | xargs -r sed -i "s/old_api(/new_api(/g"'}]}
    verifiers: [{name: check, run: '! grep -rq "old_api(" src && grep -rq "new_api(" src'}]
  repos: [{glob: "$work/round/fleet/remote/*.git"}]
YAML
ticks() { awk '/^cpu /{print $2 + $3 + $4 + $7 + $8}' /proc/stat; }
# A new folder each time, nothing deleted in between: deletions slow down what ext4 makes later.
fresh() { mkdir "$work/$1"; cp -a "$work/fleet" "$work/$1/fleet"; sync; ln -sfn "$work/$1" "$work/round"; }
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
: >"$work/by_hand"; : >"$work/skein"; : >"$work/by_hand_cpu"; : >"$work/skein_cpu"; : >"$work/ratio"
for ((i = 0; i < rounds; i++)); do
  for who in by_hand skein; do
    fresh "$who.$i"
    cpu=$(ticks); began=$(date +%s%N)
    if [ $who = by_hand ]; then
      "$baseline/baseline_parallel.sh" "$work/round/fleet" -j 2 >&2
    else
      SKEIN_STATE_DIR=$work/round/state "$skein" campaign run -f "$work/campaign.yaml" --cells 2 -q \
        -o json >"$work/out.json"
      grep -q '"published": 100' "$work/out.json" || { echo 'not all were published' >&2; exit 1; }
    fi
    echo $((($(date +%s%N) - began) / 100000000)) | awk '{print 1000 / $1}' >>"$work/$who"
    echo $((($(ticks) - cpu) * 10)) | awk '{print $1 / 100}' >>"$work/${who}_cpu"
  done
  paste <(tail -1 "$work/skein") <(tail -1 "$work/by_hand") | awk '{print $1 / $2}' >>"$work/ratio"
done
stages=$(python3 - "$work/out.json" <<'PY'
import json, sys
runs = json.load(open(sys.argv[1]))["runs"]
timings = [r["timings"] for r in runs if r.get("timings")]
print(json.dumps({k: round(sum(t[k] for t in timings) / len(timings), 1) for k in timings[0]} if timings else {}))
PY
)
cat <<JSON
{"benchmark": "pipeline", "rounds": $rounds,
 "byHandRunsPerSecond": $(median <"$work/by_hand"), "skeinRunsPerSecond": $(median <"$work/skein"),
 "ratio": $(median <"$work/ratio"),
 "byHandCpuMsPerRun": $(median <"$work/by_hand_cpu"), "skeinCpuMsPerRun": $(median <"$work/skein_cpu"),
 "skeinStageMs": $stages}
JSON
