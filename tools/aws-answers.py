#!/usr/bin/env python3
"""A simulated account (moto), with answers in the shapes that AWS documents where the simulator has none or drops what it was
told. `--as good` answers as an account in which the setting is well, `--as bad` as one in which it is not, `--as none` as one in which nothing is set up.

    tools/aws-answers.py --listen 5701 --to 5601 --as good

Everything else goes on to the simulator untouched. The shapes are those of the services' API references; what the values
would be is ours. Loopback alone.
"""
import argparse
import base64
import http.client
import json
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote

parser = argparse.ArgumentParser()
parser.add_argument("--listen", type=int, required=True)
parser.add_argument("--to", type=int, required=True)
parser.add_argument("--as", dest="mode", choices=["good", "bad", "none"], required=True)
told = parser.parse_args()
GOOD = told.mode == "good"
OPEN = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "backup:CopyIntoBackupVault", "Resource": "*"}]})
OWN = OPEN.replace('"*", "Action"', '{"AWS": "arn:aws:iam::111122223333:root"}, "Action"')
SIGNING = "arn:aws:lambda:us-east-1:111122223333:code-signing-config:csc-0123456789abcdef0"
DAY = 86_400
ON, OFF = ("true", "false") if GOOD else ("false", "true")


class Matched:
    """What a path held, and who asked: the region stands in the signature's scope."""

    def __init__(self, found, who):
        self.found, self.who = found, who

    def __getitem__(self, at):
        return self.found[at]


def state(on):
    return {"status": "ENABLED" if on else "DISABLED"}


def day(ago):
    return time.strftime("%Y-%m-%dT00:00:00+00:00", time.gmtime(time.time() - ago * DAY))


REPORT = ("user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,"
          "access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,"
          "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,"
          "cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated")


def credentials(document):
    """The simulator's report, with the line of the root user; a user's key and sign-in are new, or a year and a half old."""
    lines = base64.b64decode(re.search(rb"<Content>(.*?)</Content>", document, re.S).group(1)).decode().splitlines()
    account = next((line.split(",")[1].split(":")[4] for line in lines[1:]), "222222222222")
    used, made = day(5 if GOOD else 500), day(20 if GOOD else 600)
    rows = [REPORT]
    root = f"<root_account>,arn:aws:iam::{account}:root,{day(900)},not_supported,{day(400) if GOOD else day(2)},not_supported,not_supported," \
           f"{'true' if GOOD else 'false'},{'false' if GOOD else 'true'},{'N/A' if GOOD else day(700)},N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
    rows.append(root)
    for line in lines[1:]:
        cells = line.split(",")
        if len(cells) < 10 or cells[0] == "<root_account>":
            continue
        if cells[3] == "true":
            cells[4] = used
        if cells[8] == "true":
            cells[9] = made
            cells[10] = used
        rows.append(",".join(cells))
    packed = base64.b64encode("\n".join(rows).encode())
    return re.sub(rb"<Content>.*?</Content>", b"<Content>" + packed + b"</Content>", document, flags=re.S)


def functions(document):
    answer = json.loads(document)
    for one in answer.get("Functions", []):
        one["DeadLetterConfig"] = {"TargetArn": "arn:aws:sqs:us-east-1:111122223333:dead"}
    return json.dumps(answer).encode()


def certificate(document):
    answer = json.loads(document)
    one = answer.get("Certificate", {})
    one.update({"Status": "ISSUED", "KeyAlgorithm": "RSA_2048" if GOOD else "RSA_1024", "NotAfter": time.time() + DAY * (200 if GOOD else 10)})
    return json.dumps(answer).encode()


