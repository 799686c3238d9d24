//! An identity provider, an authenticator and a mail server that are not ours: oidc-provider-mock, soft-webauthn and
//! aiosmtpd (PyPI).

use std::{
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::run::{Step, target};

const PACKAGES: [&str; 3] = ["oidc-provider-mock==0.3.4", "soft-webauthn==0.1.4", "aiosmtpd==1.4.6"];

/// Ends a server with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the provider, and has somebody sign in through it and with a passkey.
pub(super) fn check() -> Result<(), String> {
    let venv = target().join("interop/venv-identity");
    let python = venv.join("bin/python");
    if !python.exists() {
        Step::program("python venv", "python3".as_ref(), &["-m", "venv", &venv.display().to_string()]).run()?;
    }
    let mut install = vec!["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    install.extend(PACKAGES);
    Step::program("pip", &python, &install).run()?;
    let (_provider, at) = started(&venv, "oidc-provider-mock", |port| vec!["-p".to_owned(), port.to_string()])?;
    let issuer = format!("http://{at}");
    // A new folder each time: what lies in it came in this run.
    let letters = target().join(format!("interop/letters-{}", std::process::id()));
    let place = letters.display().to_string();
    let handler = ["-c", "aiosmtpd.handlers.Mailbox", &place].map(str::to_owned);
    let (_post, smtp) = started(&venv, "aiosmtpd", |port| {
        let listen = ["-n".to_owned(), "-l".to_owned(), format!("127.0.0.1:{port}")];
        listen.into_iter().chain(handler).collect()
    })?;
    // The workspace's features, so that what `cargo xtask check` built serves here too.
    let test = "sign_in_elsewhere";
    let arguments =
        ["test", "--workspace", "--locked", "--features", crate::FEATURES, "--test", test, "--", "--ignored"];
    let told = Step::cargo("sign-in and mail with others' programs", &arguments)
        .with("ATTESTA_OIDC_ISSUER", &issuer)
        .with("ATTESTA_PYTHON", &python.display().to_string())
        .with("ATTESTA_SMTP", &smtp)
        .with("ATTESTA_SMTP_FOLDER", &place)
        .run();
    let _ = std::fs::remove_dir_all(&letters);
    told
}

/// Starts a program of the environment on a port that is free; `HOST:PORT` once it answers.
fn started(venv: &Path, program: &str, arguments: impl FnOnce(u16) -> Vec<String>) -> Result<(Server, String), String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
    let port = listener.local_addr().map_err(|e| e.to_string())?.port();
    drop(listener);
    let mut command = Command::new(venv.join("bin").join(program));
    command.args(arguments(port)).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let server = Server(command.spawn().map_err(|e| format!("{program}: {e}"))?);
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if begun.elapsed() > Duration::from_secs(60) {
            return Err(format!("{program} does not answer on port {port}"));
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok((server, format!("127.0.0.1:{port}")))
}
