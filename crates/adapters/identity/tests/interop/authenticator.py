"""Answers the questions of a relying party with soft-webauthn (PyPI), as a browser would write the answers."""

import json
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode

from soft_webauthn import SoftWebauthnDevice


def from_text(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def to_text(value):
    if isinstance(value, bytes):
        return urlsafe_b64encode(value).decode().rstrip("=")
    return value


def answer(credential):
    raw = to_text(credential["rawId"])
    response = {name: to_text(value) for name, value in credential["response"].items()}
    return {"id": raw, "rawId": raw, "type": credential["type"], "response": response}


questions = json.load(sys.stdin)
device = SoftWebauthnDevice()

create = questions["create"]
create["challenge"] = from_text(create["challenge"])
create["user"]["id"] = from_text(create["user"]["id"])
answers = [answer(device.create({"publicKey": create}, questions["origin"]))]
for get in questions["get"]:
    get["challenge"] = from_text(get["challenge"])
    answers.append(answer(device.get({"publicKey": get}, questions["origin"])))
json.dump(answers, sys.stdout)
