//! Patterns of names: `stage{}_{}_conv` matches names with numbers in these places, and `layer{1}.{2-1}.conv` is made of them.

/// The numbers where `pattern` has `{}`, if `text` is such a name.
pub(super) fn captures(pattern: &str, text: &str) -> Option<Vec<usize>> {
    let mut parts = pattern.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut numbers = Vec::new();
    for part in parts {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        numbers.push(rest[..digits].parse().ok()?);
        rest = rest[digits..].strip_prefix(part)?;
    }
    rest.is_empty().then_some(numbers)
}

/// `template` with numbers in place of `{1}`, `{1-1}` and `{1*2-1}`. With blocks that are counted through, from 1, `{1.stage}` is
/// the stage of block 1, from 0, and `{1.block}` its number in there, from 0.
///
/// # Panics
/// If the template names a number that there is not, which a test of the tables excludes.
pub(super) fn fill(template: &str, numbers: &[usize], stages: &[usize]) -> String {
    let mut text = String::new();
    for (i, part) in template.split(['{', '}']).enumerate() {
        if i % 2 == 0 {
            text += part;
        } else {
            text += &term(part, numbers, stages).to_string();
        }
    }
    text
}

fn term(term: &str, numbers: &[usize], stages: &[usize]) -> usize {
    let number = |text: &str| numbers[text.parse::<usize>().expect("a capture has a number") - 1];
    if let Some((capture, what)) = term.split_once('.') {
        let (stage, block) = place(number(capture) - 1, stages);
        return if what == "stage" { stage } else { block };
    }
    let (factors, less) = term.split_once('-').map_or((term, 0), |(a, b)| (a, b.parse().expect("a number")));
    let (capture, factor) = factors.split_once('*').map_or((factors, 1), |(a, b)| (a, b.parse().expect("a number")));
    number(capture) * factor - less
}

/// Stage and number in it of the block that is number `block` of all.
fn place(mut block: usize, stages: &[usize]) -> (usize, usize) {
    for (stage, &count) in stages.iter().enumerate() {
        if block < count {
            return (stage, block);
        }
        block -= count;
    }
    (stages.len(), block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_and_put_elsewhere() {
        assert_eq!(captures("stage{}_{}_conv", "stage2_13_conv"), Some(vec![2, 13]));
        assert_eq!(captures("stage{}_{}_conv", "stage2_13_norm"), None);
        assert_eq!(captures("stage{}_conv", "stage_conv"), None);
        assert_eq!(captures("classes", "classes"), Some(vec![]));
        assert_eq!(captures("classes", "classes2"), None);
        assert_eq!(fill("layer{1}.{2-1}.conv", &[2, 13], &[]), "layer2.12.conv");
        assert_eq!(fill("features.{1*2-1}.0", &[4], &[]), "features.7.0");
        let stages = [1, 2, 3];
        let blocks: Vec<String> = (1..=6).map(|n| fill("{1.stage}.{1.block}", &[n], &stages)).collect();
        assert_eq!(blocks, ["0.0", "1.0", "1.1", "2.0", "2.1", "2.2"]);
    }
}
