//! Letters of names that no font of the machine has.

use crate::plan::thousands;
use crate::report::{aside, draw, listed};

/// Letters that are named; of more, only how many they are.
const NAMED: usize = 3;

/// Debian's packages of fonts, and the first and last of the letters that they are for. The first row that has a letter counts.
const PACKAGES: [(&str, &[[u32; 2]]); 3] = [
    (
        "fonts-noto-cjk",
        &[
            [0x1100, 0x11ff],
            [0x2e80, 0xa4cf],
            [0xa960, 0xa97f],
            [0xac00, 0xd7ff],
            [0xf900, 0xfaff],
            [0xfe10, 0xfe6f],
            [0xff00, 0xffef],
            [0x1b000, 0x1b16f],
            [0x1f200, 0x1f2ff],
            [0x20000, 0x3ffff],
        ],
    ),
    ("fonts-noto-color-emoji", &[[0x1f000, 0x1faff]]),
    ("fonts-noto-core", &[[0x00a0, 0xdfff], [0xfb00, 0xffff], [0x10000, 0x1efff]]),
];

/// Says once which letters pictures have only as numbers, and what to install.
pub(super) fn tell_missing() {
    let missing = draw::missing_letters();
    if !missing.is_empty() {
        aside!("note: {}", told(&missing));
    }
}

fn told(missing: &[char]) -> String {
    let mut letters: Vec<String> = missing.iter().take(NAMED).map(|letter| format!("“{letter}”")).collect();
    if missing.len() > NAMED {
        letters.push(format!("{} more letters", thousands((missing.len() - NAMED) as u64)));
    }
    let number = draw::numbered(missing[0]);
    let (number, them) = match missing {
        [_] => (number, "it"),
        _ => (format!("numbers, such as {number}"), "them"),
    };
    let has = |package: &str| missing.iter().any(|letter| package_of(*letter) == Some(package));
    let packages: Vec<&str> = PACKAGES.iter().map(|(package, _)| *package).filter(|package| has(package)).collect();
    let install = if packages.is_empty() { "" } else { "; on Debian and Ubuntu: apt install " };
    let (letters, packages) = (listed(&letters), packages.join(" "));
    format!("pictures write {letters} as {number}, because no font here has {them}{install}{packages}")
}

fn package_of(letter: char) -> Option<&'static str> {
    let holds = |[first, last]: &[u32; 2]| (*first..=*last).contains(&u32::from(letter));
    PACKAGES.iter().find(|(_, ranges)| ranges.iter().any(holds)).map(|(package, _)| *package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_without_a_font_are_named_with_the_packages_that_have_them() {
        assert_eq!(
            told(&['猫']),
            "pictures write “猫” as \\u732b, because no font here has it; on Debian and Ubuntu: apt install fonts-noto-cjk"
        );
        assert_eq!(
            told(&['ك', 'ह', 'の', '猫', '한']),
            "pictures write “ك”, “ह”, “の” and 2 more letters as numbers, such as \\u0643, because no font here has them; on Debian and \
             Ubuntu: apt install fonts-noto-cjk fonts-noto-core"
        );
        let unknown = told(&['\u{e123}']);
        assert!(unknown.ends_with("as \\ue123, because no font here has it"), "{unknown}");
        let packages = ['한', 'ｶ', '𠀋', '🦩', 'ไ', '→', 'ﷺ', '\u{f0000}'].map(package_of);
        let [cjk, emoji, core] = PACKAGES.map(|(package, _)| Some(package));
        assert_eq!(packages, [cjk, cjk, cjk, emoji, core, core, core, None]);
    }
}
