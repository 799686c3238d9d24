#!/usr/bin/env bash
# Measures what a year of hourly runs takes in a history: keeps RUNS runs of an estate of RESOURCES resources of which
# CHANGED per mille change every hour, and says how many bytes and seconds that takes. See README.md.
#
#   benches/history/run.sh [RUNS] [RESOURCES]     # 500 and 10,000 unless said otherwise
#
#   GENERATOR=gen_tfplan.py    writes the estate (default: ../shared/tools/gen_tfplan.py from the project's root)
#   CHANGED="1 5 10"           how many of a thousand resources change every hour
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
runs=${1:-500} resources=${2:-10000}
generator=${GENERATOR:-$root/../shared/tools/gen_tfplan.py}
if [ ! -f "$generator" ]; then
    echo "no generator at $generator: set GENERATOR" >&2
    exit 2
fi
cargo build --release --quiet -p attesta-bench --example history_year
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$generator" --resources "$resources" --out "$work/plan.json" >&2
for changed in ${CHANGED:-1 5 10}; do
    echo "== $changed of 1,000 resources change every hour"
    "${CARGO_TARGET_DIR:-$root/target}/release/examples/history_year" "$work/plan.json" "$work/h-$changed" "$runs" "$changed"
    du -sb "$work/h-$changed" | awk '{ print "on disk           " $1 " bytes" }'
    rm -rf "$work/h-$changed"
done
