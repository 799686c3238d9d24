"""Schemathesis against a running server: no answer may be a server error.

Starts `attesta serve` on an empty folder, becomes its first owner by the printed link, makes an assessment from a fixture and
a token with every scope, and lets Schemathesis ask everything that the server says it answers. Usage:
api-fuzz.py ATTESTA FIXTURE FOLDER
"""

import json
import pathlib
import re
import subprocess
import sys
import urllib.error
import urllib.request

PASSWORD = "correct horse battery staple 7"


def ask(base, method, path, body=None, headers=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data=data, method=method, headers=dict(headers or {}))
    if data is not None:
        request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read()
        return (json.loads(text) if text else None), answer.headers


def files(folder):
    found = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).as_posix()
        if path.is_file() and not inside.startswith("stages/"):
            try:
                found[inside] = path.read_text()
            except UnicodeDecodeError:
                pass
    return found


def main():
    attesta, fixture, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    log = open(folder / "server.log", "w+")
    server = subprocess.Popen(
        [attesta, "serve", "--data", str(folder / "data"), "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True
    )
    try:
        base = link = None
        for line in server.stderr:
            log.write(line)
            base = base or (re.search(r"listens on (http://\S+)", line) or [None, None])[1]
            link = link or (re.search(r"/first#(att_inv_\S+)", line) or [None, None])[1]
            if base and link:
                break
        drain = subprocess.Popen(["cat"], stdin=server.stderr, stdout=log)
        first = {
            "link": link, "email": "ada@example.org", "name": "Ada", "password": PASSWORD, "organisation": "Clinic",
        }
        org = ask(base, "POST", "/api/v1/first", first)[0]["organisation"]
        me, headers = ask(base, "POST", "/api/v1/session", {"email": "ada@example.org", "password": PASSWORD})
        browser = {"Cookie": headers["Set-Cookie"].split(";")[0], "x-attesta-csrf": me["csrf"]}
        room = f"/api/v1/organisations/{org}"
        begun = {"name": "E1", "files": files(fixture)}
        assessment = ask(base, "POST", f"{room}/assessments", begun, browser)[0]["id"]
        areas = ["organisation", "assessments", "evidence", "inheritance", "hipaa", "work", "sources", "ledger", "sharing", "operations"]
        scopes = [f"{area}:{what}" for area in areas for what in ("read", "write")]
        token = ask(base, "POST", f"{room}/tokens", {"name": "fuzz", "scopes": scopes, "days": 1}, browser)[0]["secret"]
        described = ask(base, "GET", "/api/v1/openapi.json")[0]
        requirement = ask(base, "GET", f"{room}/assessments/{assessment}/responses", headers=browser)[0]["items"][0]["requirement"]
        # Names that exist, so that the questions get past the door.
        known = {"org": org, "assessment": assessment, "requirement": requirement, "subject": "decision", "file": "checkpoint"}
        for address in described["paths"].values():
            for operation in address.values():
                for parameter in operation.get("parameters", []) if isinstance(operation, dict) else []:
                    if parameter["in"] == "path" and parameter["name"] in known:
                        parameter["schema"] = {"type": "string", "enum": [known[parameter["name"]]]}
        # Schemathesis writes bytes under their common name only.
        append = described["paths"].get("/api/v1/organisations/{org}/uploads/{upload}", {}).get("patch", {})
        content = append.get("requestBody", {}).get("content", {})
        if "application/offset+octet-stream" in content:
            content["application/octet-stream"] = content.pop("application/offset+octet-stream")
        # A stream of events never ends by itself.
        described["paths"].pop("/api/v1/organisations/{org}/changes", None)
        schema = folder / "openapi.json"
        schema.write_text(json.dumps(described))
        command = [
            str(pathlib.Path(sys.executable).with_name("schemathesis")), "run", str(schema), "--url", base,
            "--checks", "not_a_server_error", "--max-examples", sys.argv[4] if len(sys.argv) > 4 else "20",
            "--seed", "7", "--phases", "examples,coverage,fuzzing", "--request-timeout", "30",
            "--header", f"Authorization: Bearer {token}",
        ]
        code = subprocess.run(command).returncode
        ask(base, "GET", "/health/ready")
        print(f"api: {len(described['paths'])} addresses asked; the server is still there")
        sys.exit(code)
    finally:
        server.terminate()
        server.wait(30)


main()
