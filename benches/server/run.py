#!/usr/bin/env python3
"""Measures `attesta serve` on 10,000 responses and 10,000 pieces of evidence: CPU a request, requests a second, memory, start.

    cargo build --release -p attesta            # or, quicker: -p attesta-server --example serve
    benches/server/run.py [--binary target/release/attesta | target/release/examples/serve] [--evidence 10000] [--responses 10000] [--data DIR] [--upload 256]

Needs Python alone. Prints Markdown tables. CPU is the server's own (/proc/PID/stat: user and system, of all its threads), so
that other work on the machine changes it little; the client is another process. `--data` keeps what was made from run to run.
"""
import argparse
import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery staple 7"
TICK = os.sysconf("SC_CLK_TCK")
AREAS = "organisation assessments evidence inheritance hipaa work sources ledger sharing operations".split()

parser = argparse.ArgumentParser()
parser.add_argument("--binary", default=str(ROOT / "target/release/attesta"))
parser.add_argument("--fixture", default=str(ROOT / "fixtures/telehealth-r2"))
parser.add_argument("--evidence", type=int, default=10_000)
parser.add_argument("--responses", type=int, default=10_000)
parser.add_argument("--requests", type=int, default=2_000, help="of each kind")
parser.add_argument("--upload", type=int, default=256, help="MiB")
parser.add_argument("--data", help="a folder that stays")
parser.add_argument("--database", help="postgres://… instead of SQLite")
ask = parser.parse_args()


class Connection:
    """HTTP/1.1 over one socket that is kept."""

    def __init__(self, port, *headers):
        self.port, self.headers, self.socket = port, "".join(f"{h}\r\n" for h in headers), None

    def send(self, method, path, body=b"", *headers):
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.rest = b""
        if not isinstance(body, (bytes, memoryview)):
            headers += ("content-type: application/json",)
            body = json.dumps(body).encode()
        more = "".join(f"{h}\r\n" for h in headers)
        head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\n{self.headers}{more}content-length: {len(body)}\r\n\r\n"
        self.socket.sendall(head.encode())
        if len(body):
            self.socket.sendall(body)
        while b"\r\n\r\n" not in self.rest:
            self.more()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        found = dict(line.lower().split(": ", 1) if line.lower().startswith("content-length") else line.split(": ", 1) for line in lines[1:])
        if any(name.lower() == "transfer-encoding" for name in found):
            return int(lines[0].split()[1]), found, self.chunks()
        length = int(found.get("content-length", 0))
        while len(self.rest) < length:
            self.more()
        answer, self.rest = self.rest[:length], self.rest[length:]
        return int(lines[0].split()[1]), found, answer

    def chunks(self):
        answer = b""
        while True:
            while b"\r\n" not in self.rest:
                self.more()
            size, self.rest = self.rest.split(b"\r\n", 1)
            size = int(size, 16)
            while len(self.rest) < size + 2:
                self.more()
            answer, self.rest = answer + self.rest[:size], self.rest[size + 2:]
            if size == 0:
                return answer

    def more(self):
        some = self.socket.recv(1 << 20)
        if not some:
            raise EOFError("the server hung up")
        self.rest += some

    def json(self, status, method, path, body=b"", *headers):
        got, found, answer = self.send(method, path, body, *headers)
        if got != status:
            raise SystemExit(f"{method} {path}: {got} {answer[:500]!r}")
        return json.loads(answer) if answer else None


