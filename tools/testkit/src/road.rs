//! A road between a client and a server that a test can break: connections are cut in the middle of what is sent, or what is
//! sent is swallowed and answered with an error of HTTP.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    thread,
};

/// How the road is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Everything passes.
    Fair,
    /// Each connection is cut after so many KiB at most of what is sent, as if the wire broke: what came through may have
    /// been done, and nobody is told.
    Cut,
    /// Every request is answered with 500, and none passes.
    Failing,
    /// No connection is taken.
    Away,
}

impl Weather {
    const ALL: [Self; 4] = [Self::Fair, Self::Cut, Self::Failing, Self::Away];
}

/// Bytes of a connection that pass before it is cut.
const PASSES: u64 = 24 << 10;

#[derive(Debug, Default)]
struct State {
    weather: AtomicU8,
    broken: AtomicU64,
}

/// A road to one server, on a port of loopback; it ends with the test's process.
#[derive(Debug)]
pub struct Road {
    /// `host:port` of this end.
    pub address: String,
    state: Arc<State>,
}

impl Road {
    /// A road to `to`, in fair weather.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub fn to(to: &str) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let state = Arc::new(State::default());
        let (shared, to) = (Arc::clone(&state), to.to_owned());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (state, to) = (Arc::clone(&shared), to.clone());
                thread::spawn(move || state.carry(stream, &to));
            }
        });
        Ok(Self { address, state })
    }

    /// Changes the weather, also for connections that are open.
    pub fn turn(&self, weather: Weather) {
        let number = Weather::ALL.iter().position(|w| *w == weather).and_then(|n| u8::try_from(n).ok());
        self.state.weather.store(number.unwrap_or(0), Ordering::SeqCst);
    }

    /// How many connections were cut and requests refused.
    pub fn broken(&self) -> u64 {
        self.state.broken.load(Ordering::SeqCst)
    }
}

impl State {
    fn weather(&self) -> Weather {
        Weather::ALL.get(usize::from(self.weather.load(Ordering::SeqCst))).copied().unwrap_or(Weather::Fair)
    }

    fn carry(self: &Arc<Self>, mut client: TcpStream, to: &str) {
        if self.weather() == Weather::Away {
            self.broken.fetch_add(1, Ordering::SeqCst);
            return;
        }
        let server = to.parse::<SocketAddr>().ok().and_then(|to| TcpStream::connect(to).ok());
        let Some(mut server) = server else { return };
        let (Ok(mut back), Ok(mut from)) = (client.try_clone(), server.try_clone()) else { return };
        thread::spawn(move || {
            let _ = io::copy(&mut from, &mut back);
            let _ = back.shutdown(Shutdown::Both);
        });
        let (mut buffer, mut passed) = ([0; 4096], 0_u64);
        while let Ok(read @ 1..) = client.read(&mut buffer) {
            match self.weather() {
                Weather::Failing => {
                    self.broken.fetch_add(1, Ordering::SeqCst);
                    let told = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                    let _ = client.write_all(told);
                    // What is still sent is taken, so that the answer is read and not lost to a reset.
                    let _ = client.set_read_timeout(Some(std::time::Duration::from_millis(200)));
                    while client.read(&mut buffer).is_ok_and(|read| read > 0) {}
                    break;
                }
                Weather::Cut | Weather::Away if passed >= PASSES || self.weather() == Weather::Away => {
                    self.broken.fetch_add(1, Ordering::SeqCst);
                    break;
                }
                _ => {}
            }
            passed += u64::try_from(read).unwrap_or(0);
            let Some(some) = buffer.get(..read) else { break };
            if server.write_all(some).is_err() {
                break;
            }
        }
        let _ = server.shutdown(Shutdown::Both);
        let _ = client.shutdown(Shutdown::Both);
    }
}
