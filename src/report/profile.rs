//! Where the time of a training step goes, as a table.

use comfy_table::{CellAlignment, Table, presets};

use crate::train::{LaunchTime, Profile};

/// `1.23 ms`, `45.6 us`.
fn short(seconds: f64) -> String {
    if seconds >= 1e-3 { format!("{:.2} ms", seconds * 1e3) } else { format!("{:.1} us", seconds * 1e6) }
}

/// What a launch achieves: multiply-adds count as two operations.
fn rate(launch: &LaunchTime) -> String {
    let seconds = launch.median().max(1e-12);
    match launch.multiply_adds {
        0 => format!("{:.2} GB/s", launch.bytes as f64 / seconds / 1e9),
        count => format!("{:.1} GFLOP/s", 2.0 * count as f64 / seconds / 1e9),
    }
}

/// Prints the launches of a step, slowest first.
pub fn print_profile(profile: &Profile) {
    let total = profile.step_seconds();
    if profile.steps == 0 || total == 0.0 {
        say!("profile  this adapter cannot time kernel launches (no timestamp queries)");
        return;
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["layer", "kernel", "time", "share", "rate"]);
    for column in 2..5 {
        table.column_mut(column).expect("the header has five columns").set_cell_alignment(CellAlignment::Right);
    }
    let mut sorted: Vec<&LaunchTime> = profile.launches.iter().collect();
    sorted.sort_by(|a, b| b.median().total_cmp(&a.median()));
    for launch in sorted {
        let (time, share) = (short(launch.median()), format!("{:.1} %", 100.0 * launch.median() / total));
        table.add_row([launch.layer.clone(), launch.kernel.clone(), time, share, rate(launch)]);
    }
    say!("profile  median of {} steps, each launch in its own pass", profile.steps);
    say!("{table}");
    say!("{} launches, {} on the device", profile.launches.len(), short(total));
}
