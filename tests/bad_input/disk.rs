//! Disks that are full and folders that are locked.

use std::path::Path;

use crate::case;
use crate::cases::refused;
use crate::support::Place;

/// Makes a folder into which nobody may write; `false` where this user may write everywhere.
pub fn lock(folder: &Path) -> bool {
    std::fs::create_dir(folder).expect("a folder can be made");
    let mut rights = folder.metadata().expect("the folder is there").permissions();
    rights.set_readonly(true);
    std::fs::set_permissions(folder, rights).expect("the folder is ours");
    let test = folder.join("test");
    let locked = std::fs::write(&test, "").is_err();
    if !locked {
        std::fs::remove_file(test).expect("the file is ours");
        eprintln!("locked folders are skipped: this user may write everywhere");
    }
    locked
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::OpenOptions;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use crate::cases::check;
    use crate::support::{Place, Ran, finish, start};

    /// A shell's command line in front of the program's.
    fn in_shell(place: &Place, before: &str, line: &str) -> Ran {
        let mut shell = Command::new("sh");
        place.own(&mut shell);
        shell.args(["-c", &format!("{before} exec \"$0\" {line}"), env!("CARGO_BIN_EXE_lepton-gpu")]);
        finish(start(shell))
    }

    #[track_caller]
    fn says(ran: &Ran, parts: &[&str]) {
        check(ran, parts).unwrap_or_else(|problem| panic!("{problem}\n{ran}"));
    }

    /// `/dev/full` takes no byte: "no space left on device", for any user.
    #[test]
    fn a_log_on_a_full_disk_stops_the_run_and_leaves_a_checkpoint() {
        let Some(place) = Place::with_adapter() else { return };
        std::fs::create_dir(place.path("run")).expect("a folder can be made");
        symlink("/dev/full", place.path("run/events.jsonl")).expect("a link can be made");
        let ran = place.run("train --model linear --limit 64 --epochs 2 --out run");
        says(&ran, &["run/events.jsonl", "No space left", "try:"]);
        place.run("eval run/last.safetensors").exits(0);
        // on another disk the run goes on
        std::fs::remove_file(place.path("run/events.jsonl")).expect("a link can be removed");
        place.run("train --resume --out run").exits(0);
        place.run("train --model linear --limit 64 --epochs 2 --out whole").exits(0);
        assert!(place.read("run/last.safetensors") == place.read("whole/last.safetensors"));
    }

    /// `ulimit -f` cuts a write in the middle, as a full disk does, and its signal ends nothing. (`show` needs no adapter.)
    #[test]
    fn a_picture_that_does_not_fit_leaves_the_old_one() {
        let place = Place::new();
        place.write("x.png", "the old file");
        let before = place.snapshot();
        let ran = in_shell(&place, "ulimit -f 8;", "show --out x.png");
        says(&ran, &["x.png", "File too large"]);
        assert!(place.snapshot() == before, "the old file stays, and nothing beside it");
    }

    /// Software Vulkan keeps its memory in a file, and ends the process where that file may not grow.
    #[test]
    fn a_limit_on_the_size_of_files_is_said_before_a_driver_meets_it() {
        let Some(place) = Place::with_adapter() else { return };
        if !in_shell(&place, "", "devices").exits(0).out.contains("software") {
            return;
        }
        for (limit, line) in [
            (20, "train --steps 1 --out run"),
            (20, "verify --op relu"),
            // the adapter opens, and the plan is too large
            (50 << 10, "train --model vgg16 --size 32 --batch 8 --steps 1 --out run"),
        ] {
            let ran = in_shell(&place, &format!("ulimit -f {limit};"), line);
            says(&ran, &["keeps its memory in a file", "ulimit -f unlimited"]);
            assert!(!place.path("run").exists(), "{line}");
        }
        in_shell(&place, "ulimit -f 200000;", "train --model linear --limit 64 --epochs 1 --out run").exits(0);
    }

    /// A disk of 240 KiB, where a user may mount one.
    #[test]
    fn a_full_disk_keeps_the_last_checkpoint() {
        let Some(place) = Place::with_adapter() else { return };
        let mount = "mkdir disk && mount -t tmpfs -o size=240k none disk";
        let may = Command::new("unshare").current_dir(place.folder()).args(["-rm", "sh", "-c", mount]).output();
        if !may.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: this user may not mount a disk");
            return;
        }
        // a run that fits, then one whose second checkpoint does not, on a disk that is gone when the shell ends
        let script = "mount -t tmpfs -o size=240k none disk; \
            \"$0\" train --model linear --limit 64 --steps 0 --out disk/run > steps0.txt || exit 90; \
            head -c 120000 /dev/zero > disk/other; \
            \"$0\" train --resume --epochs 1 --out disk/run; code=$?; \
            rm disk/other; ls -A disk/run > left.txt; \
            \"$0\" eval disk/run/last.safetensors > eval.txt || exit 91; exit $code";
        let mut command = Command::new("unshare");
        place.own(&mut command);
        command.args(["-rm", "sh", "-c", script, env!("CARGO_BIN_EXE_lepton-gpu")]);
        let ran = finish(start(command));
        says(&ran, &["disk/run/", "No space left", "try:"]);
        assert!(!place.text("left.txt").contains("tmp"), "nothing half-written stays: {}", place.text("left.txt"));
        assert!(place.text("eval.txt").contains("loss: "), "the old checkpoint is whole");
    }

    #[test]
    fn output_that_cannot_be_written_is_an_error() {
        let place = Place::new();
        for line in ["models", "inspect linear --plan", "data list"] {
            let mut command = place.lepton();
            let full = OpenOptions::new().write(true).open("/dev/full").expect("Linux has /dev/full");
            command.args(line.split_whitespace()).stdout(full).stderr(std::process::Stdio::piped());
            let ran = finish(command.spawn().expect("the program starts"));
            says(&ran, &["No space left"]);
        }
        // an error that nobody can be told is one all the same
        let mut command = place.lepton();
        let full = OpenOptions::new().write(true).open("/dev/full").expect("Linux has /dev/full");
        command.args(["inspect", "nonesuch"]).stdout(std::process::Stdio::piped()).stderr(full);
        finish(command.spawn().expect("the program starts")).exits(2);
    }
}

#[test]
fn places_to_write() {
    let Some(place) = Place::with_adapter() else { return };
    place.run("train --model linear --limit 64 --steps 0 --out run").exits(0);
    place.write("file", "mine");
    let mut cases = vec![
        case("train --model linear --limit 64 --out file", &["file"]),
        case("train --model linear --limit 64 --out file/below", &["file/below"]),
        case("predict run --grid missing/x.png", &["missing/x.png"]),
        case("show --out missing/x.png", &["missing/x.png"]),
        case("show --out run", &["run"]),
    ];
    if cfg!(target_os = "linux") {
        cases.push(case("train --model linear --limit 64 --out /dev/full/x", &["/dev/full/x"]));
    }
    if lock(&place.path("locked")) {
        cases.push(case("train --model linear --limit 64 --out locked/run", &["locked/run"]));
        cases.push(case("train --model linear --limit 64 --out locked", &["locked"]));
        cases.push(case("show --out locked/x.png", &["locked/x.png"]));
    }
    refused(&place, &cases);
}
