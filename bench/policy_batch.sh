#!/usr/bin/env bash
# policy_batch.sh SKEIN [LINES] - decisions per second of `skein policy check --batch` with the
# shipped rules, over a mix of calls (files, look-alikes, patches, commands), beside the same lines
# through `jq`, which reads and writes JSON and decides nothing.
set -euo pipefail
skein=$(realpath "$1"); lines=${2:-1000000}
work=$(mktemp -d "${TMPDIR:-/tmp}/skein-policy.XXXXXX")
trap 'rm -rf "$work"' EXIT
cat >"$work/mix" <<'JSON'
"tool":"read_file","args":{"path":"src/module_7/parser.c"}
"tool":"run_shell","args":{"command":"mvn -q -DskipTests compile && mvn -q test"}
"tool":"write_file","args":{"path":"docs/guide/index.md","content":"text of the file"}
"tool":"run_shell","args":{"command":"git diff --stat | sh -c 'rm -r -f /tmp/x'"}
"tool":"read_file","args":{"path":"src/%2e%2e/%2e%2e/etc/passwd"}
"tool":"write_file","args":{"path":".GIT/hooks/pre-commit"}
"tool":"apply_patch","args":{"patch":"--- a/src/a.c\n+++ b/src/a.c\n@@ -1 +1 @@\n-a\n+b\n"}
"tool":"list_files","args":{"directory":"src"}
"tool":"create_pull_request","args":{}
"tool":"unknown_tool","args":{"x":1}
JSON
awk -v lines="$lines" '{v[NR - 1] = $0} END {for (i = 0; i < lines; i++) printf "{\"id\":%d,%s}\n", i, v[i % NR]}' \
  "$work/mix" >"$work/calls"
seconds() { local began; began=$(date +%s%N); "$@"; echo $(($(date +%s%N) - began)) >>"$work/times"; }
decide() { "$skein" policy check --batch <"$work/calls" >"$work/decisions"; }
for _ in 1 2 3; do seconds decide; done
rate=$(sort -n "$work/times" | awk -v n="$lines" '{v[NR] = $1} END {printf "%d", n / (v[2] / 1e9)}')
answered=$(wc -l <"$work/decisions")
allowed=$(grep -c '"decision":"allow"' "$work/decisions" || true)
peer=null
if command -v jq >/dev/null; then
  began=$(date +%s%N); jq -c '{id, tool}' <"$work/calls" >/dev/null
  peer=$(awk -v n="$lines" -v t=$(($(date +%s%N) - began)) 'BEGIN {printf "%d", n / (t / 1e9)}')
fi
printf '{"benchmark": "policy_batch", "lines": %s, "answered": %s, "allowed": %s, "decisionsPerSecond": %s, "jqLinesPerSecond": %s}\n' \
  "$lines" "$answered" "$allowed" "$rate" "$peer"