class Server:
    def __init__(self, data):
        command = [ask.binary, "serve", "--data", str(data), "--listen", "127.0.0.1:0"]
        command += ["--database", ask.database] if ask.database else []
        begun = time.monotonic()
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | {"ATTESTA_LOG": "warn"})
        self.link = None
        for line in self.process.stderr:
            if found := re.search(r"listens on http://[^:]+:(\d+)", line):
                self.port = int(found[1])
                Connection(self.port).json(200, "GET", "/health/ready")
                self.started = time.monotonic() - begun
                self.cpu_start = self.cpu()
                break
        else:
            raise SystemExit("the server did not start")
        self.lines = []
        threading.Thread(target=lambda: self.lines.extend(self.process.stderr), daemon=True).start()

    def first(self):
        for _ in range(500):
            for line in self.lines:
                if found := re.search(r"/first#(\S+)", line):
                    return found[1]
            time.sleep(0.01)
        raise SystemExit("no link was printed")

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return {name: int(re.search(rf"{name}:\s+(\d+) kB", text)[1]) / 1024 for name in ("VmRSS", "VmHWM")}

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def files(folder):
    found = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).as_posix()
        # Without its history the answers are the entity's still, and can be written.
        if path.is_file() and not inside.startswith("stages/") and inside != "lifecycle.yaml":
            try:
                found[inside] = path.read_text()
            except UnicodeDecodeError:
                pass
    return found


def invented(rows):
    """The files of an assessment with a pack of so many invented requirements, each answered on three levels."""
    found = files(ROOT / "fixtures/life/clinic-r2")
    apart = ("answers/", "validation/", "evidence", "packs/", "submission")
    found = {name: text for name, text in found.items() if not name.startswith(apart)}
    pack = ('schema: attesta.requirements/1\nid: many\ntitle: "Many invented requirements"\n'
            'notice: "Invented, for measurements"\nsource: "ours"\nconfidence: verified\nrequirements:\n')
    answers = ["schema: attesta.answers/1\nanswers:\n"] * 19
    for row in range(rows):
        domain, met = row % 19 + 1, ("all", "[1]", "none")[row % 3]
        pack += (f'  - id: MANY-{row:04}\n    domain: {domain}\n    control_reference: "01.b"\n'
                 f'    title: "Invented requirement {row}"\n    text: "It holds."\n'
                 '    elements: [{text: "It is so."}, {text: "It stays so."}]\n    core_of: [r2]\n')
        answers[domain - 1] += (f"  - requirement: MANY-{row:04}\n    owner: ann\n"
                                f"    policy: {{met: {met}, strength: documented}}\n"
                                f"    procedure: {{met: {met}, strength: documented}}\n"
                                f"    implemented: {{met: {met}, strength: very-high}}\n")
    found |= {f"answers/{domain + 1:02}.yaml": text for domain, text in enumerate(answers)}
    found["assessment.yaml"] = found["assessment.yaml"].replace("[clinic]", "[many]")
    return found | {"packs/many.yaml": pack}


def made(server, folder):
    """An organisation with all of it; what is needed to ask for it again."""
    first = {"link": server.first(), "email": "ada@example.org", "name": "Ada", "password": PASSWORD, "organisation": "Clinic"}
    org = Connection(server.port).json(201, "POST", "/api/v1/first", first)["organisation"]
    status, headers, answer = Connection(server.port).send(
        "POST", "/api/v1/session", {"email": "ada@example.org", "password": PASSWORD})
    cookie = next(value for name, value in headers.items() if name.lower() == "set-cookie").split(";")[0]
    owner = Connection(server.port, f"cookie: {cookie}", f"x-attesta-csrf: {json.loads(answer)['csrf']}")
    base = f"/api/v1/organisations/{org}"
    scopes = [f"{area}:{what}" for area in AREAS for what in ("read", "write")]
    tokens = [owner.json(201, "POST", f"{base}/tokens", {"name": f"t{n}", "scopes": scopes, "days": 30})["secret"] for n in range(64)]
    known = {"org": org, "base": base, "tokens": tokens, "assessments": [], "evidence": []}
    # A rate holds for each token: they take turns.
    crowd = Crowd(server.port, tokens)
    begun, cpu = time.monotonic(), server.cpu()
    answers, texts = 0, files(pathlib.Path(ask.fixture))
    while answers < ask.responses:
        body = {"name": f"Assessment {len(known['assessments'])}", "files": texts}
        assessment = crowd.json(201, "POST", f"{base}/assessments", body)["id"]
        known["assessments"].append(assessment)
        if answers == 0:
            rows = crowd.json(200, "GET", f"{base}/assessments/{assessment}/responses?limit=2000")["items"]
            known["requirements"] = [row["requirement"] for row in rows if "entity" in row]
            known["rows"] = len(rows)
        answers += len(known["requirements"])
    known["answers"] = answers
    known["made_assessments"] = (time.monotonic() - begun, server.cpu() - cpu)
    begun, cpu = time.monotonic(), server.cpu()
    digests = []
    for n in range(100):
        text = f"Evidence {n}\n".encode() * 40
        upload = crowd.json(201, "POST", f"{base}/uploads", {"size": len(text)})["id"]
        crowd.json(200, "PATCH", f"{base}/uploads/{upload}", text, "upload-offset: 0")
        digests.append(crowd.json(200, "POST", f"{base}/uploads/{upload}/finish")["sha256"])
    for n in range(ask.evidence):
        body = {"sha256": digests[n % 100], "file_name": f"file-{n}.txt",
                "description": {"title": f"Evidence {n}", "valid_until": "2031-01-01", "system": "directory"},
                "links": [{"target": f"assessment:{known['assessments'][n % len(known['assessments'])]}"}]}
        known["evidence"].append(crowd.json(201, "POST", f"{base}/evidence", body)["evidence"]["id"])
    known["made_evidence"] = (time.monotonic() - begun, server.cpu() - cpu)
    (folder / "known.json").write_text(json.dumps(known))
    return known


