//! An identity provider and an authenticator that are not ours: oidc-provider-mock and soft-webauthn (PyPI).

use std::{
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::run::{Step, target};

const PACKAGES: [&str; 2] = ["oidc-provider-mock==0.3.4", "soft-webauthn==0.1.4"];

/// Ends the provider with the test.
struct Provider(Child);

impl Drop for Provider {
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
    let (_provider, issuer) = provider(&venv)?;
    // The workspace's features, so that what `cargo xtask check` built serves here too.
    let test = "sign_in_elsewhere";
    let arguments =
        ["test", "--workspace", "--locked", "--features", crate::FEATURES, "--test", test, "--", "--ignored"];
    Step::cargo("sign-in with others' programs", &arguments)
        .with("ATTESTA_OIDC_ISSUER", &issuer)
        .with("ATTESTA_PYTHON", &python.display().to_string())
        .run()
}

fn provider(venv: &Path) -> Result<(Provider, String), String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
    let port = listener.local_addr().map_err(|e| e.to_string())?.port();
    drop(listener);
    let mut command = Command::new(venv.join("bin/oidc-provider-mock"));
    command.args(["-p", &port.to_string()]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let provider = Provider(command.spawn().map_err(|e| format!("oidc-provider-mock: {e}"))?);
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if begun.elapsed() > Duration::from_secs(60) {
            return Err(format!("oidc-provider-mock does not answer on port {port}"));
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok((provider, format!("http://127.0.0.1:{port}")))
}
