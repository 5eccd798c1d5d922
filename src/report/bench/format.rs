//! Numbers and texts as the screen, the comparison and the page show them.

use crate::bench::{Ceiling, Host, KernelResult, LossCheck, Run, Sampled};

/// Three significant digits: `1234`, `12.3`, `0.0123`; very large and very small ones with an exponent.
pub fn figure(x: f64) -> String {
    if x == 0.0 {
        return "0".into();
    }
    if !x.is_finite() {
        return "-".into();
    }
    // the exponent after rounding: 9.996 is 10.0
    let scientific = format!("{x:.2e}");
    let exponent: i32 = scientific.rsplit('e').next().and_then(|e| e.parse().ok()).unwrap_or(0);
    match exponent {
        -3..6 => format!("{x:.*}", (2 - exponent).max(0) as usize),
        _ => scientific,
    }
}

/// [`figure`], from 1,000 on as a whole number with commas: `212,430`.
pub fn grouped(x: f64) -> String {
    if !(999.5..1e15).contains(&x) {
        return figure(x);
    }
    let digits = format!("{x:.0}");
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A time and its unit: `1.24` and `ms`.
pub fn time(seconds: f64) -> [String; 2] {
    let (scale, unit) = match seconds.abs() {
        s if s >= 0.9995 => (1.0, "s"),
        s if s >= 0.9995e-3 => (1e3, "ms"),
        s if s >= 0.9995e-6 || s == 0.0 => (1e6, "µs"),
        _ => (1e9, "ns"),
    };
    [figure(seconds * scale), unit.into()]
}

/// `1.24 ms`.
pub fn duration(seconds: f64) -> String {
    time(seconds).join(" ")
}

/// [`duration`] of what may not have been measured.
pub fn maybe(seconds: Option<f64>) -> String {
    seconds.map_or("-".into(), duration)
}

/// `4.83 GFLOP`.
pub fn operations(flops: f64) -> String {
    let units = [("TFLOP", 1e12), ("GFLOP", 1e9), ("MFLOP", 1e6), ("kFLOP", 1e3)];
    let (unit, size) = units.into_iter().find(|(_, size)| flops >= *size).unwrap_or(("FLOP", 1.0));
    format!("{} {unit}", figure(flops / size))
}

/// `2026-02-11 09:14:05 UTC`.
pub fn began(run: &Run) -> String {
    run.began.replacen('T', " ", 1).replace('Z', " UTC")
}

/// A number and its unit; small rates in the next smaller unit, so that a processor's have digits too.
pub fn in_unit(value: f64, unit: &str) -> [String; 2] {
    match unit {
        "TFLOP/s" if value < 0.1 => [figure(value * 1e3), "GFLOP/s".into()],
        "us" => [figure(value), "µs".into()],
        _ => [figure(value), unit.into()],
    }
}

/// A ceiling's value with its unit.
pub fn ceiling_value(ceiling: &Ceiling) -> String {
    in_unit(ceiling.value.median, &ceiling.unit).join(" ")
}

/// What a kernel reaches, in the unit of what bounds it: `12.3 TFLOP/s`, or `812 GB/s` where that is copying.
pub fn rate(kernel: &KernelResult) -> String {
    if by_memory(kernel) {
        in_unit(kernel.gbytes(), "GB/s").join(" ")
    } else {
        in_unit(kernel.tflops(), "TFLOP/s").join(" ")
    }
}

/// Whether a kernel is bound by moving memory.
fn by_memory(kernel: &KernelResult) -> bool {
    kernel.bound == "copy" || kernel.flops == 0
}

/// A ceiling's id without its type, which stands beside it: `fma`, `matrix`, `copy`.
pub fn bound(id: &str) -> &str {
    id.trim_end_matches("_f32").trim_end_matches("_f16")
}

/// `71 %`, and `0.4 %` where a whole number would hide it.
pub fn share(share: f64) -> String {
    match 100.0 * share {
        0.0 => "0 %".into(),
        percent if percent < 0.05 => "<0.1 %".into(),
        percent if percent < 0.95 => format!("{percent:.1} %"),
        percent if percent < 1e4 => format!("{percent:.0} %"),
        percent => format!("{} %", figure(percent)),
    }
}

/// Half the width of the range of the samples, relative to their median: `±0.8 %`.
pub fn spread(value: &Sampled) -> String {
    let (low, high) = value.range();
    match value.samples.len() {
        0 | 1 => String::new(),
        _ => format!("±{:.1} %", (50.0 * (high - low) / value.median).clamp(0.0, 999.0)),
    }
}

/// `linux x86_64, Intel Xeon, 26 cores`.
pub fn host(host: &Host) -> String {
    let processor = host.processor.as_ref().map_or(String::new(), |name| format!("{name}, "));
    format!("{} {}, {processor}{} cores", host.os, host.arch, host.cores)
}

/// `ok`, or `WRONG`; nothing where there is no reference.
pub fn verdict(loss: &Option<LossCheck>) -> &'static str {
    match loss {
        None => "",
        Some(loss) if loss.passed() => "ok",
        Some(_) => "WRONG",
    }
}

/// Four decimals; a NaN as such.
pub fn loss(value: f64) -> String {
    if value.abs() < 1e4 { format!("{value:.4}") } else { format!("{value:.3e}") }
}

/// At most `most` characters; what is cut shows as `…`.
pub fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        text.into()
    } else {
        text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits() {
        let cases =
            [(0.0, "0"), (9.996, "10.0"), (0.012345, "0.0123"), (1234.5, "1234"), (51.23, "51.2"), (-0.5, "-0.500")];
        for (x, text) in cases {
            assert_eq!(figure(x), text, "{x}");
        }
        assert_eq!(
            (figure(1e300), figure(f64::NAN), figure(2.5e-7)),
            ("1.00e300".into(), "-".into(), "2.50e-7".into())
        );
    }

    #[test]
    fn large_numbers_are_grouped() {
        for (x, text) in
            [(999.4, "999"), (999.6, "1,000"), (212_430.4, "212,430"), (1_234_567.0, "1,234,567"), (12.34, "12.3")]
        {
            assert_eq!(grouped(x), text, "{x}");
        }
    }

    #[test]
    fn times_choose_their_unit() {
        for (x, text) in
            [(1.5, "1.50 s"), (0.00124, "1.24 ms"), (0.9996e-3, "1.00 ms"), (3e-6, "3.00 µs"), (4e-8, "40.0 ns")]
        {
            assert_eq!(duration(x), text, "{x}");
        }
    }

    #[test]
    fn long_text_is_shortened() {
        assert_eq!((shorten("Größe", 5), shorten("Größen", 5)), ("Größe".into(), "Größ…".into()));
    }
}
