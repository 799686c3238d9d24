"""What other people's libraries say about a vault's proofs. Run by `cargo xtask interop`; argv: step, folder."""
import base64, pathlib, subprocess, sys, time

step, folder = sys.argv[1], pathlib.Path(sys.argv[2])


def take_apart():
    """The pieces of item.tlog-proof, for verifiers that want them apart."""
    head, checkpoint = (folder / "out/item.tlog-proof").read_text().split("\n\n", 1)
    lines = head.split("\n")
    assert lines.pop(0) == "c2sp.org/tlog-proof@v1"
    if lines[0].startswith("extra "):
        lines.pop(0)
    (folder / "index").write_text(lines.pop(0).removeprefix("index "))
    (folder / "proof.txt").write_text("".join(line + "\n" for line in lines))
    (folder / "proof.checkpoint").write_text(checkpoint)


def witness():
    """aics-tlog's own code as a witness: cosigns the newest checkpoint."""
    from aics_tlog.checkpoint import parse_checkpoint
    from aics_tlog.cosign import cosignature_vkey, sign_cosignature
    from aics_tlog.note import format_vkey, parse_note
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    head = parse_checkpoint(parse_note((folder / "asked").read_text().split("\n\n", 1)[1]).text)
    _, line = sign_cosignature(key, "witness.example/w", int(time.time()), head.origin, head.size, head.root)
    blob = base64.b64encode(line.key_id + line.signature).decode()
    (folder / "answer").write_text(f"\u2014 {line.name} {blob}\n")
    vkey = format_vkey(cosignature_vkey("witness.example/w", key.public_key()))
    (folder / "witness.vkey").write_text(vkey)
    log = (folder / "out/key.vkey").read_text().strip()
    (folder / "policy").write_text(f"log {log}\nwitness w {vkey}\nquorum w\n")


def authority():
    """A timestamp authority of OpenSSL. `certs=` stays out: OpenSSL 3.0 would not sort the set."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    (folder / "ca.cnf").write_text("[req]\ndistinguished_name=dn\n[dn]\n[v3]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n")
    (folder / "tsa.ext").write_text("basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n")
    (folder / "tsa.cnf").write_text("[tsa]\ndefault_tsa=t\n[t]\nserial=serial\nsigner_cert=tsa.pem\nsigner_key=tsa.key\nsigner_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\ness_cert_id_alg=sha256\n")
    (folder / "serial").write_text("01\n")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-subj", "/CN=Root", "-days", "30", "-config", "ca.cnf", "-extensions", "v3", "-out", "ca.pem")
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-subj", "/CN=Authority", "-config", "ca.cnf", "-out", "tsa.csr")
    openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile", "tsa.ext", "-out", "tsa.pem")
    openssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.tsq", "-out", "reply.tsr")


def timestamp():
    """Trail of Bits' rfc3161-client on the reply that lies beside the proof."""
    from cryptography.x509 import load_pem_x509_certificate
    from rfc3161_client import VerifierBuilder, decode_timestamp_response

    pem = lambda name: load_pem_x509_certificate((folder / name).read_bytes())
    reply = decode_timestamp_response((folder / "out/checkpoint.tsr").read_bytes())
    verifier = VerifierBuilder().add_root_certificate(pem("ca.pem")).tsa_certificate(pem("tsa.pem")).build()
    assert verifier.verify_message(reply, (folder / "out/checkpoint").read_bytes())
    try:
        verifier.verify_message(reply, b"another checkpoint")
    except Exception:
        return
    raise SystemExit("rfc3161-client accepts anything")


{"take-apart": take_apart, "witness": witness, "authority": authority, "timestamp": timestamp}[step]()
