//! Answers over HTTP with nothing but the standard library: `cargo run --release --example http_server -- runs/photos-1`, then
//! `curl --data-binary @photo.jpg http://127.0.0.1:8080/`. One predictor serves all threads.
//! With `--once` it answers one request of its own and ends.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::train::Predictor;
use lepton_gpu::{Run, data};

/// Images larger than this are refused before they are read.
const LARGEST: usize = 16 << 20;

/// A status line and a JSON body.
fn answer(predictor: &Predictor, body: &[u8]) -> (&'static str, serde_json::Value) {
    let image = match image::load_from_memory(body) {
        Ok(image) => image,
        Err(error) => return ("400 Bad Request", serde_json::json!({ "error": error.to_string() })),
    };
    match predictor.predict_image(&image) {
        Ok(answer) => {
            let top: Vec<_> = answer
                .top(5)
                .iter()
                .map(|class| serde_json::json!({ "class": class.name, "probability": class.probability }))
                .collect();
            ("200 OK", serde_json::json!({ "answers": top }))
        }
        Err(error) => ("500 Internal Server Error", serde_json::json!({ "error": error.to_string() })),
    }
}

fn serve(predictor: &Predictor, mut stream: TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?.take((LARGEST + (1 << 16)) as u64));
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(usize::MAX);
        }
    }
    let (status, json) = if length > LARGEST {
        ("413 Content Too Large", serde_json::json!({ "error": format!("at most {LARGEST} bytes") }))
    } else {
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        answer(predictor, &body)
    };
    let body = json.to_string();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", body.len())?;
    write!(stream, "Connection: close\r\n\r\n{body}")
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let gpu = Gpu::open(&Default::default())?;
    let argument = std::env::args().nth(1);
    let predictor = match argument.as_deref() {
        Some(run) if run != "--once" => Predictor::load(&gpu, run)?,
        _ => Run::new(ModelSpec::open("seed-mnist")?)
            .limit(2000)
            .epochs(1)
            .train(&gpu, &data::load(None)?)?
            .predictor(&gpu)?,
    };
    let once = argument.as_deref() == Some("--once");
    let listener = TcpListener::bind(if once { "127.0.0.1:0" } else { "127.0.0.1:8080" })?;
    println!("listening on http://{}", listener.local_addr()?);
    if once {
        let address = listener.local_addr()?;
        let client = thread::spawn(move || -> io::Result<String> {
            let mut stream = TcpStream::connect(address)?;
            // a portable grey map of one colour
            let image = [b"P5 28 28 255\n".as_slice(), &[128; 28 * 28]].concat();
            write!(stream, "POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", image.len())?;
            stream.write_all(&image)?;
            let mut reply = String::new();
            stream.read_to_string(&mut reply)?;
            Ok(reply)
        });
        serve(&predictor, listener.accept()?.0)?;
        println!("{}", client.join().expect("the client does not panic")?);
        return Ok(());
    }
    for stream in listener.incoming() {
        let (predictor, stream) = (predictor.clone(), stream?);
        // a client that goes away is no reason to end
        thread::spawn(move || serve(&predictor, stream));
    }
    Ok(())
}
