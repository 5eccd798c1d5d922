//! An HTTP server on this machine that answers right, wrong, late, half or not at all, by a script.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long a client of a stalled answer should wait; the answer hangs until the client has gone.
pub const STALL: Duration = Duration::from_millis(300);

/// What the server does with one request; the last of a script is repeated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// As HTTP asks, ranges included.
    Right,
    /// The whole file, whatever range was asked for.
    IgnoreRange,
    /// Closes the connection after half of what was asked for.
    Cut,
    /// Sends half, then nothing, with the connection open.
    Stall,
    /// Other bytes, of the right length.
    Wrong,
    /// A whole response, shorter than the file.
    Short,
    /// Bytes without end and without a length.
    Endless,
    /// A range that starts somewhere else.
    WrongRange,
    /// An answer without a body.
    Status(u16),
}

/// Path, and first byte asked for.
pub type Request = (String, Option<usize>);

/// The server; it stops when dropped.
pub struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves `content` under every path, answering by the script.
    pub fn new(content: Vec<u8>, script: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (log, stopped, script) = (requests.clone(), stop.clone(), script.to_vec());
        let content = Arc::new(content);
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let mut stream = stream.unwrap();
                let Some(request) = read_request(&stream) else {
                    continue;
                };
                let mut log = log.lock().unwrap();
                let answer = script[log.len().min(script.len() - 1)];
                log.push(request.clone());
                drop(log);
                let content = content.clone();
                // On its own, so that a stalled answer does not stall the next. The client may hang up at any time.
                thread::spawn(move || reply(&mut stream, &content, request.1, answer));
            }
        });
        let thread = Some(thread);
        Self { address, requests, stop, thread }
    }

    /// Where it listens, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// First byte asked for, of every request.
    pub fn ranges(&self) -> Vec<Option<usize>> {
        self.requests.lock().unwrap().iter().map(|(_, range)| *range).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().unwrap().join();
    }
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let path = lines.next()?.ok()?.split(' ').nth(1)?.to_string();
    let mut range = None;
    for line in lines {
        let line = line.ok()?.to_lowercase();
        if line.is_empty() {
            return Some((path, range));
        }
        if let Some(start) = line.strip_prefix("range: bytes=") {
            range = start.trim_end_matches('-').parse().ok();
        }
    }
    None
}

fn reply(stream: &mut TcpStream, content: &[u8], range: Option<usize>, answer: Answer) -> std::io::Result<()> {
    let total = content.len();
    if let Answer::Status(code) = answer {
        return write!(stream, "HTTP/1.1 {code} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    if answer == Answer::Endless {
        write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
        // Bounded here too, so that a client without a limit fails the test and not the machine.
        return (0..1000).try_for_each(|_| stream.write_all(&[0; 1 << 16]));
    }
    let range = range.filter(|_| answer != Answer::IgnoreRange);
    if range.is_some_and(|start| start >= total) {
        let head = format!("HTTP/1.1 416 No\r\nContent-Range: bytes */{total}\r\nContent-Length: 0");
        return write!(stream, "{head}\r\nConnection: close\r\n\r\n");
    }
    let start = range.unwrap_or(0);
    let mut body = content[start..].to_vec();
    match answer {
        Answer::Wrong => body.iter_mut().for_each(|byte| *byte ^= 0x55),
        Answer::Short => body.truncate(body.len() / 2),
        _ => {}
    }
    let named = if answer == Answer::WrongRange { start / 2 } else { start };
    let status = match range {
        Some(_) => format!("206 Partial Content\r\nContent-Range: bytes {named}-{}/{total}", total - 1),
        None => "200 OK".to_string(),
    };
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    let half = body.len() / 2;
    stream.write_all(if matches!(answer, Answer::Cut | Answer::Stall) { &body[..half] } else { &body })?;
    stream.flush()?;
    if answer == Answer::Stall {
        // nothing more is asked, so this ends when the client does
        while stream.read(&mut [0; 64])? > 0 {}
    }
    Ok(())
}
