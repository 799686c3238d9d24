//! A PostgreSQL of our own: an empty cluster in a temporary folder, on a free port of loopback, gone when the test is.

use std::{
    env, fs,
    io::{self, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::{fs::MetadataExt as _, fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

/// Set in CI: a machine without PostgreSQL fails the tests instead of leaving them out.
const REQUIRED: &str = "ATTESTA_REQUIRE_POSTGRES";

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    folder: tempfile::TempDir,
    port: u16,
    bin: PathBuf,
    user: Option<(u32, u32)>,
    server: Child,
}

impl Postgres {
    /// Starts one; `None` where the machine has none and none is required.
    ///
    /// # Errors
    ///
    /// When it should start and does not.
    pub fn start() -> io::Result<Option<Self>> {
        Self::start_in(&env::temp_dir(), &[])
    }

    /// The same on a disk that is small: its log is cut into pieces of 1 MiB, so that it is the first to find no room.
    ///
    /// # Errors
    ///
    /// When it should start and does not.
    pub fn start_on(disk: &Path) -> io::Result<Option<Self>> {
        Self::start_in(disk, &["--wal-segsize=1"])
    }

    fn start_in(place: &Path, how: &[&str]) -> io::Result<Option<Self>> {
        let Some(bin) = bin() else {
            if env::var_os(REQUIRED).is_some() {
                return Err(io::Error::other(format!("PostgreSQL is not installed, and {REQUIRED} is set")));
            }
            return Ok(None);
        };
        let folder = tempfile::Builder::new().prefix("attesta-pg").tempdir_in(place)?;
        let data = folder.path().join("data");
        fs::create_dir(&data)?;
        // PostgreSQL refuses to run as root.
        let user = if fs::metadata(folder.path())?.uid() == 0 { Some(unprivileged()?) } else { None };
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid))?;
            chown(&data, Some(uid), Some(gid))?;
        }
        let mut initdb = command(&bin.join("initdb"), user);
        initdb.arg("-D").arg(&data).args(["-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8"]);
        initdb.args(how);
        run(initdb.stdout(Stdio::null()))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let server = serve(&bin, user, folder.path(), port)?;
        let started = Self { folder, port, bin, user, server };
        started.wait()?;
        started.sql("CREATE ROLE attesta LOGIN NOSUPERUSER NOBYPASSRLS")?;
        Ok(Some(started))
    }

    /// A new empty database, as its address; its owner is no superuser, so that row-level security holds for it.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn database(&self, name: &str) -> io::Result<String> {
        self.sql(&format!("CREATE DATABASE {name} OWNER attesta"))?;
        Ok(self.address(name))
    }

    /// A new empty database for tests that crash: from now on, what is committed survives.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn durable_database(&self, name: &str) -> io::Result<String> {
        self.sql("ALTER SYSTEM SET fsync = on")?;
        self.sql("SELECT pg_reload_conf()")?;
        self.database(name)
    }

    /// The same, and its rows lie in a folder of somewhere else (a tablespace): what they fill there fills nothing else.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn durable_database_in(&self, name: &str, folder: &Path) -> io::Result<String> {
        fs::create_dir(folder)?;
        if let Some((uid, gid)) = self.user {
            chown(folder, Some(uid), Some(gid))?;
        }
        self.sql("ALTER SYSTEM SET fsync = on")?;
        self.sql("SELECT pg_reload_conf()")?;
        self.sql(&format!("CREATE TABLESPACE {name} LOCATION '{}'", folder.display()))?;
        self.sql(&format!("CREATE DATABASE {name} OWNER attesta TABLESPACE {name}"))?;
        Ok(self.address(name))
    }

    fn address(&self, name: &str) -> String {
        format!("postgres://attesta@127.0.0.1:{}/{name}", self.port)
    }

    /// Runs statements as the superuser.
    ///
    /// # Errors
    ///
    /// When one fails.
    pub fn sql(&self, sql: &str) -> io::Result<()> {
        self.sql_in("postgres", sql)
    }

    /// The same in one of its databases.
    ///
    /// # Errors
    ///
    /// When one fails.
    pub fn sql_in(&self, database: &str, sql: &str) -> io::Result<()> {
        let mut psql = command(&self.bin.join("psql"), self.user);
        psql.args(["-h", "127.0.0.1", "-U", "postgres", "-d", database, "-q", "-v", "ON_ERROR_STOP=1", "-c", sql]);
        run(psql.arg("-p").arg(self.port.to_string()))
    }

    /// The schema of a database, as `pg_dump` writes it.
    ///
    /// # Errors
    ///
    /// When it cannot be dumped.
    pub fn schema(&self, database: &str) -> io::Result<String> {
        let mut dump = command(&self.bin.join("pg_dump"), self.user);
        dump.args(["-h", "127.0.0.1", "-U", "postgres", "-s", "--no-owner", database]);
        let output = dump.arg("-p").arg(self.port.to_string()).output()?;
        String::from_utf8(output.stdout).map_err(io::Error::other)
    }

    /// Stops it at once, as a crash would, and starts it again on the same port.
    ///
    /// # Errors
    ///
    /// When it does not come back.
    pub fn crash_and_restart(&mut self) -> io::Result<()> {
        let mut stop = command(&self.bin.join("pg_ctl"), self.user);
        stop.arg("-D").arg(self.folder.path().join("data")).args(["-m", "immediate", "-w", "stop"]);
        run(stop.stdout(Stdio::null()))?;
        self.again()
    }

    /// Whether it answers now.
    pub fn answers(&self) -> bool {
        self.sql("SELECT 1").is_ok()
    }

    /// Starts it again where it ended by itself (it does, when its log finds no room), as whoever runs it would.
    ///
    /// # Errors
    ///
    /// When it does not come back.
    pub fn revive(&mut self) -> io::Result<()> {
        // It may be mending itself.
        for _ in 0..40 {
            if self.answers() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        self.again()
    }

    fn again(&mut self) -> io::Result<()> {
        if let Some(pipe) = self.server.stdin.as_mut() {
            pipe.write_all(b"keep\n")?;
        }
        self.server.wait()?;
        self.server = serve(&self.bin, self.user, self.folder.path(), self.port)?;
        self.wait()
    }

    fn wait(&self) -> io::Result<()> {
        for _ in 0..600 {
            let open = TcpStream::connect(("127.0.0.1", self.port)).is_ok();
            if open && self.sql("SELECT 1").is_ok() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        Err(io::Error::other(format!("PostgreSQL did not start: {log}")))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The shell that holds the server ends it when its standard input closes.
        drop(self.server.stdin.take());
        let _ = self.server.wait();
    }
}

/// The server under a shell that ends it and takes its folder away when our end of the pipe closes, even if the test is
/// killed.
fn serve(bin: &Path, user: Option<(u32, u32)>, folder: &Path, port: u16) -> io::Result<Child> {
    const HOLD: &str = r#""$0" -D "$1/data" -p "$2" -k "$1" -c listen_addresses=127.0.0.1 -c fsync=off \
        -c max_connections=200 >>"$1/log" 2>&1 & read -r word; kill -INT $! 2>/dev/null; wait $!
        [ "$word" = keep ] || rm -rf "$1""#;
    let mut shell = command(Path::new("/bin/sh"), user);
    shell.arg("-c").arg(HOLD).arg(bin.join("postgres")).arg(folder).arg(port.to_string());
    shell.stdin(Stdio::piped()).spawn()
}

fn command(program: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").env("LC_ALL", "C.UTF-8");
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

fn run(command: &mut Command) -> io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(format!("{}: {told}", command.get_program().to_string_lossy())))
}

/// Where Debian puts the programs of the newest version.
fn bin() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(Result::ok).map(|e| e.path().join("bin"));
    let mut found: Vec<PathBuf> = versions.filter(|bin| bin.join("postgres").is_file()).collect();
    found.sort();
    found.pop()
}

fn unprivileged() -> io::Result<(u32, u32)> {
    let passwd = fs::read_to_string("/etc/passwd")?;
    let of = |name: &str| {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut parts = line.split(':').skip(2);
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    };
    of("postgres").or_else(|| of("nobody")).ok_or_else(|| io::Error::other("there is no user to run PostgreSQL as"))
}