class Crowd:
    """Many tokens that take turns on one connection."""

    def __init__(self, port, tokens):
        self.connection, self.tokens, self.turn = Connection(port), tokens, 0

    def send(self, method, path, body=b"", *headers):
        self.turn += 1
        token = self.tokens[self.turn % len(self.tokens)]
        return self.connection.send(method, path, body, f"authorization: Bearer {token}", *headers)

    json = Connection.json


def measure(server, crowd, name, aim, requests, count):
    for n in range(min(count, 20)):
        status, _, answer = crowd.send(*requests(n))
        if status >= 300:
            raise SystemExit(f"{name}: {status} {answer[:300]!r}")
    cpu, begun, size = server.cpu(), time.monotonic(), 0
    for n in range(20, 20 + count):
        status, _, answer = crowd.send(*requests(n))
        if status >= 300:
            raise SystemExit(f"{name}: {status} {answer[:300]!r}")
        size += len(answer)
    cpu, wall = (server.cpu() - cpu) * 1000 / count, (time.monotonic() - begun) * 1000 / count
    print(f"| {name} | {size / count / 1024:.1f} | {cpu:.2f} | {wall:.2f} | {1000 / max(cpu, 1e-6):,.0f} | {aim} |", flush=True)


def signed_in(server):
    """The owner's browser."""
    _, headers, _ = Connection(server.port).send("POST", "/api/v1/session", {"email": "ada@example.org", "password": PASSWORD})
    cookie = next(value for name, value in headers.items() if name.lower() == "set-cookie").split(";")[0]
    return Connection(server.port, f"cookie: {cookie}", "accept-encoding: gzip")


def pages(server, known):
    org, assessments, evidence, requirements = (known[k] for k in ("org", "assessments", "evidence", "requirements"))
    one = f"/o/{org}/a/{assessments[0]}"
    browser = signed_in(server)
    print("\n| Page, gzipped | KiB | CPU ms | wall ms | a second on one core | aim |\n|---|---:|---:|---:|---:|---|")
    for name, path in [
        ("home", lambda n: f"/o/{org}"),
        ("assessments", lambda n: f"/o/{org}/assessments"),
        ("the grid of requirements", lambda n: f"{one}/requirements"),
        ("a requirement", lambda n: f"{one}/requirements/{requirements[n % len(requirements)]}"),
        ("gaps", lambda n: f"{one}/gaps"),
        ("evidence library", lambda n: f"/o/{org}/evidence"),
        ("a piece of evidence", lambda n: f"/o/{org}/evidence/{evidence[n * 37 % len(evidence)]}"),
        ("the trail", lambda n: f"/o/{org}/trail"),
    ]:
        # A session may ask 6,000 times a minute.
        measure(server, browser, name, "< 10 ms, < 20 kB", lambda n, path=path: ("GET", path(n)), min(ask.requests, 300))


