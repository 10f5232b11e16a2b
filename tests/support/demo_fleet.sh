#!/usr/bin/env bash
# demo_fleet.sh OUT_DIR - a dozen small git repositories (bare), one of each kind that a campaign
# meets in real life, and OUT_DIR/campaign.yaml that flies one codemod over them.
set -euo pipefail
out=$1
mkdir -p "$out/remote" "$out/work"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=Demo GIT_AUTHOR_EMAIL=demo@example.invalid
export GIT_COMMITTER_NAME=Demo GIT_COMMITTER_EMAIL=demo@example.invalid
export GIT_AUTHOR_DATE='2026-01-05T09:00:00Z' GIT_COMMITTER_DATE='2026-01-05T09:00:00Z'

# publish NAME: makes a bare repository of the files in work/NAME.
publish() {
  local dir=$out/work/$1
  git init -q -b main "$dir"
  git -C "$dir" add -A
  git -C "$dir" commit -q -m "Start $1"
  git clone -q --bare "$dir" "$out/remote/$1.git"
}
# put PATH: writes standard input there.
put() { mkdir -p "$(dirname "$out/work/$1")"; cat >"$out/work/$1"; }

# A small C library with a test program: run-tests compiles and runs it.
c_project() { # NAME BODY
  put "$1/src/api.h" <<'C'
int old_api(int value);
C
  put "$1/src/api.c" <<C
#include "api.h"
int old_api(int value) { return $2; }
C
  put "$1/tests/check.c" <<'C'
#include "../src/api.h"
int main(void) { return old_api(20) == 41 ? 0 : 1; }
C
  put "$1/run-tests" <<'SH'
set -e
cc -o /tmp/check src/api.c tests/check.c
/tmp/check
SH
}
python_project() { # NAME
  put "$1/src/client.py" <<'PY'
def old_api(value):
    return value * 2


def total(values):
    return sum(old_api(v) for v in values)
PY
  put "$1/run-tests" <<'SH'
set -e
PYTHONPATH=src python3 -c 'import client; assert client.total([1, 2]) == 6'
SH
}
shell_project() { # NAME
  put "$1/src/deploy.sh" <<'SH'
old_api() { echo "deploying $1"; }
[ "${1:-}" = lib ] || old_api "${1:-all}"
SH
  put "$1/run-tests" <<'SH'
sh src/deploy.sh site | grep -q 'deploying site'
SH
}

c_project calculator 'value * 2 + 1'
c_project geometry '41'
python_project billing
python_project reports
shell_project deploy
shell_project backup

# A Makefile project.
c_project firmware 'value + 21'
put firmware/Makefile <<'MK'
test:
	@cc -o /tmp/check src/api.c tests/check.c && /tmp/check
MK
put firmware/run-tests <<<'make -s test'

# Its tests fail before any change.
c_project legacy '0'
# The codemod breaks its tests: the name is looked up as a string.
python_project plugins
put plugins/run-tests <<'SH'
PYTHONPATH=src python3 -c 'import client; assert getattr(client, "old" + "_api")(1) == 2'
SH
# Nothing to change.
put website/src/index.txt <<<'nothing here calls the interface'
put website/run-tests <<<'test -f src/index.txt'
# A symbolic link that points out of the tree.
shell_project linked
ln -s /etc "$out/work/linked/src/host"

for name in calculator geometry billing reports deploy backup firmware legacy plugins website linked; do
  publish "$name"
done
rm -rf "$out/work"

cat >"$out/campaign.yaml" <<YAML
apiVersion: skein/v1
kind: Campaign
metadata: {name: new-api, tenant: demo}
spec:
  task:
    intent: "Replace old_api by new_api in every source file; behaviour stays."
    risk: low
    scope: {include: ["src/**", "tests/**"]}
    agent:
      kind: script
      steps:
        - run: "grep -rlI old_api src tests 2>/dev/null | xargs -r sed -i s/old_api/new_api/g"
    verifiers:
      - {name: unit, run: "sh ./run-tests", timeout: 1m}
      - {use: secrets}
    publish: {mode: pr, title: "Use new_api"}
  repos:
    - {url: $out/remote/calculator.git}
    - {url: $out/remote/billing.git}
    - {url: $out/remote/deploy.git}
    - {glob: "$out/remote/*.git"}
    - {url: "http://127.0.0.1:9/unreachable.git"}
  waves:
    - {size: 3, requireSuccess: 100%}
    - {rest: true}
YAML