# REST: method, path, what is answered (or the code of an error).
REST = [
    ("GET", r"/analyzer", lambda m, b: {"analyzers": [
        {"arn": f"arn:aws:access-analyzer:us-east-1:111122223333:analyzer/{kind.lower()}", "name": kind.lower(), "type": kind, "status": "ACTIVE",
         "createdAt": "2026-01-01T00:00:00Z"} for kind in {"good": ["ACCOUNT", "ACCOUNT_UNUSED_ACCESS"], "bad": ["ACCOUNT"], "none": []}[told.mode]]}),
    ("GET", r"/backup-vaults/([^/]+)/access-policy", lambda m, b: {
        "BackupVaultName": m[1], "BackupVaultArn": f"arn:aws:backup:us-east-1:111122223333:backup-vault:{m[1]}", "Policy": OWN if GOOD else OPEN}),
    ("GET", r"/clusters/([^/]+)/addons", lambda m, b: {"addons": ["vpc-cni", "amazon-cloudwatch-observability"] if GOOD else ["vpc-cni"]}),
    ("GET", r"/2021-10-31/functions/([^/]+)/urls", lambda m, b: {"FunctionUrlConfigs": [
        {"FunctionUrl": "https://abc.lambda-url.us-east-1.on.aws/", "FunctionArn": f"arn:aws:lambda:us-east-1:111122223333:function:{m[1]}",
         "AuthType": "AWS_IAM" if GOOD else "NONE", "CreationTime": "2026-01-01T00:00:00Z", "LastModifiedTime": "2026-01-01T00:00:00Z"}]}),
    ("GET", r"/2020-06-30/functions/([^/]+)/code-signing-config", lambda m, b: {"CodeSigningConfigArn": SIGNING, "FunctionName": m[1]}),
    ("GET", r"/2020-04-22/code-signing-configs/(.+)", lambda m, b: {"CodeSigningConfig": {
        "CodeSigningConfigId": "csc-0123456789abcdef0", "CodeSigningConfigArn": SIGNING, "LastModified": "2026-01-01T00:00:00Z",
        "AllowedPublishers": {"SigningProfileVersionArns": []}, "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Enforce" if GOOD else "Warn"}}}),
    ("POST", r"/standards/get", lambda m, b: {"StandardsSubscriptions": [
        {"StandardsArn": "arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0", "StandardsInput": {},
         "StandardsSubscriptionArn": "arn:aws:securityhub:us-east-1:111122223333:subscription/aws-foundational-security-best-practices/v/1.0.0",
         "StandardsStatus": "READY"}] if GOOD else []}),
    ("POST", r"/status/batch/get", lambda m, b: {"accounts": [
        {"accountId": one, "state": {"status": "ENABLED", "errorCode": "ALREADY_ENABLED", "errorMessage": ""}, "resourceState": {
            # Where it is bad, one region scans machines alone, and every other one functions alone.
            "ec2": state(GOOD or told.mode == "bad" and "/us-east-1/" in m.who), "ecr": state(GOOD),
            "lambda": state(GOOD or told.mode == "bad" and "/us-east-1/" not in m.who), "lambdaCode": state(GOOD)}} for one in json.loads(b).get("accountIds", [])],
        "failedAccounts": []}),
]
# JSON protocols, by target.
TARGETS = {
    "AmazonSSM.DescribeInstancePatchStates": lambda b: {"InstancePatchStates": [
        {"InstanceId": one, "PatchGroup": "all", "BaselineId": "pb-0123456789abcdef0", "OperationStartTime": 1.0, "OperationEndTime": 2.0, "Operation": "Scan",
         "InstalledCount": 50, "MissingCount": 0 if GOOD else 3, "FailedCount": 0, "InstalledPendingRebootCount": 0} for one in json.loads(b)["InstanceIds"]]},
}


def changed(path, form, target, document):
    """What the simulator answered, with what it drops."""
    action = form.get("Action", [""])[0]
    if action == "GetCredentialReport" and b"<Content>" in document:
        return credentials(document)
    if action == "DescribeInstanceAttribute" and b"disableApiTermination" in document:
        return re.sub(rb"(<disableApiTermination>\s*<value>)\w+", rb"\1" + ON.encode(), document)
    if action == "DescribeImages":
        return re.sub(rb"<ebs>", b"<ebs><encrypted>" + ON.encode() + b"</encrypted>", document)
    if action == "DescribeDBInstances":
        key = b"<PerformanceInsightsKMSKeyId>arn:aws:kms:us-east-1:999999999999:key/1b2c</PerformanceInsightsKMSKeyId>" if GOOD else b""
        document = re.sub(rb"<PerformanceInsights\w+>[^<]*</PerformanceInsights\w+>", b"", document)
        return re.sub(rb"(<StorageEncrypted>)", b"<PerformanceInsightsEnabled>true</PerformanceInsightsEnabled>" + key + rb"\1", document)
    if action == "DescribeClusterParameters":
        return re.sub(rb"(<ParameterName>require_ssl</ParameterName>\s*<ParameterValue>)\w+", rb"\1" + ON.encode(), document)
    if re.search(r"/2020-05-31/distribution/[^/]+/config", path):
        return re.sub(rb"(<CloudFrontDefaultCertificate>)\w+", rb"\1" + OFF.encode(), document)
    if path.startswith("/2015-03-31/functions") and b'"Functions"' in document and GOOD:
        return functions(document)
    if target == "CertificateManager.DescribeCertificate":
        return certificate(document)
    return document


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, target = self.path.split("?")[0], self.headers.get("X-Amz-Target", "")
        form = parse_qs(body.decode("latin-1")) if "form" in (self.headers.get("Content-Type") or "") else {}
        # Paths of REST belong to several services: S3 has no body of JSON and signs for itself.
        if "/s3/" not in (self.headers.get("Authorization") or ""):
            for method, pattern, make in REST:
                found = re.fullmatch(pattern, unquote(path))
                if found and method == self.command:
                    answer = make(Matched(found, self.headers.get("Authorization") or ""), body)
                    return self.say(200, "application/json", json.dumps(answer).encode())
        if target in TARGETS:
            return self.say(200, "application/x-amz-json-1.1", json.dumps(TARGETS[target](body)).encode())
        onward = http.client.HTTPConnection("127.0.0.1", told.to, timeout=120)
        onward.request(self.command, self.path, body, dict(self.headers))
        reply = onward.getresponse()
        document = reply.read()
        if reply.status == 200:
            document = changed(unquote(path), form, target, document)
        self.say(reply.status, reply.headers.get("Content-Type"), document, reply.headers)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer

    def say(self, status, kind, document, more=None):
        self.send_response(status)
        for name, value in (more or {}).items():
            if name.lower() not in ("content-length", "content-type", "transfer-encoding", "connection", "server", "date"):
                self.send_header(name, value)
        self.send_header("Content-Type", kind or "application/octet-stream")
        self.send_header("Content-Length", str(len(document)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(document)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", told.listen), Answers)
server.daemon_threads = True
server.serve_forever()
