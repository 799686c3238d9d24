#!/usr/bin/env python3
"""A server of ours watches a simulated AWS account (moto): source made over the API, looked at, findings seen, one setting
changed in the account, and the alert of it read.

    tools/aws-server.py --attesta target/debug/attesta --endpoint http://127.0.0.1:5601 --data FOLDER

Ends with 1 and says what was not as it must be. The binary is built with the feature `aws`.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import boto3

parser = argparse.ArgumentParser()
parser.add_argument("--attesta", required=True)
parser.add_argument("--endpoint", required=True)
parser.add_argument("--data", required=True)
told = parser.parse_args()
ACCOUNT = "444444444444"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/audit"
KEYS = dict(aws_access_key_id="testing", aws_secret_access_key="testing")
PEOPLE = {"ada": "correct horse battery staple 7", "lea": "correct horse battery staple 8"}


def fail(why):
    sys.exit(f"server and AWS: {why}")


def ask(base, method, path, body=None, headers=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data, {"Content-Type": "application/json", **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null"), answer.headers
    except urllib.error.HTTPError as error:
        fail(f"{method} {path}: {error.code} {error.read().decode()[:400]}")


def until(what, look):
    for _ in range(240):
        found = look()
        if found:
            return found
        time.sleep(0.5)
    fail(f"nobody sees {what}")


def aws(service):
    role = boto3.client("sts", endpoint_url=told.endpoint, region_name="us-east-1", **KEYS).assume_role(RoleArn=ROLE, RoleSessionName="seed")["Credentials"]
    return boto3.client(service, endpoint_url=told.endpoint, region_name="us-east-1", aws_access_key_id=role["AccessKeyId"],
                        aws_secret_access_key=role["SecretAccessKey"], aws_session_token=role["SessionToken"])


def signed_in(base, name):
    me, headers = ask(base, "POST", "/api/v1/session", {"email": f"{name}@example.org", "password": PEOPLE[name]})
    return {"Cookie": headers["Set-Cookie"].split(";")[0], "x-attesta-csrf": me["csrf"]}


def main(base, link):
    first = {"link": link, "email": "ada@example.org", "name": "Ada", "password": PEOPLE["ada"], "organisation": "Acme"}
    org = ask(base, "POST", "/api/v1/first", first)[0]["organisation"]
    ada, at = signed_in(base, "ada"), f"/api/v1/organisations/{org}"
    s3 = aws("s3")
    s3.create_bucket(Bucket="server-records")
    s3.put_bucket_versioning(Bucket="server-records", VersioningConfiguration={"Status": "Enabled"})
    aws("ec2").create_volume(AvailabilityZone="us-east-1a", Size=1, Encrypted=False)

    new = {"name": "production", "origin": {"kind": "aws", "role": ROLE, "regions": ["us-east-1"]}, "schedule": {"every": "1h"}}
    source = ask(base, "POST", f"{at}/sources", new, ada)[0]
    if len(source["origin"]["external_id"]) < 32:
        fail("the server made no external id of its own")
    get = lambda path: ask(base, "GET", at + path, headers=ada)[0]
    runs = until("the first run", lambda: get("/runs")["items"])
    if runs[0]["state"] not in ("complete", "partial") or runs[0]["checks"]["pass"] == 0:
        fail(f"the first look is {runs[0]}")
    partial = runs[0]["state"] == "partial"
    if partial != bool(runs[0]["not_seen"]):
        fail("what was not seen is not named")
    one = lambda policy: [(f["verdict"], f["resource"]) for f in get(f"/posture/findings?policy={policy}")["items"]]
    if [verdict for verdict, _ in one("volume-encryption-at-rest")] != ["fail"]:
        fail(f"the volume is {one('volume-encryption-at-rest')}")
    if one("object-store-versioning"):
        fail(f"the bucket is {one('object-store-versioning')}")

    # Somebody turns versioning off, and that is told once.
    s3.put_bucket_versioning(Bucket="server-records", VersioningConfiguration={"Status": "Suspended"})
    look = lambda: ask(base, "POST", f"{at}/sources/{source['id']}/runs", {}, ada)
    look()
    alert = until("an alert", lambda: [a for a in get("/posture/timeline")["items"] if a["policy"] == "object-store-versioning"])
    if len(alert) != 1 or alert[0]["news"] != "violated" or "server-records" not in json.dumps(alert[0]["alert"]):
        fail(f"the alert is {alert}")

    # Somebody else answers for the volume, and it is waived.
    asked = {"email": "lea@example.org", "position": {"role": "compliance-lead"}}
    invited = ask(base, "POST", f"{at}/invitations", asked, ada)[0]["link"].split("#")[1]
    ask(base, "POST", "/api/v1/invitations/accept", {"link": invited, "email": "lea@example.org", "name": "Lea", "password": PEOPLE["lea"]})
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 9 * 86_400))
    waiver = ask(base, "POST", f"{at}/waivers", {"policy": "volume-encryption-at-rest", "resource": one("volume-encryption-at-rest")[0][1],
                                                 "reason": "scratch space", "until": day}, ada)[0]
    decide = {**signed_in(base, "lea"), "If-Match": '"1"'}
    ask(base, "POST", f"{at}/waivers/{waiver['id']}/decision", {"decision": "approve"}, decide)
    if [verdict for verdict, _ in one("volume-encryption-at-rest")] != ["waived"]:
        fail(f"the waived volume is {one('volume-encryption-at-rest')}")
    look()
    runs = until("a third run", lambda: [r for r in get("/runs")["items"] if r.get("number") == 3])
    if runs[0]["checks"]["waived"] != 1:
        fail(f"the look after it counts {runs[0]['checks']}")
    print(f"a server watched account {ACCOUNT}: {runs[0]['checks']}, 1 alert of 1 change, 1 waiver; not seen: {len(runs[0]['not_seen'])}")


environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
environment.update(AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing", AWS_CONFIG_FILE="/dev/null", NO_PROXY="127.0.0.1",
                   AWS_EC2_METADATA_DISABLED="true", AWS_DEFAULT_REGION="us-east-1")
command = [told.attesta, "serve", "--data", told.data, "--listen", "127.0.0.1:0", "--aws-sources", "--aws-endpoint", told.endpoint]
server = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
try:
    base = link = None
    lines = []
    for line in server.stdout:
        lines.append(line)
        link = link or (re.search(r"/first#(att_inv_\S+)", line) or [None, None])[1]
        base = base or (re.search(r"listens on (http://\S+)", line) or [None, None])[1]
        if link and base:
            break
    if not (base and link):
        fail("the server did not start:\n" + "".join(lines))
    threading.Thread(target=lambda: [None for _ in server.stdout], daemon=True).start()
    main(base, link)
finally:
    server.terminate()
    server.wait()
