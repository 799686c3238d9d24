#!/usr/bin/env python3
"""Compare a JSON report with what the generator of its inputs knows to be true.

    truth.py report.json truth.csv        # exits 1 when they disagree anywhere

The truth has one row for each resource and topic: pass, fail or unknown (a key that the same plan creates). A topic is
one of our policies, which the table below names. Python's standard library only.
"""
import argparse
import csv
import json
from collections import Counter, defaultdict
from pathlib import PurePath

# Topic, or (topic, type) where that decides -> policy.
POLICIES = {
    "s3-kms-encryption": "object-store-kms-encryption",
    "s3-versioning": "object-store-versioning",
    "s3-public-access-block": "object-store-public-access-block",
    "s3-not-public": "object-store-not-public",
    "rds-encrypted": "database-encryption-at-rest",
    "rds-backup": "database-backup-enabled",
    "rds-multi-az": "database-multi-zone",
    "rds-not-public": "database-not-public",
    "ebs-encrypted": "volume-encryption-at-rest",
    ("ebs-encrypted", "aws_instance"): "compute-instance-disks-encrypted",
    ("ebs-encrypted", "AWS::EC2::Instance"): "compute-instance-disks-encrypted",
    ("ebs-encrypted", "aws:ec2/instance:Instance"): "compute-instance-disks-encrypted",
    "sg-no-world-22": "firewall-no-world-ssh",
    "sg-no-world-3389": "firewall-no-world-rdp",
    "cloudtrail-multi-region": "audit-trail-multi-region",
    "cloudtrail-kms": "audit-trail-customer-managed-key",
    "cloudtrail-validation": "audit-trail-integrity-validation",
    "kms-rotation": "key-rotation",
    "logs-kms": "log-store-customer-managed-key",
    "logs-retention-365": "log-store-retention",
    "dynamodb-kms": "table-customer-managed-key",
    "dynamodb-pitr": "table-point-in-time-recovery",
    "sns-kms": "topic-customer-managed-key",
    "sqs-kms": "queue-customer-managed-key",
    "lambda-in-vpc": "function-in-private-network",
    "iam-no-admin": "access-policy-no-full-admin",
    "efs-encrypted": "file-system-encryption-at-rest",
    "secret-kms": "secret-customer-managed-key",
    "ec2-imdsv2": "compute-instance-imdsv2",
}
SHOWN = 20


def outcomes(path):
    """Outcomes of a report, one by one: each stands on a line of its own, and they come last."""
    with open(path, encoding="utf-8") as report:
        for line in report:
            if line.lstrip().startswith('"outcomes"') and line.rstrip().endswith("["):
                break
        for line in report:
            text = line.strip().rstrip(",")
            if text.startswith("]"):
                return
            yield json.loads(text)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("report")
    ap.add_argument("truth")
    a = ap.parse_args()

    wanted = set(POLICIES.values())
    found, errored = {}, 0
    for one in outcomes(a.report):
        errored += one["status"] == "errored"
        if one["policy"] in wanted:
            # Addresses are unique in a file only.
            name = PurePath(one.get("file") or one["reasons"][0]["file"]).name
            found[name, one["resource"]["address"], one["policy"]] = one["status"]
            found["", one["resource"]["address"], one["policy"]] = one["status"]

    told, agree, wrong = Counter(), Counter(), defaultdict(list)
    with open(a.truth, newline="") as rows:
        for *file, address, kind, topic, truth in csv.reader(rows):
            policy = POLICIES.get((topic, kind)) or POLICIES[topic]
            ours = found.get((file[0] if file else "", address, policy), "no outcome")
            told[topic] += 1
            if ours == truth:
                agree[topic] += 1
            else:
                wrong[topic].append((address, policy, truth, ours))

    print(f"| Topic | Policy | Rows | Agree |\n|---|---|---:|---:|")
    for topic, n in told.items():
        print(f"| {topic} | {POLICIES[topic]} | {n} | {agree[topic]} ({agree[topic] / n:.1%}) |")
    total, good = sum(told.values()), sum(agree.values())
    print(f"\n{good} of {total} agree ({good / max(total, 1):.2%}); {errored} outcomes errored")
    for topic, rows in wrong.items():
        for address, policy, truth, ours in rows[:SHOWN]:
            print(f"DISAGREE {topic}: {address}: truth {truth}, {policy} says {ours}")
        if len(rows) > SHOWN:
            print(f"DISAGREE {topic}: {len(rows) - SHOWN} more")
    raise SystemExit(1 if wrong or errored or not total else 0)


if __name__ == "__main__":
    main()
