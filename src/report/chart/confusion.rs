//! A confusion matrix: a row for each class, a column for each answer.

use std::collections::HashMap;

use super::drawing::{Anchor, Drawing, Shape};
use super::frame::{cut_within, width_of};
use super::ink::Ink;

/// Of more classes cells show no count.
const COUNTED: usize = 30;
/// Of more classes not each is named.
const NAMED: usize = 160;
/// The longest name, in units: about a hundred letters. Longer ones have an ellipsis within, and a number where others look the same then.
const LONGEST: f32 = 720.0;

/// Draws `matrix`, whose row is the class and whose column is the answer. A cell is as dark as its share of its row; blue is
/// right, and orange wrong.
///
/// # Panics
/// If there are not as many names as rows.
pub fn confusion(title: &str, matrix: &[Vec<u64>], names: &[String]) -> Drawing {
    assert_eq!(matrix.len(), names.len(), "a name for each class");
    let classes = matrix.len();
    let (cell, letters) = match classes {
        _ if classes <= COUNTED => (44.0, 12.0),
        _ if classes <= NAMED => (14.0, 10.0),
        // a drawing of any number of classes fits a screen or two
        _ => ((2000.0 / classes as f32).max(1.0), 10.0),
    };
    let every = if classes <= NAMED { 1 } else { (12.0 / cell).ceil() as usize };
    let short = told_apart(names, letters);
    let left = short.iter().map(|name| width_of(name, letters)).fold(40.0, f32::max) + 16.0;
    let (top, side) = (left + 14.0, cell * classes as f32);
    let about = format!("{title}: images by true class (rows) and predicted class (columns).");
    let mut drawing = Drawing::new(title, about, [(left + side + 16.0).max(320.0), top + side + 34.0]);
    for (i, name) in short.iter().enumerate().step_by(every) {
        let middle = (i as f32 + 0.5) * cell + letters * 0.35;
        drawing.text([left - 6.0, top + middle], name.as_str(), Anchor::End, letters, Ink::Text);
        drawing.shapes.push(Shape::Text {
            at: [left + middle, top - 6.0],
            text: name.clone(),
            anchor: Anchor::Start,
            size: letters,
            ink: Ink::Text,
            bold: false,
            upwards: true,
        });
    }
    for (i, row) in matrix.iter().enumerate() {
        let total = row.iter().sum::<u64>();
        for (j, &count) in row.iter().enumerate().filter(|(_, count)| **count > 0) {
            let share = count as f32 / total as f32;
            let area = [left + j as f32 * cell, top + i as f32 * cell, cell, cell];
            drawing.fill(area, if i == j { Ink::A } else { Ink::B }, 0.12 + 0.88 * share);
            if classes <= COUNTED {
                let ink = if share > 0.45 { Ink::Paper } else { Ink::Text };
                let at = [area[0] + cell / 2.0, area[1] + cell / 2.0 + 4.5];
                drawing.text(at, count.to_string(), Anchor::Middle, 12.0, ink);
            }
        }
    }
    let [right, bottom] = [left + side, top + side];
    let frame = vec![[left, top], [right, top], [right, bottom], [left, bottom], [left, top]];
    drawing.line(frame, Ink::Soft, 1.0);
    let words = "rows: true class · columns: predicted";
    drawing.text([drawing.size[0] - 16.0, bottom + 22.0], words, Anchor::End, 12.0, Ink::Soft);
    drawing
}

/// Names that fit, each of its own where the whole ones are.
fn told_apart(names: &[String], letters: f32) -> Vec<String> {
    let short: Vec<String> = names.iter().map(|name| cut_within(name, letters, LONGEST)).collect();
    let mut first: HashMap<&String, Vec<&String>> = HashMap::new();
    for (short, name) in short.iter().zip(names) {
        first.entry(short).or_default().push(name);
    }
    let tell = |(i, short): (usize, &String)| match first[short].iter().any(|other| *other != first[short][0]) {
        true => format!("{}: {short}", i + 1),
        false => short.clone(),
    };
    short.iter().enumerate().map(tell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_told_apart() {
        let names: Vec<String> =
            (0..12).map(|i| format!("a very long class name that nobody would want to read, number {i:02}")).collect();
        assert_eq!(told_apart(&names, 12.0), names, "62 letters are whole");
        let longer: Vec<String> = names.iter().map(|name| name.repeat(2) + &"end".repeat(40)).collect();
        let found = told_apart(&longer, 12.0);
        assert!(found.iter().enumerate().all(|(i, name)| name.starts_with(&format!("{}: a very", i + 1))), "{found:?}");
        assert_eq!(told_apart(&["same".into(), "same".into()], 12.0), ["same", "same"]);
    }

    #[test]
    fn any_number_of_classes_can_be_drawn_with_whole_names() {
        for classes in [1, 2, 24, 25, 40, 150, 1000] {
            let names: Vec<String> = (0..classes).map(|i| format!("a class of some length {i}")).collect();
            let drawing = confusion("t", &vec![vec![3; classes]; classes], &names);
            assert!(drawing.size.iter().all(|&side| side < 2600.0), "{classes}: {:?}", drawing.size);
            let whole = drawing.shapes.iter().filter(|s| matches!(s, Shape::Text { text, .. } if names.contains(text)));
            let named = if classes <= NAMED { 2 * classes } else { 2 * classes.div_ceil(6) };
            assert_eq!(whole.count(), named, "{classes}");
        }
    }
}
