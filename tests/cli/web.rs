//! `watch RUN --web`: the page about a run, what the server answers, and what it refuses.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::support::{PATIENCE, Place, start, wait_until};

/// A server, ended with the test.
struct Served {
    child: Child,
    port: u16,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer: status, head and body.
struct Got {
    status: u16,
    head: String,
    body: String,
}

impl Served {
    fn new(place: &Place) -> Self {
        let mut command = place.lepton();
        command.args(["watch", "run", "--web"]).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line).expect("a line");
        let port = line.trim().trim_end_matches('/').rsplit(':').next().and_then(|port| port.parse().ok());
        Served { child, port: port.unwrap_or_else(|| panic!("no address: {line}")) }
    }

    fn send(&self, request: &str) -> Got {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.write_all(request.as_bytes()).expect("a request is sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let answer = String::from_utf8(answer).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        Got { status, head: head.into(), body: body.into() }
    }

    fn get(&self, path: &str) -> Got {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", self.port))
    }

    fn state(&self) -> Value {
        let got = self.get("/state");
        assert_eq!(got.status, 200, "{}", got.body);
        serde_json::from_str(&got.body).expect("JSON")
    }

    /// The first state of which this is so.
    #[track_caller]
    fn wait(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let mut state = Value::Null;
        wait_until(what, || {
            state = self.state();
            is_so(&state)
        });
        state
    }
}

const RUN: &str = "--model linear --limit 300 --batch 32 --val-split 0.2 --out run";

#[test]
fn a_run_is_shown_before_it_begins_while_it_goes_and_when_it_is_over() {
    let Some(place) = Place::with_adapter() else { return };
    let served = Served::new(&place);
    let html = |state: &Value| state["html"].as_str().expect("HTML").to_string();
    let state = served.state();
    assert!(html(&state).contains("waiting") && state["over"] == false && state["running"] == false, "{state}");
    assert_eq!(served.get("/report.html").status, 404);

    let mut command = place.lepton();
    command.args(format!("train fashion-small {RUN} --epochs 1000000").split_whitespace());
    let mut child = start(command);
    let now = [
        "best accuracy so far",
        "linear on fashion-small",
        "of 1,000,000",
        "images a second",
        "Loss",
        "Learning rate",
        "Confusion after epoch",
    ];
    for part in now {
        let state = served.wait(part, |state| html(state).contains(part));
        assert!(state["running"] == true && state["over"] == false, "{state}");
    }
    let whole = served.get("/").body;
    assert!(whole.contains("<title>run ") && whole.contains("What happened") && whole.contains("<svg"), "{whole}");
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    let state = served.wait("it stopped", |state| state["running"] == false);
    assert!(html(&state).contains("stopped") && state["over"] == false, "{state}");

    let epochs = place.events("run").iter().filter(|line| line["event"] == "epoch").count();
    place.run(&format!("train --out run --resume --epochs {}", epochs + 2)).exits(0);
    let state = served.wait("it is over", |state| state["over"] == true);
    assert!(html(&state).contains("report.html") && html(&state).contains("resumed at step"), "{state}");
    let report = served.get("/report.html");
    assert!(report.status == 200 && report.body == place.text("run/report.html"));
    #[cfg(unix)]
    {
        std::fs::rename(place.path("run/report.html"), place.path("run/other.html")).unwrap();
        std::os::unix::fs::symlink("other.html", place.path("run/report.html")).unwrap();
        assert_eq!(served.get("/report.html").status, 404, "a link is not followed");
        std::fs::rename(place.path("run/other.html"), place.path("run/report.html")).unwrap();
    }
    in_a_browser(&served);

    // another run in the folder
    std::fs::remove_dir_all(place.path("run")).expect("a folder");
    assert!(html(&served.state()).contains("waiting"));
    place.run(&format!("train fashion-small {RUN} --epochs 1")).exits(0);
    assert!(html(&served.state()).contains("1 of 1"), "{}", html(&served.state()));
}

#[test]
fn what_no_browser_asks_is_refused() {
    let place = Place::new();
    place.write("secret.txt", "secret");
    place.write("run/config.toml", "secret");
    let served = Served::new(&place);
    let port = served.port;
    let got = served.get("/");
    assert_eq!(got.status, 200);
    for field in [
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "X-Frame-Options: DENY",
        "Content-Type: text/html",
    ] {
        assert!(got.head.contains(field), "{}", got.head);
    }
    // the page asks its own server alone
    for outside in ["http://", "https://", "url(", "@import", "<link rel=\"stylesheet", " src="] {
        assert!(!got.body.contains(outside), "{outside}");
    }
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-";
    assert!(got.body.contains(policy) && got.body.contains("; connect-src 'self'\""), "{}", &got.body[..900]);
    let asked = |host: &str| served.send(&format!("GET / HTTP/1.1\r\n{host}\r\n")).status;
    assert_eq!(asked(&format!("Host: localhost:{port}\r\n")), 200);
    for host in ["", "Host: example.com\r\n", "Host: 127.0.0.1\r\n", "Host: 127.0.0.1:1\r\n", "Host: \r\n"] {
        assert_eq!(asked(host), 403, "{host}");
    }
    let rebound = format!("Host: evil.example:{port}\r\n");
    assert_eq!(asked(&rebound), 403);
    assert_eq!(asked(&format!("Host: 127.0.0.1:{port}\r\n{rebound}")), 403, "two of them");
    for path in [
        "/run",
        "/state?x",
        "/config.toml",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "//",
        "/run/config.toml",
        "http://127.0.0.1/",
    ] {
        let got = served.get(path);
        assert!(got.status == 404 && !got.body.contains("secret"), "{path}: {}", got.status);
    }
    for method in ["POST", "HEAD", "PUT", "DELETE", "OPTIONS"] {
        let got = served.send(&format!("{method} / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"));
        assert!(got.status == 405 && got.head.contains("Allow: GET"), "{method}: {}", got.status);
    }
    let nonsense = [
        "nonsense\r\n\r\n".to_string(),
        "\0\0\0\0\r\n\r\n".into(),
        format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(20_000)),
    ];
    for request in nonsense {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        let _ = stream.write_all(request.as_bytes());
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&answer));
    }
    // connections that ask nothing hold up nobody
    let idle: Vec<TcpStream> = (0..8).map(|_| TcpStream::connect(("127.0.0.1", port)).expect("it listens")).collect();
    assert_eq!(served.get("/state").status, 200);
    drop(idle);
    #[cfg(target_os = "linux")]
    assert!(TcpStream::connect(("127.0.0.2", port)).is_err(), "it listens at one address");
    let taken = place.run(&format!("watch run --web --port {port}")).exits(2);
    assert!(taken.err.contains(&format!("--port {port}: ")) && taken.err.contains("another --port"), "{taken}");
}

/// Chromium runs the page's script under its policy: it asks the server, and rests when the run is over.
fn in_a_browser(served: &Served) {
    let Some(browser) = crate::chromium::browser() else { return };
    let profile = tempfile::tempdir().expect("a folder");
    let address = format!("http://127.0.0.1:{}/", served.port);
    let dom = crate::chromium::dom(&browser, &address, profile.path(), 8000, &[]);
    for part in ["The run is over; this page no longer updates.", "<svg", "Its report"] {
        assert!(dom.contains(part), "{part}: {}", &dom[dom.len().saturating_sub(3000)..]);
    }
}
