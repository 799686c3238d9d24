#!/usr/bin/env python3
"""Collects seeded simulated accounts (moto) and measures our process alone.

    cargo build --release -p attesta --features aws
    python3 -m venv /tmp/v && /tmp/v/bin/pip install 'moto[all,server]==5.2.5' boto3
    benches/live-aws/run.py --python /tmp/v/bin/python --scale 1 10 50 [--prowler /tmp/p/bin/prowler]

Prints a Markdown table. The simulator is one Python process that answers one call at a time for the most part, so the
wall is the simulator's; CPU and memory are ours alone (getrusage of the child). Prowler is run on the smallest account,
for HIPAA, in the same region. The seeder lies in ../shared/tools.
"""
import argparse
import json
import os
import pathlib
import resource
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEEDER = next(p for p in (a / "shared/tools/seed_moto.py" for a in ROOT.parents) if p.is_file())
REGION = "us-east-1"

parser = argparse.ArgumentParser()
parser.add_argument("--python", required=True, help="a Python that has moto and boto3")
parser.add_argument("--binary", default=str(ROOT / "target/release/attesta"))
parser.add_argument("--scale", type=int, nargs="+", default=[1])
parser.add_argument("--prowler")
parser.add_argument("--runs", type=int, default=1, help="collect and check so often; the fewest CPU seconds are told, with that run's wall and memory")
parser.add_argument("--seeded", action="append", default=[], metavar="SCALE=PORT=TRUTH", help="a simulator that is seeded already")
told = parser.parse_args()
SEEDED = {int(one.split("=")[0]): one.split("=")[1:] for one in told.seeded}

ENV = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
ENV.update(AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing", AWS_CONFIG_FILE="/dev/null", NO_PROXY="127.0.0.1",
           AWS_EC2_METADATA_DISABLED="true", AWS_DEFAULT_REGION=REGION)


def measured(command, env=ENV):
    """Wall, CPU and peak memory of one child. A fork of its own, because the peak of all children only grows."""
    read, write = os.pipe()
    begun = time.monotonic()
    pid = os.fork()
    if pid == 0:
        code = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        os.write(write, json.dumps([code, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    code, cpu, memory = json.loads(os.read(read, 4096))
    os.close(read), os.close(write)
    return {"code": code, "wall": time.monotonic() - begun, "cpu": cpu, "mib": memory}


def moto(folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = str(pathlib.Path(told.python).parent / "moto_server")
    running = subprocess.Popen([server, "-H", "127.0.0.1", "-p", str(port)], env={**ENV, "MOTO_EC2_LOAD_DEFAULT_AMIS": "false"},
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(900):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return running, port
        time.sleep(0.1)
    sys.exit("moto_server does not answer")


def best(command, codes):
    runs = [measured(command) for _ in range(told.runs)]
    for run in runs:
        if run["code"] not in codes:
            sys.exit(f"{' '.join(command)} ended with {run['code']}")
    return min(runs, key=lambda run: run["cpu"])


def main():
    print(f"Load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}.\n")
    print("| Account | Resources | Calls | Calls for each resource | collect: CPU s | wall s | peak MiB | check, JSON: CPU s | wall s | peak MiB | check, table: CPU s | its share of the CPU |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for scale in told.scale:
        with tempfile.TemporaryDirectory() as folder:
            if scale in SEEDED:
                server, (port, truth) = None, SEEDED[scale]
            else:
                (server, port), truth = moto(folder), f"{folder}/truth.json"
            try:
                url, snapshot = f"http://127.0.0.1:{port}", f"{folder}/snapshot.json"
                if server:
                    subprocess.run([told.python, str(SEEDER), "--endpoint", url, "--scale", str(scale), "--truth", truth],
                                   check=True, env=ENV, stdout=subprocess.DEVNULL)
                collect = best([told.binary, "--quiet", "collect", "aws", "--endpoint-url", url, "--region", REGION, "--output", snapshot], (0, 3))
                check = best([told.binary, "--quiet", "check", snapshot, "--format", "json", "--fail-on", "never", "--output", f"{folder}/report.json"], (0, 3))
                judge = best([told.binary, "--quiet", "check", snapshot, "--fail-on", "never", "--output", f"{folder}/report.txt"], (0, 3))
                calls = sum(one["asked"] for one in json.load(open(snapshot))["calls"])
                resources = json.load(open(truth))["resources"]
                print(f"| {scale}x | {resources:,} | {calls:,} | {calls / resources:.2f} | {collect['cpu']:.2f} | {collect['wall']:.1f} | {collect['mib']:.0f} "
                      f"| {check['cpu']:.2f} | {check['wall']:.2f} | {check['mib']:.0f} | {judge['cpu']:.2f} | {100 * judge['cpu'] / (judge['cpu'] + collect['cpu']):.0f} % |", flush=True)
                if told.prowler and scale == min(told.scale):
                    env = {**ENV, "AWS_ENDPOINT_URL": url}
                    theirs = measured([told.prowler, "aws", "--compliance", "hipaa_aws", "-f", REGION, "-M", "json-ocsf", "-o", f"{folder}/prowler",
                                       "--no-banner", "--ignore-exit-code-3"], env)
                    cpu, mib = collect["cpu"] + check["cpu"], max(collect["mib"], check["mib"])
                    print(f"| {scale}x, Prowler, HIPAA | {resources:,} | | | {theirs['cpu']:.2f} | {theirs['wall']:.1f} | {theirs['mib']:.0f} | | | | | |")
                    print(f"| ratio to our collect and check | | | | x {theirs['cpu'] / cpu:.0f} | x {theirs['wall'] / (collect['wall'] + check['wall']):.1f} | x {theirs['mib'] / mib:.1f} | | | | | |", flush=True)
            finally:
                if server:
                    server.terminate()
                    server.wait()
    print(f"\nLoad after: {os.getloadavg()[0]:.1f}.")


main()
