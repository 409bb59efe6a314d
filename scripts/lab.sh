#!/usr/bin/env bash
# Sets up a fresh checkout and runs a scenario of the lab: scripts/lab.sh [SCENARIO [OPTION…]], nat-rr unless told otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
[ $# -gt 0 ] || set -- nat-rr
exec node dist/weir.js lab "$@"
