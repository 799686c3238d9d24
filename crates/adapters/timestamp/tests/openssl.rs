//! Replies of OpenSSL's authority, and everything that may be wrong with them. Without `openssl` nothing is tested, and said.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may stop at a surprise"
)]

use std::{fs, process::Command};

use attesta_kernel::Digest;
use attesta_timestamp::{Certificate, NotTimestamped, Query, certificates, verify};

const DATA: &[u8] = b"log.example/l\n12\nroot\n\n\xe2\x80\x94 log.example/l c2ln\n";

struct Authority {
    folder: tempfile::TempDir,
}

impl Authority {
    /// A root, a timestamping certificate under it, and one that is for something else; `None` without openssl.
    fn new(key: &[&str]) -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            eprintln!("note: openssl is not here; timestamps were not tested");
            return None;
        }
        let authority = Self { folder: tempfile::tempdir().unwrap() };
        authority.write(
            "tsa.ext",
            "basicConstraints=CA:FALSE\nextendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n",
        );
        authority.write("web.ext", "basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n");
        authority.write("ca.cnf", "[req]\ndistinguished_name=dn\n[dn]\n[v3]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n");
        for root in ["ca", "stranger"] {
            authority.key(key, root);
            authority.openssl(&[
                "req",
                "-x509",
                "-new",
                "-key",
                &format!("{root}.key"),
                "-subj",
                "/CN=Root",
                "-days",
                "30",
                "-config",
                "ca.cnf",
                "-extensions",
                "v3",
                "-out",
                &format!("{root}.pem"),
            ]);
        }
        for name in ["tsa", "web"] {
            authority.key(key, name);
            let (key, csr) = (format!("{name}.key"), format!("{name}.csr"));
            authority.openssl(&[
                "req",
                "-new",
                "-key",
                &key,
                "-subj",
                &format!("/CN={name}"),
                "-config",
                "ca.cnf",
                "-out",
                &csr,
            ]);
            authority.openssl(&[
                "x509",
                "-req",
                "-in",
                &csr,
                "-CA",
                "ca.pem",
                "-CAkey",
                "ca.key",
                "-CAcreateserial",
                "-days",
                "30",
                "-extfile",
                &format!("{name}.ext"),
                "-out",
                &format!("{name}.pem"),
            ]);
        }
        authority.write("serial", "01\n");
        Some(authority)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.folder.path().join(name), bytes).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(name)).unwrap()
    }

    fn pem(&self, name: &str) -> Vec<Certificate> {
        certificates(&String::from_utf8(self.read(name)).unwrap()).unwrap()
    }

    fn openssl(&self, arguments: &[&str]) {
        let output = Command::new("openssl").args(arguments).current_dir(self.folder.path()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn key(&self, kind: &[&str], name: &str) {
        let out = format!("{name}.key");
        self.openssl(&[&["genpkey", "-out", &out], kind].concat());
    }

    /// What the authority answers.
    fn reply(&self, query: &[u8], signer: &str, digest: &str) -> Vec<u8> {
        self.write("query", query);
        self.write("tsa.cnf", format!(
            "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\ncrypto_device=builtin\nsigner_cert={signer}.pem\nsigner_key={signer}.key\n\
             signer_digest={digest}\ndefault_policy=1.2.3.4\ndigests=sha256\naccuracy=secs:1\nordering=yes\ness_cert_id_chain=no\n\
             ess_cert_id_alg=sha256\n"
        ));
        self.openssl(&["ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply"]);
        self.read("reply")
    }
}

fn query() -> Query {
    Query::new(Digest::of(DATA), [1, 2, 3, 4, 5, 6, 7, 8])
}

const KEYS: [&[&str]; 3] = [
    &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
];

#[test]
fn replies_of_openssl_verify_and_openssl_reads_our_query() {
    for key in KEYS {
        for digest in ["sha256", "sha384", "sha512"] {
            let Some(authority) = Authority::new(key) else { return };
            let reply = authority.reply(&query().to_der(), "tsa", digest);
            let told = verify(&query(), &reply, &authority.pem("ca.pem"), &[])
                .unwrap_or_else(|e| panic!("{key:?} {digest}: {e}"));
            assert!(told.at.to_string().starts_with("20"));
            // OpenSSL agrees about the same bytes.
            authority.write("data", DATA);
            authority.openssl(&["ts", "-verify", "-data", "data", "-in", "reply", "-CAfile", "ca.pem"]);
        }
    }
}

#[test]
fn whatever_is_wrong_with_a_reply_is_named() {
    let Some(authority) = Authority::new(KEYS[1]) else { return };
    let roots = authority.pem("ca.pem");
    let reply = authority.reply(&query().to_der(), "tsa", "sha256");
    let other = Query::new(Digest::of(b"other"), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(verify(&other, &reply, &roots, &[]), Err(NotTimestamped::Digest));
    let later = Query::new(Digest::of(DATA), [9, 9, 9, 9, 9, 9, 9, 9]);
    assert_eq!(verify(&later, &reply, &roots, &[]), Err(NotTimestamped::Nonce));
    // A root of the same name with another key.
    let strangers = verify(&query(), &reply, &authority.pem("stranger.pem"), &[]);
    assert!(matches!(strangers, Err(NotTimestamped::Chain(_))), "{strangers:?}");
    assert!(matches!(verify(&query(), &reply, &[], &[]), Err(NotTimestamped::Chain(_))));
    let text = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
    assert!(certificates(text).is_err() && certificates("").is_err());
}

#[test]
fn every_changed_byte_of_a_reply_is_refused() {
    let Some(authority) = Authority::new(KEYS[1]) else { return };
    let roots = authority.pem("ca.pem");
    let reply = authority.reply(&query().to_der(), "tsa", "sha256");
    let good = verify(&query(), &reply, &roots, &[]).unwrap();
    for at in 0..reply.len() {
        for by in [1, 0x20, 0x80] {
            let mut changed = reply.clone();
            changed[at] ^= by;
            // Some bytes are nobody's (the digests that the envelope lists, the certificate's copy of its algorithm); what is
            // accepted must say the same.
            if let Ok(told) = verify(&query(), &changed, &roots, &[]) {
                assert_eq!(told, good, "byte {at}");
            }
        }
    }
    for end in 0..reply.len() {
        assert!(verify(&query(), &reply[..end], &roots, &[]).is_err());
    }
}

#[test]
fn a_certificate_for_something_else_stamps_no_time() {
    let Some(authority) = Authority::new(KEYS[1]) else { return };
    let stamps = |name: &str| authority.pem(name)[0].stamps_time();
    assert_eq!([stamps("tsa.pem"), stamps("web.pem"), stamps("ca.pem")], [true, false, false]);
    // RFC 3161 section 2.3: the usage is critical, and the only one.
    for usage in ["timeStamping", "critical,timeStamping,serverAuth"] {
        authority.write("odd.ext", format!("extendedKeyUsage={usage}\n"));
        authority.openssl(&[
            "x509",
            "-req",
            "-in",
            "tsa.csr",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-days",
            "30",
            "-extfile",
            "odd.ext",
            "-out",
            "odd.pem",
        ]);
        assert!(!stamps("odd.pem"), "{usage}");
    }
}

#[test]
fn a_query_is_read_as_it_was_written() {
    let query = query();
    assert_eq!(Query::from_der(&query.to_der()), Ok(query.clone()));
    let mut changed = query.to_der();
    let last = changed.len() - 1;
    changed[last] = 0;
    assert!(Query::from_der(&changed).is_err());
    for random in [[0; 8], [0xFF; 8]] {
        let query = Query::new(Digest::of(b""), random);
        assert_eq!(Query::from_der(&query.to_der()), Ok(query));
    }
}
