//! Every mistake of a user gets one screen of text that names the place, the numbers and a way out, exit code 2, and
//! changes no file.

#[path = "bad_input/bytes.rs"]
mod bytes;
#[path = "bad_input/cases.rs"]
mod cases;
#[path = "bad_input/disk.rs"]
mod disk;
#[path = "bad_input/images.rs"]
mod images;
#[path = "bad_input/no_file.rs"]
mod no_file;
#[path = "cli/support.rs"]
mod support;

use bytes::{inserted, replaced};
use cases::{Case, refused};
use support::{Place, Ran, idx, start};

fn case(line: &'static str, says: &'static [&'static str]) -> Case {
    Case { line, says }
}

#[test]
fn command_lines() {
    refused(
        &Place::new(),
        &[
            case("train --model seed-mnits", &["`seed-mnits`", "did you mean `seed-mnist`?", "try:"]),
            case("inspect seed-mnits", &["`seed-mnits`", "did you mean `seed-mnist`?", "try:"]),
            case("inspect", &["MODEL"]),
            case("models seed-mnits", &["`seed-mnits`", "did you mean `seed-mnist`?", "`lepton-gpu models`", "try:"]),
            case("train fotos", &["`fotos`", "fashion-small", "try:"]),
            case("train --data fotos", &["`fotos`"]),
            case("train --data a b", &["--data"]),
            case("train --batch 0", &["--batch 0", "from 1 to 65536, or `auto`", "try:"]),
            case("train --batch 65537", &["--batch 65537", "from 1 to 65536"]),
            case("train --batch many", &["--batch many", "from 1 to 65536"]),
            case("train --limit 0", &["--limit 0", "1 or more"]),
            case("train --steps=-1", &["--steps -1", "0 or more"]),
            case("train --epochs -3", &["--epochs -3", "a whole number from 0", "try: --epochs 5"]),
            case("train --seed -1", &["--seed -1", "0 or more", "try: --seed 0"]),
            case("train --warmup -1", &["--warmup -1", "0 or more"]),
            case("train --max-length 0", &["--max-length 0", "from 1 to 65536"]),
            case("train --val-split 2", &["--val-split", "2", "--val-split 0.1"]),
            case("train --val-split 0", &["--val-split", "0"]),
            case("train --val-split nan", &["--val-split", "nan"]),
            case("train --val-split tset", &["--val-split", "tset", "`test`"]),
            case("train --lr nan", &["--lr nan", "0 or more", "try: --lr 0.001"]),
            case("train --lr=-0.1", &["--lr", "-0.1"]),
            case("train --lr inf", &["--lr", "inf"]),
            case("train --momentum 0.5", &["--momentum", "--optimizer sgd"]),
            case("train --optimizer adam --nesterov", &["--nesterov", "--optimizer sgd"]),
            case("train --optimizer sgd --momentum 1", &["--momentum", "1"]),
            case("train --optimizer lion --alpha 0.9", &["--alpha", "--optimizer rmsprop"]),
            case("train --beta1 1.5", &["--beta1", "1.5", "below 1"]),
            case("train --clip-norm 0", &["--clip-norm", "above 0"]),
            case("train --clip-value inf", &["--clip-value", "inf"]),
            case("train --ema-constant", &["`ema_constant`", "`ema`", "try: --ema 0.999"]),
            case("train --save-every 0", &["--save-every 0", "1h30m", "try: --save-every 5m"]),
            case("train --ema 1", &["--ema 1", "above 0 and below 1"]),
            case("train --lookahead 5:2", &["--lookahead", "up to 1", "try:"]),
            case("train --lookahead five", &["--lookahead", "`five` is not a number of steps"]),
            case("train --ema 0.9 --lookahead 5", &["`ema`", "`lookahead`", "one of them"]),
            case("train --accumulate 0", &["--accumulate"]),
            case("train --freeze convolution*", &["convolution*", "conv1.weight", "try:"]),
            case("train --freeze *", &["nothing to train"]),
            case("train --lr-factor conv1", &["--lr-factor", "number"]),
            case("train --lr-factor conv1.*=-1", &["conv1.*", "0 or more"]),
            case("train --weight-decay nan", &["--weight-decay nan", "0 or more"]),
            case("train --optimizer adagrad", &["'adagrad'", "sgd, adam"]),
            case("train --resume", &["--out"]),
            case("train --resume --out run", &["run", "last.safetensors", "try:"]),
            case("eval run", &["run", "try:"]),
            case("predict run x.png", &["run", "try:"]),
            case("predict run", &["IMAGES"]),
            case("verify --op rleu", &["`rleu`", "did you mean `relu`?"]),
            case("show --index 10000 --out x.png", &["10000", "9999"]),
            case("show fotos --out x.png", &["`fotos`"]),
            case("data fetch fotos", &["`fotos`", "mnist"]),
            case("data fetch fashion-small", &["`fashion-small`", "try:"]),
            case("trian", &["'trian'", "train"]),
        ],
    );
}

const HEAD: &str = "name = \"m\"\ninput = [28, 28, 1]\n";
const FLAT: &str = "[[layer]]\ntype = \"flatten\"\n[[layer]]\ntype = \"linear\"\nname = \"head\"\n";

#[test]
fn model_files() {
    let place = Place::new();
    let wide = |rest: &str| {
        format!("{HEAD}[[layer]]\ntype = \"conv2d\"\nname = \"wide\"\nfilters = 4\n{rest}\n{FLAT}units = 10\n")
    };
    for (name, text) in [
        ("key", wide("kernel = 3\nkernle = 5")),
        ("top", format!("epochs = 3\n{}", wide("kernel = 3"))),
        ("large", wide("kernel = [3, 40]")),
        ("string", wide("kernel = \"3\"")),
        ("stride", wide("kernel = 3\nstride = 0")),
        ("groups", wide("kernel = 3\ngroups = 3")),
        ("type", format!("{HEAD}[[layer]]\ntype = \"gru\"\n")),
        ("broken", "name = ".into()),
        ("empty", String::new()),
        ("reads", format!("{HEAD}[[layer]]\ntype = \"flatten\"\ninputs = [\"nobody\"]\n")),
        ("vast", format!("{HEAD}{FLAT}units = 9000000\n")),
        ("endless", format!("{HEAD}{FLAT}units = 9000000000000000000\n")),
        ("image", format!("{HEAD}[[layer]]\ntype = \"relu\"\n")),
        (
            "pool",
            format!(
                "{HEAD}[[layer]]\ntype = \"avg_pool2d\"\npool = 9000000\nstride = 1\npadding = \"same\"\n{FLAT}units = 10\n"
            ),
        ),
        ("half", format!("{HEAD}[[layer]]\ntype = \"max_pool2d\"\npool = 2\n")),
    ] {
        place.write(&format!("{name}.toml"), text);
    }
    place.write("bytes.toml", [0xff, 0xfe, 0x00]);
    refused(
        &place,
        &[
            case("train --model key.toml", &["key.toml", "`wide`", "`kernle`", "`kernel`"]),
            case("inspect key.toml", &["key.toml", "`kernle`"]),
            case("inspect top.toml", &["top.toml", "`epochs`"]),
            case("inspect large.toml", &["`wide`", "3x40", "28x28", "try:"]),
            case("inspect string.toml", &["string.toml", "`wide`", "kernel"]),
            case("inspect stride.toml", &["`wide`", "stride 0x0"]),
            case("inspect groups.toml", &["`wide`", "groups = 3", "4 filters"]),
            case("inspect type.toml", &["type.toml", "`gru`", "conv2d"]),
            case("inspect broken.toml", &["broken.toml", "line 1"]),
            case("inspect empty.toml", &["empty.toml", "`name`"]),
            case("inspect reads.toml", &["reads.toml", "`nobody`"]),
            // an image of the input's size may be an autoencoder's; it is no answer for classes, and another size is none at all
            case("train --model image.toml --loss cross-entropy", &["28, 28, 1", "try:"]),
            case("train --model image.toml", &["`m`", "no trainable layers", "try:"]),
            case("inspect half.toml", &["14, 14, 1", "try:"]),
            case("inspect vast.toml --plan", &["[784, 9000000]", "4294967295", "try:"]),
            case("inspect endless.toml", &["`head`", "9000000000000000000"]),
            case("inspect pool.toml", &["9000000x9000000", "28x28", "global_avg_pool"]),
            case("inspect bytes.toml", &["bytes.toml"]),
            case("inspect .", &["."]),
        ],
    );
    if Place::with_adapter().is_some() {
        refused(&place, &[case("train --model large.toml", &["`wide`", "3x40", "28x28", "try:"])]);
    }
}

/// A folder with `count` training images of `size`², with labels 0 to `classes` - 1.
fn images(place: &Place, folder: &str, count: u32, size: u32, classes: u32) {
    let pixels: Vec<u8> = (0..count * size * size).map(|i| (i * 37 % 251) as u8).collect();
    let labels: Vec<u8> = (0..count).map(|i| (i % classes) as u8).collect();
    place.write(&format!("{folder}/train-images-idx3-ubyte"), idx(&[count, size, size], &pixels));
    place.write(&format!("{folder}/train-labels-idx1-ubyte"), idx(&[count], &labels));
}

#[test]
fn data_folders() {
    let place = Place::new();
    for folder in ["cut", "magic", "counts", "alone", "hollow", "huge", "good", "typed"] {
        images(&place, folder, 30, 28, 10);
    }
    images(&place, "small", 30, 8, 10);
    images(&place, "three", 30, 28, 3);
    place.write("ten.toml", format!("{HEAD}{FLAT}units = 10\n"));
    place.write("photos/a.jpg", "a picture");
    place.write("file", "no folder");
    place.write("magic/train-images-idx3-ubyte", "<html>not found</html>");
    place.write("typed/train-images-idx3-ubyte", [0, 0, 0x0d, 3, 0, 0, 0, 1]);
    place.write("counts/train-labels-idx1-ubyte", idx(&[29], &[0; 29]));
    place.write("hollow/train-images-idx3-ubyte", "");
    place.write("huge/train-images-idx3-ubyte", idx(&[u32::MAX, 28, 28], &[0; 100]));
    let whole = place.read("cut/train-images-idx3-ubyte");
    place.write("cut/train-images-idx3-ubyte", &whole[..whole.len() - 5]);
    std::fs::remove_file(place.path("alone/train-labels-idx1-ubyte")).expect("a file can be removed");
    refused(
        &place,
        &[
            case("train photos --out run", &["photos", "1 image and no folder for each class", "try:"]),
            case("train file --out run", &["file", "not a folder"]),
            case("train cut --out run", &["cut/train-images-idx3-ubyte", "23536", "23531"]),
            case("train magic --out run", &["magic/train-images-idx3-ubyte", "byte 0", "3c 68", "00 00"]),
            case("train typed --out run", &["byte 2", "0x0d", "0x08"]),
            case("train counts --out run", &["30 images", "29 labels", "train-labels-idx1-ubyte"]),
            case("train hollow --out run", &["hollow/train-images-idx3-ubyte", "0 bytes", "17"]),
            case("train huge --out run", &["4294967295, 28, 28", "4294967296"]),
            case("train alone --out run", &["train-labels-idx1-ubyte", "missing"]),
            case("show cut --out x.png", &["23536", "23531"]),
            case("show good --test --out x.png", &["good", "no test images"]),
            case("show good --index 30 --out x.png", &["30", "29"]),
        ],
    );
    if Place::with_adapter().is_none() {
        return;
    }
    refused(
        &place,
        &[
            case("train small --model seed-mnist --out run", &["28x28x1", "8x8x1", "try:"]),
            case("train --model seed-cifar --out run", &["32x32x3", "28x28x1", "try:"]),
            case("train three --model ten.toml --out run", &["10 classes", "3", "units = 3"]),
            case(
                "train good --model linear --val-split test --out run",
                &["good", "no test images", "--val-split 0.1"],
            ),
            case("train --limit 1 --val-split 0.9 --out run", &["--val-split", "--limit"]),
            case("train --model linear --batch 65536 --out run", &["205520896", "--batch"]),
        ],
    );
}

#[test]
fn checkpoints() {
    let Some(place) = Place::with_adapter() else { return };
    place.run("train --model linear --limit 64 --batch 64 --epochs 1 --out run").exits(0);
    let good = place.read("run/last.safetensors");
    place.write("cut/last.safetensors", &good[..good.len() - 100]);
    place.write("head/last.safetensors", &good[..50]);
    place.write("empty/last.safetensors", "");
    place.write("text/last.safetensors", "this is not a checkpoint at all, whatever its name says\n");
    // the metadata says 12 classes, the weights are of 10; the length of the file stays
    place.write("model/last.safetensors", replaced(&good, b"units = 10", b"units = 12"));
    place.write("name/last.safetensors", replaced(&good, b"\"dense.bias\"", b"\"dense.bais\""));
    place.write("format/last.safetensors", replaced(&good, b"\\\"format\\\":1", b"\\\"format\\\":9"));
    // a pooling window over 10^10 pixels in the model that the checkpoint holds
    let vast =
        br#"type = \\\"avg_pool2d\\\"\\npool = 99999\\nstride = 1\\npadding = \\\"same\\\"\\n\\n[[layer]]\\ntype = \\\"flatten\\\""#;
    place.write("vast/last.safetensors", inserted(&good, br#"type = \\\"flatten\\\""#, vast));
    place.write("batch/last.safetensors", replaced(&good, br#"\"batch\":64"#, br#"\"batch\": 0"#));
    let header = br#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    let foreign = [&(header.len() as u64).to_le_bytes()[..], header, &[0; 8]].concat();
    place.write("foreign/last.safetensors", foreign);
    std::fs::create_dir_all(place.path("folder/last.safetensors")).expect("a folder can be made");
    place.write("shirt.pgm", b"P5 28 28 255\n".iter().copied().chain([7; 784]).collect::<Vec<u8>>());
    refused(
        &place,
        &[
            case("train --model linear --out run", &["run", "--resume", "another --out"]),
            case("train --resume --out run --batch 32", &["--resume", "--batch"]),
            case("train --resume --out run --lr 0.1", &["--lr", "only --epochs, --steps, --patience"]),
            case("train photos --resume --out run", &["photos"]),
            case("train --resume --out run --val-split 0.1", &["--val-split"]),
            case("train --resume --out cut", &["cut/last.safetensors", "damaged or incomplete", "bytes", "try:"]),
            case("eval cut", &["cut/last.safetensors", "damaged or incomplete"]),
            case("predict cut shirt.pgm", &["cut/last.safetensors"]),
            case("predict head --grid x.png", &["head/last.safetensors", "50 bytes"]),
            case("train --resume --out empty", &["empty/last.safetensors", "0 bytes"]),
            case("train --out empty", &["empty", "--resume"]),
            case("eval text", &["text/last.safetensors", "damaged or incomplete"]),
            case("train --resume --out foreign", &["foreign/last.safetensors", "another program"]),
            case("eval foreign/last.safetensors", &["foreign/last.safetensors", "another program"]),
            case("train --resume --out format", &["format/last.safetensors", "format 9", "format 1"]),
            case("train --resume --out batch", &["batch/last.safetensors", "batch"]),
            case("eval vast", &["99999x99999", "28x28"]),
            case("eval batch", &["batch/last.safetensors", "batch"]),
            case("train --resume --out model", &["12", "10"]),
            case("eval model", &["model/last.safetensors", "another model", "[784, 10]", "[784, 12]"]),
            case("predict model shirt.pgm", &["another model", "[784, 10]", "[784, 12]"]),
            case("train --resume --out name", &["name/last.safetensors", "`dense.bias`"]),
            case("train --resume --out folder", &["folder/last.safetensors"]),
            case("eval run --data elsewhere", &["`elsewhere`"]),
            case("predict run --grid x.png --from 2000", &["2000 test images"]),
        ],
    );
}

#[test]
fn data_that_changed_under_a_run() {
    let Some(place) = Place::with_adapter() else { return };
    images(&place, "data", 40, 28, 10);
    place.run("train data --model linear --batch 4 --steps 6 --out run").exits(0);
    images(&place, "data", 20, 28, 10);
    refused(&place, &[case("train --resume --out run", &["40", "20"])]);
}

/// A name is text, not a path and not TOML.
#[test]
fn model_names() {
    let Some(place) = Place::with_adapter() else { return };
    for name in ["a\"b", "a\\b", "../../up", "/abs", "two\nlines", " ", "ü"] {
        let quoted = toml::Value::from(name).to_string();
        place.write("inner/m.toml", format!("name = {quoted}\ninput = [28, 28, 1]\n{FLAT}units = 10\n"));
        let mut command = place.lepton();
        command.current_dir(place.path("inner")).args("train --model m.toml --limit 64 --epochs 1".split_whitespace());
        let ran = support::finish(start(command));
        if ran.code == Some(2) {
            cases::check(&ran, &["m.toml", "name"]).unwrap_or_else(|problem| panic!("{name:?}: {problem}\n{ran}"));
            continue;
        }
        let ran = ran.exits(0);
        let run = format!("inner/{}", ran.line("run ")["run ".len()..].trim());
        let real = place.path(&run).canonicalize().unwrap_or_else(|error| panic!("{name:?}: {run}: {error}"));
        let runs = place.path("inner/runs").canonicalize().expect("the folder of runs");
        assert!(real.starts_with(runs), "{name:?}: {run} is elsewhere");
        place.run_args(&["eval", &run]).exits(0);
    }
}

#[test]
fn a_users_own_files_in_the_run_folder() {
    let Some(place) = Place::with_adapter() else { return };
    let mine = format!("# mine\n{HEAD}{FLAT}units = 10\n");
    place.write("model.toml", &mine);
    place.write("config.toml", "mine = true\n");
    let ran = place.run("train --model model.toml --limit 64 --epochs 1 --out .");
    assert!(ran.code == Some(2) || ran.code == Some(0), "{ran}");
    assert_eq!([place.text("model.toml"), place.text("config.toml")], [mine, "mine = true\n".into()]);
}

#[test]
fn a_loss_that_is_no_number() {
    let Some(place) = Place::with_adapter() else { return };
    let ran = place.run("train --model seed-functional --optimizer sgd --lr 1e30 --limit 512 --out run");
    // the first update made weights of which the second step's loss is NaN
    cases::check(&ran, &["the training loss is NaN after step 1,", "--lr"])
        .unwrap_or_else(|problem| panic!("{problem}\n{ran}"));
    assert!(!place.path("run/best.safetensors").exists(), "no epoch has ended");
    // one fault has one name, whoever meets it: the next step, a look at the end of the run, or an evaluation
    let wrong = "train --model seed-functional --optimizer sgd --lr 1e30 --limit 512 --out";
    for (steps, rest, says) in [
        (1, "", "the training loss is NaN after step 1,"),
        (3, "", "the training loss is NaN after step 1,"),
        (1, "--batch 512 --val-split test", "the validation loss is NaN after step 1,"),
    ] {
        let ran = place.run(&format!("{wrong} run{steps}{} --steps {steps} {rest}", rest.len()));
        cases::check(&ran, &[says, "--lr"]).unwrap_or_else(|problem| panic!("{problem}\n{ran}"));
    }
    let kept = place.run("eval run --json").exits(0).json();
    assert!(kept["loss"].as_f64().is_some_and(|loss| (2.0..3.0).contains(&loss)), "the untrained model: {kept}");
    let before = place.read("run/last.safetensors");
    let again = place.run("train --resume --out run");
    cases::check(&again, &["the training loss is NaN after step 1,"])
        .unwrap_or_else(|problem| panic!("{problem}\n{again}"));
    assert!(place.read("run/last.safetensors") == before, "resuming ends the same way");
}

#[test]
fn an_adapter_that_is_not_there() {
    let Some(place) = Place::with_adapter() else { return };
    refused(
        &place,
        &[
            case("devices --adapter nonesuch", &["`nonesuch`", "\n  0  ", "try:"]),
            case("train --adapter nonesuch --out run", &["`nonesuch`", "\n  0  "]),
            case("verify --adapter 97", &["`97`", "\n  0  "]),
        ],
    );
}

/// Metal is not on Linux, so nothing is left of what there is.
#[cfg(target_os = "linux")]
#[test]
fn no_adapter_at_all() {
    let place = Place::new();
    for line in ["devices", "devices --json", "train --out run", "verify --op relu"] {
        let mut command = place.lepton();
        command.env("WGPU_BACKEND", "metal").args(line.split_whitespace());
        let ran: Ran = support::finish(start(command));
        cases::check(&ran, &["no adapter", "try:"]).unwrap_or_else(|problem| panic!("{line}: {problem}\n{ran}"));
        assert_eq!(place.snapshot().len(), 0, "{line} leaves nothing");
    }
    // what needs no adapter works without one
    let mut command = place.lepton();
    command.env("WGPU_BACKEND", "metal").args(["inspect", "linear", "--plan"]);
    assert!(support::finish(start(command)).exits(0).out.contains("peak"));
}