def uploaded(server, crowd, known):
    """An upload in requests of 64 MiB, next to cp and sha256sum of the same bytes on the same disk."""
    mib = ask.upload
    with tempfile.TemporaryDirectory(dir=ask.data) as folder:
        path = pathlib.Path(folder) / "bytes"
        with open(path, "wb") as file:
            for _ in range(mib):
                file.write(os.urandom(1 << 20))
            os.fsync(file.fileno())

        def run(command):
            before, begun = os.times(), time.monotonic()
            subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)
            after = os.times()
            return time.monotonic() - begun, after.children_user + after.children_system - before.children_user - before.children_system

        rows = [("`cp`, then `sync` of the copy", *run(f"cp {path} {path}2 && sync {path}2")), ("`sha256sum`", *run(f"sha256sum {path}"))]
        base, data = known["base"], path.read_bytes()
        upload = crowd.json(201, "POST", f"{base}/uploads", {"size": len(data)})["id"]
        cpu, begun, at, step = server.cpu(), time.monotonic(), 0, 64 << 20
        while at < len(data):
            crowd.json(200, "PATCH", f"{base}/uploads/{upload}", memoryview(data)[at:at + step], f"upload-offset: {at}")
            at += step
        rows.append(("upload, every request durable", time.monotonic() - begun, server.cpu() - cpu))
        cpu, begun = server.cpu(), time.monotonic()
        done = crowd.json(200, "POST", f"{base}/uploads/{upload}/finish")
        rows.append(("upload finished: one file under its digest, looked at", time.monotonic() - begun, server.cpu() - cpu))
        assert done["sha256"] == hashlib.sha256(data).hexdigest()
        evidence = crowd.json(201, "POST", f"{base}/evidence", {"sha256": done["sha256"], "file_name": "big"})["evidence"]["id"]
        cpu, begun = server.cpu(), time.monotonic()
        status, _, answer = crowd.send("GET", f"{base}/evidence/{evidence}/content")
        rows.append(("download, its digest checked on the way", time.monotonic() - begun, server.cpu() - cpu))
        assert answer == data
    print(f"\n| {mib} MiB | MiB/s | CPU s a GiB |\n|---|---:|---:|")
    for name, wall, cpu in rows:
        print(f"| {name} | {mib / wall:.0f} | {cpu * 1024 / mib:.2f} |")


