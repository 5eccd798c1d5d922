//! `watch RUN --web`: a page about a run for browsers on this machine.
//!
//! It answers GET alone, at its own address alone, and only what it knows. The address is that of the machine itself, and the name
//! that a browser asks for must be it, too: a page elsewhere whose name was bound to this address learns nothing.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use super::CliError;
use crate::platform::{files, without_panic};
use crate::report::run::REPORT;
use crate::report::watch::{Follower, View, Watched, Writer};
use crate::report::{aside, is_written, say};

/// A head of a request is shorter than this.
const HEAD: usize = 16 << 10;
/// Headers of a request.
const HEADERS: usize = 64;
/// How long a browser may take to ask, and to take what it asked for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Connections at a time; a browser opens six.
const MOST: usize = 32;

/// Shows the run in a folder until Ctrl-C; `port` 0 is any that is free.
///
/// # Errors
/// [`CliError::Usage`] if the port is taken.
pub fn serve(run: &Path, log: &str, port: u16) -> Result<(), CliError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| {
        let way = if port == 0 {
            "without --web, in the terminal"
        } else {
            "another --port, or none, which takes one that is free"
        };
        CliError::Usage(format!("--port {port}: {error}\n  try: {way}"))
    })?;
    let port = listener.local_addr().map_err(CliError::file(run))?.port();
    let site = Arc::new(Site::new(run, log, port));
    say!("watching {}: http://127.0.0.1:{port}/", run.display());
    say!("Ctrl-C closes the page; the run continues");
    let busy = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        let stream = match stream {
            Ok(stream) => stream,
            Err(error) if [ErrorKind::ConnectionAborted, ErrorKind::Interrupted].contains(&error.kind()) => continue,
            Err(error) => {
                aside!("note: a connection failed: {error}");
                std::thread::sleep(Duration::from_millis(100));
                continue;
            }
        };
        if busy.fetch_add(1, Ordering::Relaxed) >= MOST {
            busy.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        let (site, held) = (Arc::clone(&site), Held(Arc::clone(&busy)));
        let answer = move || {
            // a browser that has gone away is no matter
            let _ = site.answer(stream);
            drop(held);
        };
        // where no thread can be had, the connection is closed
        let _ = std::thread::Builder::new().spawn(answer);
    }
    Ok(())
}

