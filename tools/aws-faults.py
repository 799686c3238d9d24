#!/usr/bin/env python3
"""Stands in front of a simulated AWS and misbehaves as AWS does on bad days; `cargo xtask live` uses it.

    tools/aws-faults.py --listen 5701 --to 5601 --expire-after 200

--expire-after N   from the Nth call on every token has run out (STS too); calls before are passed on
--hang REGION      calls that are signed for this region are taken and never answered
--garble S         answers of this service are cut in the middle
--html S           answers of this service are pages of HTML with status 200
--skew SECONDS     AWS's clock is so far ahead: a signature of another time is refused, with the Date that counts
Deterministic; listens on and forwards to 127.0.0.1 only.
"""
import argparse
import calendar
import email.utils
import http.client
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

parser = argparse.ArgumentParser()
parser.add_argument("--listen", type=int, required=True)
parser.add_argument("--to", type=int, required=True)
parser.add_argument("--expire-after", type=int)
parser.add_argument("--hang", action="append", default=[])
parser.add_argument("--garble", action="append", default=[])
parser.add_argument("--html", action="append", default=[])
parser.add_argument("--skew", type=int, default=0)
told = parser.parse_args()
lock, count = threading.Lock(), 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, kind, body, date=None):
        self.send_response_only(status)
        if date:
            self.send_header("Date", date)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, service, code, status, date=None):
        """In whichever way the service writes errors."""
        query = service in ("ec2", "iam", "sts", "rds", "sns", "elasticloadbalancing", "redshift", "elasticache")
        if service == "ec2":
            text = f"<Response><Errors><Error><Code>{code}</Code><Message>Signature expired: it is of another time</Message></Error></Errors></Response>"
        elif query or service in ("s3", "cloudfront"):
            inner = f"<Error><Code>{code}</Code><Message>Signature expired: it is of another time</Message></Error>"
            text = f"<ErrorResponse>{inner}</ErrorResponse>" if query or service == "cloudfront" else inner
        else:
            text = json.dumps({"__type": code, "message": "Signature expired: it is of another time"})
        self.answer(status, "application/json" if text.startswith("{") else "text/xml", text.encode(), date)

    def handle_any(self):
        global count
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/", self.headers.get("Authorization", ""))
        region, service = (scope[1], scope[2]) if scope else ("?", "?")
        with lock:
            count += 1
            number = count
        if region in told.hang and service != "sts":
            time.sleep(600)
            return
        if told.expire_after is not None and number > told.expire_after:
            return self.refuse(service, "ExpiredToken" if service in ("s3", "sts") else "ExpiredTokenException", 400)
        if told.skew:
            theirs = time.time() + told.skew
            stamp = self.headers.get("X-Amz-Date", "")
            ours = calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ")) if stamp else 0
            if abs(theirs - ours) > 300:
                code = "RequestTimeTooSkewed" if service == "s3" else "SignatureDoesNotMatch" if service in ("sts", "iam") else "InvalidSignatureException"
                if service == "ec2":
                    code = "RequestExpired"
                return self.refuse(service, code, 403, email.utils.formatdate(theirs, usegmt=True))
        if service in told.html:
            return self.answer(200, "text/html", b"<!doctype html>\n<html><h1>Sorry</h1></html>")
        to = http.client.HTTPConnection("127.0.0.1", told.to, timeout=300)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("connection", "expect")}
        to.request(self.command, self.path, body=body, headers=headers)
        reply = to.getresponse()
        data = reply.read()
        to.close()
        if service in told.garble:
            data = data[: len(data) // 2]
        self.send_response_only(reply.status)
        for key, value in reply.getheaders():
            if key.lower() not in ("transfer-encoding", "connection", "content-length", "server"):
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_HEAD = handle_any


server = ThreadingHTTPServer(("127.0.0.1", told.listen), Handler)
server.daemon_threads = True
server.serve_forever()
