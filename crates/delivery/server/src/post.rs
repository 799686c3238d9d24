//! A POST to somebody else's machine: the address is looked up once, checked, and connected to; no redirect is followed.
//!
//! Whoever may make a webhook must not be able to make this server speak to machines that only it can reach.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpStream, lookup_host},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::ServerName},
};

/// One attempt takes no longer.
const PATIENCE: Duration = Duration::from_secs(20);
/// So much of an answer is read at most.
const MOST: usize = 64 << 10;

/// Where a POST goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    secure: bool,
    host: String,
    port: u16,
    path: String,
}

impl Target {
    /// Reads an address: `https://…`, or `http://…`. No name and password, no fragment.
    pub(crate) fn read(url: &str) -> Result<Self, String> {
        let said: String = url.chars().take(200).collect();
        let wrong = || format!("`{said}` is no address of a webhook; write `https://host/path`");
        let (secure, rest) = match url.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            _ => return Err(wrong()),
        };
        if url.len() > 2_000 || !url.bytes().all(|b| b.is_ascii_graphic()) || url.contains(['#', '\\', '@']) {
            return Err(wrong());
        }
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(at).ok_or_else(wrong)?;
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let usual = if secure { 443 } else { 80 };
        let (host, port) = match authority.strip_prefix('[') {
            Some(v6) => {
                let (host, port) = v6.split_once(']').ok_or_else(wrong)?;
                (host, port.strip_prefix(':'))
            }
            None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
        };
        let port = port.map_or(Ok(usual), |port| port.parse().map_err(|_| wrong()))?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-.:_".contains(&b);
        if host.is_empty() || !host.bytes().all(plain) {
            return Err(wrong());
        }
        Ok(Self { secure, host: host.to_ascii_lowercase(), port, path })
    }

    /// Whether it travels in plain text.
    pub(crate) fn is_plain(&self) -> bool {
        !self.secure
    }
}

/// Whether an address is one that anybody can reach: not of this machine, of a network of one's own, or of none.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            !(v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.is_documentation()
                || a == 0
                || a >= 240
                // Shared by carriers (RFC 6598), protocol assignments (RFC 6890), benchmarks (RFC 2544).
                || (a == 100 && (64..128).contains(&b))
                || (a, b, c) == (192, 0, 0)
                || (a == 198 && (18..20).contains(&b)))
        }
        IpAddr::V6(v6) => {
            let [first, second, third, fourth, fifth, sixth, high, low] = v6.segments();
            let inner = |high: u16, low: u16| {
                let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
                is_public(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
            };
            match (first, second) {
                // An IPv4 address in other clothes: mapped, compatible (and ::, ::1), translated (RFC 6052), 6to4 (RFC 3056).
                (0, 0) if [third, fourth] == [0, 0] => [fifth, sixth] == [0, 0xffff] && inner(high, low),
                (0x64, 0xff9b) => [third, fourth, fifth, sixth] == [0; 4] && inner(high, low),
                (0x2002, high) => inner(high, third),
                // Documentation (RFC 3849), Teredo (RFC 4380).
                (0x2001, 0xdb8 | 0) => false,
                // What is given out as global unicast.
                _ => first & 0xe000 == 0x2000,
            }
        }
    }
}

/// Posts JSON; the status that came back.
pub(crate) async fn post(target: &Target, headers: &[(&str, &str)], body: &[u8], private: bool) -> Result<u16, String> {
    let headers = [headers, &[("Content-Type", "application/json")]].concat();
    Ok(sent(target, &headers, body, private).await?.0)
}

/// Asks somebody whom the operator named, so on whatever network: the status and the body that came back.
pub(crate) async fn ask(target: &Target, kind: &str, body: &[u8]) -> Result<(u16, Vec<u8>), String> {
    sent(target, &[("Content-Type", kind)], body, true).await
}

async fn sent(target: &Target, headers: &[(&str, &str)], body: &[u8], private: bool) -> Result<(u16, Vec<u8>), String> {
    let posting = async {
        let found = lookup_host((target.host.as_str(), target.port)).await;
        let found: Vec<SocketAddr> = found.map_err(|e| format!("{} is not found: {e}", target.host))?.collect();
        // One that is not public is enough to refuse: whoever names it also chooses the order.
        if !private && !found.iter().all(|address| is_public(address.ip())) {
            return Err(format!("{} is on a network of one's own; that is refused unless it is allowed", target.host));
        }
        let address = found.first().ok_or_else(|| format!("{} has no address", target.host))?;
        let stream = TcpStream::connect(address).await.map_err(|e| format!("{} does not answer: {e}", target.host))?;
        if !target.secure {
            return exchange(stream, target, headers, body).await;
        }
        let name = ServerName::try_from(target.host.clone()).map_err(|e| e.to_string())?;
        let stream =
            connector()?.connect(name, stream).await.map_err(|e| format!("no TLS with {}: {e}", target.host))?;
        exchange(stream, target, headers, body).await
    };
    tokio::time::timeout(PATIENCE, posting)
        .await
        .unwrap_or_else(|_| Err(format!("{} took longer than {} seconds", target.host, PATIENCE.as_secs())))
}

