#!/usr/bin/env python3
"""Cost of whole runs of `attesta check`: CPU seconds, wall seconds, peak memory. Called by run.sh.

CPU is user + system time of the process and its children (wait4), so a busy machine disturbs it less than wall time.
Prints Markdown. Python's standard library only.
"""
import argparse
import os
import statistics
import sys
import time
from pathlib import Path

REPEATS = 3


def run(command):
    """(CPU seconds, wall seconds, MiB at most, exit code) of one run; its output is thrown away."""
    null = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_WRONLY, 0) for fd in (1, 2)]
    start = time.monotonic()
    pid = os.posix_spawnp(command[0], command, {**os.environ, "NO_COLOR": "1"}, file_actions=null)
    _, status, usage = os.wait4(pid, 0)
    wall = time.monotonic() - start
    code = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, code


def measure(command, allowed, repeats=REPEATS):
    runs = []
    for _ in range(repeats):
        found = run(command)
        if found[3] not in allowed:
            raise SystemExit(f"exit code {found[3]}: {' '.join(command)}")
        runs.append(found)
    cpu, wall, memory = ([r[i] for r in runs] for i in range(3))
    return {"cpu": min(cpu), "cpu median": statistics.median(cpu), "wall": min(wall),
            "wall median": statistics.median(wall), "memory": max(memory)}


def size_of(path):
    files = [path] if path.is_file() else path.rglob("*")
    return sum(f.stat().st_size for f in files if f.is_file()) / 2**20


def row(*cells):
    print("| " + " | ".join(str(c) for c in cells) + " |", flush=True)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--attesta", required=True)
    ap.add_argument("--work", required=True, type=Path)
    ap.add_argument("--sizes", required=True, type=int, nargs="+")
    a = ap.parse_args()
    report = str(a.work / "report.out")

    inputs = [(f"Terraform plan, {n:,} resources", a.work / f"plan-{n}.json", n) for n in a.sizes]
    inputs += [("CloudFormation, 10,000 resources", a.work / "cfn-10000", None),
               ("Pulumi state, 10,000 resources", a.work / "pulumi-10000.json", None)]
    print(f"`attesta check`, {REPEATS} runs each: best (median)\n")
    row("Input", "MiB", "Report", "CPU s", "wall s", "peak MiB")
    row("---", "---:", "---", "---:", "---:", "---:")
    found = {}
    for name, path, size in inputs:
        for form in ("json", "table"):
            command = [a.attesta, "check", "--quiet", "--no-waivers", "--format", form, "--output", report, str(path)]
            # 1: there are findings; 3: something is unknown. Both are complete runs.
            m = measure(command, allowed=(0, 1, 3))
            found[size, form] = m
            row(name, f"{size_of(path):.1f}", form, f"{m['cpu']:.2f} ({m['cpu median']:.2f})",
                f"{m['wall']:.2f} ({m['wall median']:.2f})", f"{m['memory']:.0f}")

    if len(a.sizes) > 1:
        print("\nGrowth (1.0 x 10 is linear)\n")
        row("From", "to", "Report", "CPU", "peak memory")
        row("---:", "---:", "---", "---:", "---:")
        for small, large in zip(a.sizes, a.sizes[1:]):
            for form in ("json", "table"):
                one, other = found[small, form], found[large, form]
                row(f"{small:,}", f"{large:,}", form, f"x {other['cpu'] / max(one['cpu'], 0.001):.1f}",
                    f"x {other['memory'] / one['memory']:.1f}")

    venv = os.environ.get("CHECKOV_VENV")
    if venv:
        compare(Path(venv) / "bin" / "checkov", a.work / "plan-1000.json", found[1000, "json"])
    Path(report).unlink(missing_ok=True)


def compare(checkov, plan, ours):
    """checkov on the same plan, with its own rules: another set, so this tells of cost and nothing of findings."""
    if not checkov.exists():
        print(f"no checkov at {checkov}: pip install checkov there", file=sys.stderr)
        return
    command = [str(checkov), "--file", str(plan), "--framework", "terraform_plan", "--output", "json", "--compact",
               "--quiet", "--skip-download"]
    theirs = measure(command, allowed=(0, 1))
    print("\nThe same plan of 1,000 resources, JSON report\n")
    row("Program", "CPU s", "wall s", "peak MiB")
    row("---", "---:", "---:", "---:")
    for name, m in (("attesta", ours), ("checkov", theirs)):
        row(name, f"{m['cpu']:.2f}", f"{m['wall']:.2f}", f"{m['memory']:.0f}")
    row("ratio", f"x {theirs['cpu'] / max(ours['cpu'], 0.001):.0f}", f"x {theirs['wall'] / max(ours['wall'], 0.001):.0f}",
        f"x {theirs['memory'] / ours['memory']:.0f}")


if __name__ == "__main__":
    main()