def main():
    folder = pathlib.Path(ask.data or tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    empty = tempfile.mkdtemp(dir=folder)
    if not ask.database:
        server = Server(pathlib.Path(empty) / "data")
        print(f"first start, an empty folder: {server.started:.2f} s until it answers, {server.cpu_start:.2f} s CPU, {server.memory()['VmRSS']:.0f} MiB")
        server.stop()
    shutil.rmtree(empty)
    data = folder / "data"
    server = Server(data)
    kept = folder / "known.json"
    known = json.loads(kept.read_text()) if kept.exists() else made(server, folder)
    for name, count in (("assessments", len(known["assessments"])), ("evidence", len(known["evidence"]))):
        wall, cpu = known[f"made_{name}"]
        print(f"made {count:,} {name}: {wall:.0f} s, {cpu * 1000 / count:.1f} ms CPU each")
    server.stop()
    server = Server(data)
    print(f"start on {known['answers']:,} responses and {len(known['evidence']):,} evidences: {server.started:.2f} s until it answers, {server.cpu_start:.2f} s CPU")
    base, assessments, evidence, requirements = (known[k] for k in ("base", "assessments", "evidence", "requirements"))
    crowd = Crowd(server.port, known["tokens"])
    one = f"{base}/assessments/{assessments[0]}"
    last = crowd.json(200, "GET", f"{base}/log")["size"]
    print(f"\n| Request | KiB | CPU ms | wall ms | a second on one core | aim |\n|---|---:|---:|---:|---:|---|")
    count = ask.requests
    gets = [
        ("who am I in it: the organisation", "", lambda n: base),
        ("a list of 50 of 10,000 evidences, any page", "< 2 ms", lambda n: f"{base}/evidence?limit=50&after={evidence[n * 37 % len(evidence)]}"),
        ("the same by a word in the title", "< 2 ms", lambda n: f"{base}/evidence?limit=50&text=Evidence%20{n % 90 + 10}"),
        ("one evidence", "", lambda n: f"{base}/evidence/{evidence[n * 37 % len(evidence)]}"),
        ("its proof", "", lambda n: f"{base}/evidence/{evidence[n * 37 % len(evidence)]}/proof"),
        ("a list of 50 responses", "< 2 ms", lambda n: f"{one}/responses?limit=50"),
        (f"a whole assessment, {known['rows']} requirements", "< 5 ms for 200", lambda n: f"{one}/responses?limit=2000"),
        ("one response", "", lambda n: f"{one}/responses/{requirements[n % len(requirements)]}"),
        ("the score of an assessment, all of it", "", lambda n: f"{one}/score"),
        ("a list of 50 assessments", "< 2 ms", lambda n: f"{base}/assessments?limit=50"),
        ("the audit trail, 50 of it", "< 2 ms", lambda n: f"{base}/trail?limit=50&below={last - n % 5000}"),
        ("the log's checkpoint", "", lambda n: f"{base}/log/checkpoint"),
    ]
    for name, aim, path in gets:
        measure(server, crowd, name, aim, lambda n, path=path: ("GET", path(n)), count)
    many = known.get("many")
    if not many:
        many = crowd.json(201, "POST", f"{base}/assessments", {"name": "Of 200", "files": invented(200)})["id"]
        kept.write_text(json.dumps(known | {"many": many}))
    of_200 = f"{base}/assessments/{many}"
    rows = crowd.json(200, "GET", f"{of_200}/responses?limit=2000")["items"]
    assert len(rows) == 200, len(rows)
    for name, aim, path in [
        ("a whole assessment, 200 requirements", "< 5 ms", f"{of_200}/responses?limit=2000"),
        ("its score, all of it", "", f"{of_200}/score"),
        ("its gaps", "", f"{of_200}/gaps"),
    ]:
        measure(server, crowd, name, aim, lambda n, path=path: ("GET", path), count)
    key = rows[0]["requirement"]

    def of_many(n):
        _, headers, found = crowd.send("GET", f"{of_200}/responses/{key}")
        entry = json.loads(found)["entry"] | {"comment": f"answer {n}"}
        etag = next(value for name, value in headers.items() if name.lower() == "etag")
        return ("PUT", f"{of_200}/responses/{key}", {"entry": entry}, f"if-match: {etag}")

    writes = max(50, count // 10)
    measure(server, crowd, "a response of it is read and written, worked out and durable", "", of_many, writes)
    measure(server, crowd, "a comment is said, durable", "", lambda n: ("POST", f"{base}/comments", {"about": assessments[0], "text": f"comment {n}"}), writes)
    digest = crowd.json(200, "GET", f"{base}/evidence/{evidence[0]}")["sha256"]
    measure(server, crowd, "evidence is added, durable", "", lambda n: ("POST", f"{base}/evidence", {"sha256": digest, "file_name": f"more-{n}"}), writes)

    def answered(n):
        path = f"{base}/assessments/{assessments[n % len(assessments)]}/responses/{requirements[0]}"
        _, headers, found = crowd.send("GET", path)
        entry = json.loads(found)["entry"] | {"comment": f"answer {n}"}
        etag = next(value for name, value in headers.items() if name.lower() == "etag")
        return ("PUT", path, {"entry": entry}, f"if-match: {etag}")

    measure(server, crowd, "a response is read and written, worked out and durable", "", answered, writes)
    pages(server, known)
    memory = server.memory()
    print(f"\nmemory after all that: {memory['VmRSS']:.0f} MiB, at most {memory['VmHWM']:.0f} MiB (aim: under 100)")
    uploaded(server, crowd, known)
    memory = server.memory()
    print(f"\nmemory after the upload: {memory['VmRSS']:.0f} MiB, at most {memory['VmHWM']:.0f} MiB")
    server.stop()
    if not ask.data:
        shutil.rmtree(folder)


main()
