#!/usr/bin/env bash
# Measures the whole release binary, from its start to its end, on plans of 1,000, 10,000 and 100,000 resources.
#
#   benches/whole-process/run.sh [--quick]        # --quick: 1,000 and 10,000 only
#
#   ATTESTA=path/to/attesta    a binary that is built already (default: builds one with cargo)
#   GENERATOR=gen_tfplan.py    writes the inputs (default: ../shared/tools/gen_tfplan.py from the project's root)
#   WORK=folder                keeps the inputs from run to run (default: a new temporary folder, removed at the end)
#   CHECKOV_VENV=folder        compares with checkov: python3 -m venv F && F/bin/pip install checkov
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"

generator=${GENERATOR:-$root/../shared/tools/gen_tfplan.py}
if [ ! -f "$generator" ]; then
    echo "no generator at $generator: set GENERATOR" >&2
    exit 2
fi
if [ -z "${ATTESTA:-}" ]; then
    cargo build --release --quiet -p attesta
    ATTESTA=${CARGO_TARGET_DIR:-$root/target}/release/attesta
fi
if [ -z "${WORK:-}" ]; then
    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK"' EXIT
fi
sizes="1000 10000 100000"
[ "${1:-}" = --quick ] && sizes="1000 10000"

mkdir -p "$WORK"
for n in $sizes; do
    [ -f "$WORK/plan-$n.json" ] || python3 "$generator" --resources "$n" --unknown \
        --out "$WORK/plan-$n.json" --truth "$WORK/plan-$n.csv" >&2
done
[ -d "$WORK/cfn-10000" ] || python3 "$generator" --resources 10000 --format cfn \
    --out "$WORK/cfn-10000" --truth "$WORK/cfn-10000.csv" >&2
[ -f "$WORK/pulumi-10000.json" ] || python3 "$generator" --resources 10000 --format pulumi \
    --out "$WORK/pulumi-10000.json" --truth "$WORK/pulumi-10000.csv" >&2

python3 "$here/measure.py" --attesta "$ATTESTA" --work "$WORK" --sizes $sizes
for input in plan-1000.json plan-10000.json cfn-10000 pulumi-10000.json; do
    echo
    "$ATTESTA" check --quiet --no-waivers --format json --output "$WORK/report.json" "$WORK/$input" || [ $? -eq 1 ] || [ $? -eq 3 ]
    python3 "$here/truth.py" "$WORK/report.json" "$WORK/${input%.json}.csv"
done
