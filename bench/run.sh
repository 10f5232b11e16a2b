#!/usr/bin/env bash
# run.sh BUILD_DIR [NAME…] - runs the benchmarks and prints one JSON object for each on standard
# output. Names: pipeline, tool_call, large_repository, null_store, null_runs, policy_batch,
# scan_secrets, diff_gate, scheduler, console_latency, console_frame, model_loop, model_gateway,
# model_many, fleet_scale, crash.
set -euo pipefail
build=$(realpath "$1"); shift
here=$(dirname "$(realpath "$0")")
[ $# -gt 0 ] || set -- tool_call large_repository null_store null_runs scan_secrets diff_gate scheduler model_loop model_gateway model_many pipeline fleet_scale crash
for name; do
  printf '== %s\n' "$name" >&2
  case $name in
    pipeline) "$here/pipeline.sh" "$build/bin/skein" ;;
    tool_call) "$build/bin/bench_cell_call" ;;
    large_repository) "$build/bin/bench_collect_change" ;;
    null_store) "$build/bin/bench_null_store" ;;
    null_runs) "$here/null_runs.sh" "$build" ;;
    policy_batch) "$here/policy_batch.sh" "$build/bin/skein" ;;
    scan_secrets) "$build/bin/bench_scan_secrets" ;;
    diff_gate) "$build/bin/bench_diff_gate" ;;
    scheduler) "$build/bin/bench_scheduler" ;;
    model_*)
      place=$(mktemp -d)
      "$build/bin/bench_model_loop" "$build/bin/skein" "$place" "${name#model_}"
      rm -rf "$place"
      ;;
    console_latency) "$build/bin/bench_console_latency" ;;
    fleet_scale) "$here/fleet_scale.sh" "$build/bin/skein" ;;
    console_frame) "$build/bin/bench_console_frame" ;;
    crash) "$here/../tests/recovery/kill_at_random_instants.sh" "$build/bin/skein" 200 50 7 120 ;;
    *) echo "unknown benchmark $name" >&2; exit 2 ;;
  esac
done
