//! Files that the program writes are as readable as those of other programs, and those that were there stay as they were.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::support::{Place, Ran, finish, start};

/// Runs a command line where files are made with this umask.
fn run_with_umask(place: &Place, umask: &str, line: &str) -> Ran {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")]).arg(place.lepton().get_program());
    command.args(line.split_whitespace());
    place.own(&mut command);
    finish(start(command))
}

/// The permissions of a file.
fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_picture_is_made_with_the_users_umask_and_keeps_its_permissions() {
    let place = Place::new();
    for (umask, wanted) in [("022", 0o644), ("002", 0o664), ("077", 0o600)] {
        let name = format!("{umask}.png");
        run_with_umask(&place, umask, &format!("show --out {name}")).exits(0);
        assert_eq!(mode(&place.path(&name)), wanted, "umask {umask}");
    }
    for kept in [0o600, 0o640, 0o666] {
        fs::set_permissions(place.path("022.png"), Permissions::from_mode(kept)).unwrap();
        run_with_umask(&place, "022", "show --index 1 --out 022.png").exits(0);
        assert_eq!(mode(&place.path("022.png")), kept);
    }
    assert!(place.read("022.png") != place.read("002.png"), "it has been written anew");
}

#[test]
fn every_file_of_a_run_has_the_permissions_that_the_umask_gives() {
    let Some(place) = Place::with_adapter() else { return };
    let train = "train --model linear --limit 64 --batch 32 --val-split 0.5 --epochs 1 --log csv,tensorboard";
    run_with_umask(&place, "002", &format!("{train} --out run")).exits(0);
    run_with_umask(&place, "002", "export run --onnx run/model.onnx").exits(0);
    let files = || place.snapshot().into_keys().filter(|path| path.is_file()).collect::<Vec<_>>();
    let names = files();
    assert!(names.len() > 7, "{names:?}");
    for path in names {
        assert_eq!(mode(&path), 0o664, "{}", path.display());
    }
}
