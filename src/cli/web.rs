//! `watch RUN --web`: a page about a run for browsers on this machine.
//!
//! It answers GET alone, at its own address alone, and only what it knows. The address is that of the machine itself, and the name
//! that a browser asks for must be it, too: a page elsewhere whose name was bound to this address learns nothing.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;

use super::CliError;
use crate::platform::files;
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
    say!("Ctrl-C ends the page; the run goes on");
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
        let (site, own) = (Arc::clone(&site), Arc::clone(&busy));
        let answer = move || {
            // a browser that has gone away is no matter
            let _ = site.answer(stream);
            own.fetch_sub(1, Ordering::Relaxed);
        };
        if std::thread::Builder::new().spawn(answer).is_err() {
            busy.fetch_sub(1, Ordering::Relaxed);
        }
    }
    Ok(())
}

/// What is served.
struct Site {
    run: PathBuf,
    name: String,
    log: PathBuf,
    /// `127.0.0.1:8080` and `localhost:8080`.
    hosts: [String; 2],
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

const HTML: &str = "text/html; charset=utf-8";

impl Site {
    fn new(run: &Path, log: &str, port: u16) -> Self {
        let whole = std::path::absolute(run).unwrap_or_else(|_| run.into());
        let name =
            whole.file_name().map_or_else(|| run.display().to_string(), |name| name.to_string_lossy().into_owned());
        let log = run.join(log);
        let known = Mutex::new((Follower::new(&log), Watched::default()));
        Site { run: run.into(), name, log, hosts: [format!("127.0.0.1:{port}"), format!("localhost:{port}")], known }
    }

    /// Answers one request and closes.
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let Some(head) = head(&mut stream)? else { return Ok(()) };
        let Answer { status, kind, body } = self.reply(&head);
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
            return Answer::text("400 Bad Request", "this is no request");
        };
        let mut hosts = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("host"));
        let own = |header: &httparse::Header| {
            self.hosts.iter().any(|host| header.value.eq_ignore_ascii_case(host.as_bytes()))
        };
        if !hosts.next().is_some_and(own) || hosts.next().is_some() {
            return Answer::text("403 Forbidden", &format!("this page has one address: http://{}/", self.hosts[0]));
        }
        if method != "GET" {
            return Answer::text("405 Method Not Allowed", "this page is read alone: GET");
        }
        match path {
            "/" => self.told(|view| Answer::ok(HTML, view.page())),
            "/state" => self.told(|view| {
                let (running, title) = (view.writer == Writer::There, title(view));
                let state = json!({ "html": view.part(), "over": view.is_over(), "running": running, "title": title });
                Answer::ok("application/json", state.to_string())
            }),
            "/report.html" => match files::read(&self.run.join(REPORT)) {
                Ok(page) => Answer::ok(HTML, page),
                Err(_) => Answer::text("404 Not Found", "there is no report yet"),
            },
            _ => Answer::text("404 Not Found", "there is nothing here"),
        }
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
                    return Answer::text("500 Internal Server Error", &problem);
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
        let report = Some(self.run.join(REPORT)).filter(|path| path.is_file());
        let report = report.map(|path| path.display().to_string());
        show(&View { run: &self.name, watched, writer, report })
    }
}

/// `84.12 % · runs/first`, for a tab.
fn title(view: &View) -> String {
    let best = view.watched.best().map_or(String::new(), |best| format!("{:.4} · ", best.value));
    format!("{best}{} – lepton-gpu", view.run)
}

/// The head of a request; none of a connection that was opened and closed.
fn head(stream: &mut TcpStream) -> std::io::Result<Option<Vec<u8>>> {
    let (mut head, mut piece) = (Vec::new(), [0; 1024]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < HEAD {
        match stream.read(&mut piece)? {
            0 => break,
            count => head.extend_from_slice(&piece[..count]),
        }
    }
    Ok((!head.is_empty()).then_some(head))
}