fn connector() -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|e| e.to_string())?.with_root_certificates(roots).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    target: &Target,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<(u16, Vec<u8>), String> {
    let host = if target.host.contains(':') { format!("[{}]", target.host) } else { target.host.clone() };
    let mut head = format!(
        "POST {} HTTP/1.1\r\nHost: {host}:{}\r\nConnection: close\r\nUser-Agent: attesta\r\n\
         Content-Length: {}\r\n",
        target.path,
        target.port,
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let failed = |e: std::io::Error| format!("{} broke off: {e}", target.host);
    stream.write_all(head.as_bytes()).await.map_err(failed)?;
    stream.write_all(body).await.map_err(failed)?;
    stream.flush().await.map_err(failed)?;
    let mut answer = Vec::new();
    let mut limited = stream.take(u64::try_from(MOST).unwrap_or(u64::MAX));
    let mut piece = [0; 1024];
    loop {
        let read = match limited.read(&mut piece).await {
            Ok(read) => read,
            // Many close without TLS's farewell; what is cut is found by its length.
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof && !answer.is_empty() => 0,
            Err(error) => return Err(failed(error)),
        };
        answer.extend(piece.iter().take(read));
        if read == 0 || is_whole(&answer) {
            break;
        }
    }
    received(&answer).ok_or_else(|| format!("{} does not speak HTTP", target.host))
}

/// Where an answer's head ends.
fn head(answer: &[u8]) -> Option<(&str, &[u8])> {
    let at = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, body) = answer.split_at_checked(at)?;
    Some((std::str::from_utf8(head).ok()?, body.get(4..)?))
}

fn field<'a>(head: &'a str, wanted: &str) -> Option<&'a str> {
    let fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    fields.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
}

/// Whether all of it is here, as far as its head says how long it is.
fn is_whole(answer: &[u8]) -> bool {
    let Some((head, body)) = head(answer) else { return false };
    match field(head, "content-length").and_then(|length| length.parse::<usize>().ok()) {
        Some(length) => body.len() >= length,
        None => field(head, "transfer-encoding").is_some() && body.ends_with(b"0\r\n\r\n"),
    }
}

/// The status and the body of an answer.
fn received(answer: &[u8]) -> Option<(u16, Vec<u8>)> {
    let first = answer.split(|b| *b == b'\n').next()?;
    let line = std::str::from_utf8(first).ok()?;
    let status = line.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).and_then(|code| code.parse().ok())?;
    // A status is an answer, whatever comes after it.
    let Some((head, body)) = head(answer) else { return Some((status, Vec::new())) };
    let length = field(head, "content-length").and_then(|length| length.parse::<usize>().ok());
    let chunked = field(head, "transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
    let body = if chunked { unchunked(body).unwrap_or_default() } else { body.to_vec() };
    // One that was cut says nothing.
    Some((status, if length.is_some_and(|length| length != body.len()) { Vec::new() } else { body }))
}

fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(rest.get(..end)?).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        let from = end.checked_add(2)?;
        let to = from.checked_add(size)?;
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(rest.get(from..to)?);
        rest = rest.get(to.checked_add(2)?..)?;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at a surprise")]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_by_its_length_or_in_its_chunks() {
        type Row = (&'static str, bool, Option<(u16, &'static str)>);
        let table: [Row; 8] = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", true, Some((200, "abc"))),
            ("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabc", false, Some((200, ""))),
            ("HTTP/1.0 200 OK\r\n\r\nabc", false, Some((200, "abc"))),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\n\r\n",
                true,
                Some((200, "abc")),
            ),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nab", false, Some((200, ""))),
            ("HTTP/1.1 409 Conflict\r\n", false, Some((409, ""))),
            ("SSH-2.0-x\r\n", false, None),
            ("", false, None),
        ];
        for (text, whole, said) in table {
            assert_eq!(is_whole(text.as_bytes()), whole, "{text}");
            assert_eq!(received(text.as_bytes()), said.map(|(s, b)| (s, b.as_bytes().to_vec())), "{text}");
        }
    }

    #[test]
    fn addresses_of_ones_own_are_not_public() {
        let own = [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "203.0.113.5",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "::127.0.0.1",
        ];
        for text in own {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in
            ["93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]
        {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn an_address_says_host_port_and_path_and_nothing_else() {
        let read = |text: &str| Target::read(text).map(|t| (t.secure, t.host, t.port, t.path));
        let whole = |s, h: &str, n, p: &str| Ok((s, h.to_owned(), n, p.to_owned()));
        assert_eq!(read("https://Example.org/a?b=c"), whole(true, "example.org", 443, "/a?b=c"));
        assert_eq!(read("http://127.0.0.1:81"), whole(false, "127.0.0.1", 81, "/"));
        assert_eq!(read("https://[2606:4700::1]:8443/x"), whole(true, "2606:4700::1", 8443, "/x"));
        assert_eq!(read("https://example.org?q"), whole(true, "example.org", 443, "/?q"));
        for bad in [
            "",
            "example.org",
            "ftp://example.org",
            "https://",
            "https://a@b/",
            "https://a b/",
            "https://a/#x",
            "https://a:70000/",
            "https://a:x/",
            "https://[::1/",
            "https://a\\b/",
            "https://a/\r\nHost: b",
            "https://é/",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
