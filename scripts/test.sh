#!/usr/bin/env bash
# Sets up a fresh checkout, checks it (format, lint, types, generated files) and runs every test. With CI=true a skipped test is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
npm run --silent check
report=$(mktemp)
trap 'rm -f "$report"' EXIT
status=0
npx vitest run --reporter=default --reporter=json --outputFile.json="$report" "$@" || status=$?
node scripts/summary.mjs "$report" || status=1
exit $status
