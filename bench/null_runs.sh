#!/usr/bin/env bash
# null_runs.sh BUILD_DIR [ROUNDS [DIRECTORY]] - durable transitions per second of the whole fleet on
# null runs, beside null jobs of graphile-worker (PostgreSQL) and BullMQ (redis, every write synced)
# and a bare SQLite loop, interleaved, on the disk of DIRECTORY. The servers are throw-away instances
# behind sockets in temporary folders, with the durability they ship with, or more.
set -euo pipefail
build=$(realpath "$1"); rounds=${2:-5}; place=$(realpath "${3:-${TMPDIR:-/tmp}}")
here=$(dirname "$(realpath "$0")")
jobs=20000
scratch=$(mktemp -d "$place/skein-null-runs.XXXXXX")
sockets=$(mktemp -d /tmp/skein-peers.XXXXXX)  # a socket's path must be short
data=$scratch/postgres
redis=
# PostgreSQL refuses to be root.
server() {
  if [ "$(id -u)" = 0 ]; then
    (cd / && setpriv --reuid=postgres --regid=postgres --clear-groups "$@")
  else
    "$@"
  fi
}
stop() {
  [ -z "$redis" ] || { kill "$redis" && wait "$redis"; } 2>/dev/null || true
  [ ! -e "$data/postmaster.pid" ] ||
    server "$postgres/pg_ctl" -D "$data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$scratch" "$sockets"
}
trap stop EXIT
trap 'exit 130' INT TERM

postgres=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -1)
for each in "${postgres:-/missing}/initdb" redis-server redis-cli node npm python3; do
  command -v "$each" >/dev/null || {
    echo "null_runs.sh: $each is missing; see cmake/bench-packages.txt, or ./dev bench null_runs" >&2
    exit 1
  }
done

# The two queues, in the versions that the lock file pins. Nothing of theirs is run while installing.
peers=$build/peers
mkdir -p "$peers"
if [ ! -d "$peers/node_modules" ] || ! cmp -s "$here/peers/package.json" "$peers/package.json"; then
  cp "$here"/peers/package*.json "$peers"
  npm --prefix "$peers" install --ignore-scripts --no-audit --no-fund --loglevel=error >&2
fi
cp "$here"/peers/*.mjs "$peers"

chmod 711 "$scratch" "$sockets"
mkdir "$data" "$scratch/redis" "$sockets/postgres"
[ "$(id -u)" != 0 ] || chown postgres: "$data" "$sockets/postgres"
server "$postgres/initdb" -D "$data" -U bench --auth=trust --no-instructions >/dev/null
server "$postgres/pg_ctl" -D "$data" -w -l "$data/log" \
  -o "-c listen_addresses='' -k $sockets/postgres" start >/dev/null || { cat "$data/log" >&2; exit 1; }
redis-server --port 0 --unixsocket "$sockets/redis" --dir "$scratch/redis" --save '' \
  --appendonly yes --appendfsync always --logfile "$scratch/redis/log" &
redis=$!
for ((i = 0; i < 100; i++)); do
  [ "$(redis-cli -s "$sockets/redis" ping 2>/dev/null)" != PONG ] || break
  sleep 0.1
done
[ "$(redis-cli -s "$sockets/redis" config get appendfsync | tail -1)" = always ] || {
  echo 'null_runs.sh: redis did not start, or does not sync each write' >&2; exit 1; }

# What the disk takes to sync a small write, in microseconds: all the ratios depend on it.
sync_cost() {
  python3 - "$scratch/probe" <<'PY'
import os, statistics, sys, time
file = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY, 0o600)
def once(number):
    began = time.perf_counter()
    os.pwrite(file, b"x" * 8192, number * 8192)
    os.fdatasync(file)
    return (time.perf_counter() - began) * 1e6
print(statistics.median(once(i) for i in range(100)))
PY
}
# graphile NAME CONCURRENCY QUEUE DELAY; bullmq NAME JOBS CONCURRENCY
graphile() {
  local database=$1_$round name=$1; shift
  "$postgres/createdb" -h "$sockets/postgres" -U bench "$database"
  timeout 300 node "$peers/graphile_worker.mjs" \
    "postgres:///$database?host=$sockets/postgres&user=bench" "$jobs" "$@" >"$scratch/$name.$round.json"
}
bullmq() {
  timeout 300 node "$peers/bullmq.mjs" "$sockets/redis" "$1_$round" "$2" "$3" \
    >"$scratch/$1.$round.json"
}
for ((round = 0; round < rounds; round++)); do
  printf 'round %d of %d\n' $((round + 1)) "$rounds" >&2
  "$build/bin/bench_null_runs" --runs "$jobs" --dir "$scratch" >"$scratch/skein.$round.json"
  "$build/bin/bench_null_store" --rounds 1 --dir "$scratch" >"$scratch/bare.$round.json"
  sync_cost >"$scratch/sync.$round.json"
  graphile graphile_batch 24 500 0
  graphile graphile_start 10 11 250
  bullmq bullmq_many "$jobs" 100
  bullmq bullmq_one $((jobs / 10)) 1
done
python3 - "$scratch" "$rounds" "$jobs" <<'PY'
import json, statistics, sys
scratch, rounds, jobs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
def read(name):
    return [json.load(open(f"{scratch}/{name}.{i}.json")) for i in range(rounds)]
def median(values):
    return round(statistics.median(values), 3)
def ratio(ours, theirs):
    return median([a / b for a, b in zip(ours, theirs)])
skein = read("skein")
events = [s["durableEventsPerSecond"] for s in skein]
# schedule, prepare, agent, verify, gate, publish, published: six changes of state. The rest of a
# run's events (a command ended, a baseline was recorded) are durable too, but peers have no such.
changes = [6 * s["runsPerSecond"] for s in skein]
bare = [b["bareTransitionsPerSecond"] for b in read("bare")]
peers = []
for name, what in (
    ("graphile_batch", "graphile-worker, 24 jobs at once, batches of 500, completed at once"),
    ("graphile_start", "graphile-worker, 10 jobs at once, batches of 11, completed every 250 ms"),
    ("bullmq_many", "BullMQ, appendfsync always, 100 jobs at once"),
    ("bullmq_one", "BullMQ, appendfsync always, 1 job at once (its default)"),
):
    rates = [2 * p["jobs"] / p["seconds"] for p in read(name)]
    peers.append({"peer": name, "what": what, "transitionsPerJob": 2,
                  "transitionsPerSecond": median(rates), "ratio": ratio(changes, rates),
                  "ratioOfEvents": ratio(events, rates)})
print(json.dumps({
    "benchmark": "null_runs", "rounds": rounds, "runs": jobs,
    "runsPerSecond": median([s["runsPerSecond"] for s in skein]),
    "transitionsPerRun": 6, "transitionsPerSecond": median(changes),
    "eventsPerRun": median([s["eventsPerRun"] for s in skein]), "eventsPerSecond": median(events),
    "bareTransitionsPerSecond": median(bare), "shareOfBare": ratio(events, bare),
    "syncMicroseconds": median(read("sync")), "peers": peers,
    "recovery": {k: median([s["recovery"][k] for s in skein]) for k in skein[0]["recovery"]},
}, indent=2))
PY
