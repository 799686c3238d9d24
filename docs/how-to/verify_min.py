#!/usr/bin/env python3
"""Verifies that a file was logged, without Attesta: Python's standard library and `openssl` for one signature.

usage: verify_min.py EVIDENCE ITEM.TLOG-PROOF KEY.VKEY
"""
import base64, hashlib, json, subprocess, sys, tempfile


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def b64(text):
    return base64.b64decode(text, validate=True)


evidence, proof, key = (open(path, "rb").read() for path in sys.argv[1:4])

# The proof file: header, extra line, index, hashes, empty line, checkpoint (c2sp.org/tlog-proof).
head, checkpoint = proof.decode().split("\n\n", 1)
magic, extra, index, *hashes = head.split("\n")
assert magic == "c2sp.org/tlog-proof@v1" and extra.startswith("extra ") and index.startswith("index ")
opening = json.loads(b64(extra[6:]))
leaf, salt, index = b64(opening["leaf"]), bytes.fromhex(opening["salt"]), int(index[6:])

# 1. The file is the one that the leaf speaks of.
assert json.loads(leaf)["content"] == sha(salt, sha(evidence)).hex(), "another file"

# 2. The checkpoint is signed by the key (c2sp.org/signed-note): origin, size, root, empty line, signatures.
name, key_id, material = key.decode().strip().split("+", 2)
material = b64(material)
assert material[:1] == b"\x01" and sha(name.encode(), b"\n", material)[:4].hex() == key_id, "a damaged key"
text, signatures = checkpoint.rsplit("\n\n", 1)
text += "\n"
origin, size, root = text.split("\n")[:3]
lines = [line.split(" ") for line in signatures.strip().split("\n")]
mine = [b64(s)[4:] for dash, n, s in lines if n == name and b64(s)[:4].hex() == key_id]
assert origin == name and mine, "not signed by this key"
with tempfile.TemporaryDirectory() as folder:
    paths = [f"{folder}/{n}" for n in ("key", "text", "signature")]
    spki = bytes.fromhex("302a300506032b6570032100") + material[1:]
    for path, data in zip(paths, (spki, text.encode(), mine[0])):
        open(path, "wb").write(data)
    subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", paths[0], "-rawin", "-in", paths[1],
                    "-sigfile", paths[2]], check=True, stdout=subprocess.DEVNULL)

# 3. The leaf is in the tree (RFC 9162, section 2.1.3.2).
node, last, hash_ = index, int(size) - 1, sha(b"\0", leaf)
assert 0 <= node <= last
for sibling in map(b64, hashes):
    assert last > 0
    if node % 2 or node == last:
        hash_ = sha(b"\1", sibling, hash_)
        while node % 2 == 0 and node:
            node, last = node // 2, last // 2
    else:
        hash_ = sha(b"\1", hash_, sibling)
    node, last = node // 2, last // 2
assert last == 0 and hash_ == b64(root), "not in the tree"
print(f"verified: {json.loads(leaf)['subject']} is leaf {index} of {size} in the log of {origin}")
