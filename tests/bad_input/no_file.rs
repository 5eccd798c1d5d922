//! Pipes, devices and sockets where a file should be.

use crate::cases;
use crate::support::{self, Place, start};
use crate::{case, refused};

/// A pipe that nobody writes to, a device without an end, a socket: each is named, and nothing waits for it.
#[cfg(unix)]
#[test]
fn what_is_no_file_under_the_name_of_one() {
    let Some(place) = Place::with_adapter() else { return };
    place.run("train --model linear --limit 64 --steps 0 --out run").exits(0);
    let mkfifo = std::process::Command::new("mkfifo").arg(place.path("pipe")).status();
    assert!(mkfifo.expect("mkfifo runs").success());
    std::os::unix::fs::symlink("/dev/random", place.path("device.png")).expect("a link");
    std::fs::create_dir_all(place.path("photos/a"))
        .and_then(|()| std::fs::create_dir_all(place.path("photos/b")))
        .unwrap();
    for name in ["photos/a/1.png", "photos/b/1.png"] {
        image::RgbImage::new(4, 4).save(place.path(name)).expect("a picture");
    }
    std::os::unix::fs::symlink("/dev/zero", place.path("photos/b/2.png")).expect("a link");
    let pipe = &["a pipe (FIFO), not a file"][..];
    refused(
        &place,
        &[
            case("train --model ./pipe --out x", pipe),
            case("train --recipe ./pipe --out x", pipe),
            case("train --init ./pipe --out x", pipe),
            case("train pipe --out x", pipe),
            case("inspect ./pipe", pipe),
            case("inspect /dev/random", &["/dev/random", "a device, not a file"]),
            case("eval pipe", pipe),
            case("eval run --data pipe", pipe),
            case("predict run pipe", pipe),
            case("predict run device.png", &["device.png", "a device, not a file"]),
            case("predict pipe x.png", pipe),
            case("bench --from pipe", pipe),
            case("import pipe", pipe),
            case("export pipe --onnx x.onnx", pipe),
            case("data check pipe", pipe),
            case("show pipe --out x.png", pipe),
        ],
    );
    let mut command = place.lepton();
    command.env("RAYON_NUM_THREADS", "100000").args(["models"]);
    let ran = support::finish(start(command));
    cases::check(&ran, &["RAYON_NUM_THREADS is 100000", "at most 1024 threads", "try: RAYON_NUM_THREADS="]).unwrap();
    // among pictures it is none
    place.run("data check photos");
    let mut command = place.lepton();
    command.env("LEPTON_TILES", "pipe").args("train --model linear --limit 64 --steps 1 --out x".split(' '));
    let ran = support::finish(start(command));
    cases::check(&ran, &["pipe", "a pipe (FIFO), not a file"]).unwrap_or_else(|problem| panic!("{problem}\n{ran}"));
}