/// One of the connections, which makes room for another when it is dropped, whatever ended it.
struct Held(Arc<AtomicUsize>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What is served.
struct Site {
    run: PathBuf,
    name: String,
    log: PathBuf,
    /// `127.0.0.1:8080` and `localhost:8080`; of port 80, which clients leave out, also without it.
    hosts: Vec<String>,
    known: Mutex<(Follower, Watched)>,
}

/// An answer to a request.
struct Answer {
    status: &'static str,
    kind: &'static str,
    body: Vec<u8>,
}

impl Answer {
    fn text(status: &'static str, body: &str) -> Self {
        Answer { status, kind: "text/plain; charset=utf-8", body: format!("{body}\n").into_bytes() }
    }

    fn ok(kind: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Answer { status: "200 OK", kind, body: body.into() }
    }
}

const FAILED: &str = "500 Internal Server Error";
const HTML: &str = "text/html; charset=utf-8";

impl Site {
    fn new(run: &Path, log: &str, port: u16) -> Self {
        let whole = std::path::absolute(run).unwrap_or_else(|_| run.into());
        let name =
            whole.file_name().map_or_else(|| run.display().to_string(), |name| name.to_string_lossy().into_owned());
        let log = run.join(log);
        let known = Mutex::new((Follower::new(&log), Watched::default()));
        let mut hosts = ["127.0.0.1", "localhost"].map(|host| format!("{host}:{port}")).to_vec();
        if port == 80 {
            hosts.extend(["127.0.0.1".into(), "localhost".into()]);
        }
        Site { run: run.into(), name, log, hosts, known }
    }

    /// Answers one request and closes.
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_write_timeout(Some(PATIENCE))?;
        let Some(head) = head(&mut stream, PATIENCE)? else { return Ok(()) };
        let answer = without_panic(|| self.reply(&head));
        let Answer { status, kind, body } = answer.unwrap_or_else(|panic| Answer::text(FAILED, &panic));
        let fields = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\nCache-Control: no-store\r\n\
             X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\n\
             Cross-Origin-Resource-Policy: same-origin\r\nAllow: GET\r\n\r\n",
            body.len()
        );
        stream.write_all(fields.as_bytes())?;
        stream.write_all(&body)?;
        stream.shutdown(std::net::Shutdown::Write)
    }

    /// What a request gets.
    fn reply(&self, head: &[u8]) -> Answer {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let parsed = request.parse(head);
        let (true, Some(method), Some(path)) =
            (matches!(parsed, Ok(httparse::Status::Complete(_))), request.method, request.path)
        else {
            return Answer::text("400 Bad Request", "not an HTTP request");
        };
        let mut hosts = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("host"));
        let own = |header: &httparse::Header| {
            self.hosts.iter().any(|host| header.value.eq_ignore_ascii_case(host.as_bytes()))
        };
        if !hosts.next().is_some_and(own) || hosts.next().is_some() {
            return Answer::text("403 Forbidden", &format!("this page has one address: http://{}/", self.hosts[0]));
        }
        if method != "GET" {
            return Answer::text("405 Method Not Allowed", "this page is read-only: use GET");
        }
        match path {
            "/" => self.told(|view| Answer::ok(HTML, view.page())),
            "/state" => self.told(|view| {
                let (running, title) = (view.writer == Writer::There, title(view));
                let state = json!({ "html": view.part(), "over": view.is_over(), "running": running, "title": title });
                Answer::ok("application/json", state.to_string())
            }),
            "/report.html" => match self.report().and_then(|path| files::read(&path).ok()) {
                Some(page) => Answer::ok(HTML, page),
                None => Answer::text("404 Not Found", "there is no report yet"),
            },
            _ => Answer::text("404 Not Found", "there is nothing here"),
        }
    }

    /// The run's report, once it is there. A link is none: it would show everybody on this machine what it leads to.
    fn report(&self) -> Option<PathBuf> {
        let is_file = |path: &PathBuf| path.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
        Some(self.run.join(REPORT)).filter(is_file)
    }

    /// Shows what the run has told until now.
    fn told(&self, show: impl Fn(&View) -> Answer) -> Answer {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (follower, watched) = &mut *known;
        // asked first: what was written before it ended is there then
        let written = is_written(&self.log);
        loop {
            let news = match follower.read() {
                Ok(news) => news,
                Err(error) => {
                    let problem = format!("{}: {error}", self.log.display());
                    return Answer::text(FAILED, &problem);
                }
            };
            if news.anew {
                *watched = Watched::default();
            }
            news.entries.iter().for_each(|entry| watched.take(entry));
            if !news.more {
                break;
            }
        }
        let writer = match written {
            Some(true) => Writer::There,
            _ if !self.log.exists() => Writer::Absent,
            _ => Writer::Gone,
        };
        let report = self.report().map(|path| path.display().to_string());
        let folder = self.run.display().to_string();
        show(&View { run: &self.name, folder: &folder, watched, writer, report })
    }
}

/// `84.12 % · runs/first`, for a tab.
fn title(view: &View) -> String {
    let best = view.watched.best().map_or(String::new(), |best| format!("{:.4} · ", best.value));
    format!("{best}{} – lepton-gpu", view.run)
}

/// The head of a request, all of which must be there in time; none of a connection that was opened and closed.
fn head(stream: &mut TcpStream, patience: Duration) -> std::io::Result<Option<Vec<u8>>> {
    let until = Instant::now() + patience;
    let (mut head, mut piece) = (Vec::new(), [0; 1024]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < HEAD {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut piece)? {
            0 => break,
            count => head.extend_from_slice(&piece[..count]),
        }
    }
    Ok((!head.is_empty()).then_some(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_80_is_left_out_of_its_address() {
        let folder = tempfile::tempdir().unwrap();
        let status = |port: u16, host: &str| {
            let site = Site::new(folder.path(), "events.jsonl", port);
            site.reply(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).status
        };
        for host in ["127.0.0.1", "localhost", "localhost:80"] {
            assert_eq!(status(80, host), "200 OK", "{host}");
        }
        assert_eq!(status(8080, "localhost"), "403 Forbidden");
        assert_eq!(status(80, "evil.example"), "403 Forbidden");
    }

    #[test]
    fn a_head_that_drips_is_given_up_and_makes_room() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut asking = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut asked, _) = listener.accept().unwrap();
        let dripping = std::thread::spawn(move || {
            while asking.write_all(b"G").is_ok() {
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        // long before the head is as long as any may be, which would be no error
        assert!(head(&mut asked, Duration::from_millis(200)).is_err());
        drop(asked);
        dripping.join().unwrap();

        let busy = Arc::new(AtomicUsize::new(1));
        let held = Held(Arc::clone(&busy));
        let answer = move || {
            let _held = held;
            panic!("in an answer")
        };
        assert_eq!(without_panic(answer), Err::<(), _>("in an answer".into()));
        assert_eq!(busy.load(Ordering::Relaxed), 0);
    }
}
