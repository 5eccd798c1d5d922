//! A confusion matrix: a row for each class, a column for each answer, coloured by the share of the class.

use image::RgbImage;

use super::canvas::{Area, Canvas, FAINT, INK, PAPER};
use super::text::{Lettering, PLAIN, TITLE};
use super::viridis::viridis;

const MARGIN: usize = 20;
/// From the top of the page to the column names.
const HEADER: usize = 76;
/// Names are shortened to so many pixels.
const NAMES: f32 = 150.0;
/// A cell that shows its count, and one that does not.
const WIDE: usize = 52;
const NARROW: usize = 8;
/// Of more classes, cells are small and show no count, and every so many classes are named.
const COUNTED: usize = 24;
/// Height of a line of text.
const LINE: usize = 20;

/// Draws `matrix`, whose row is the class and whose column is the answer. The colour is the share of the row, from dark (none)
/// to bright (all).
///
/// # Panics
/// If there are not as many names as rows.
pub fn confusion_matrix(title: &str, matrix: &[Vec<u64>], names: &[String]) -> RgbImage {
    assert_eq!(matrix.len(), names.len(), "a name for each class");
    let (classes, font) = (matrix.len(), Lettering::new());
    let counted = classes <= COUNTED;
    // a cell is at least a pixel wide for any number of classes
    let cell = if counted { WIDE } else { NARROW.min((1600 / classes).max(1)) };
    let every = LINE.div_ceil(cell);
    let widest = names.iter().map(|name| font.width(name, PLAIN)).fold(0.0, f32::max).min(NAMES);
    let left = MARGIN + widest.ceil() as usize + 10;
    let (side, top) = (cell * classes, HEADER + LINE + 8);
    let about = "rows: true class · columns: predicted · colour: fraction of the row";
    let words = font.width(about, PLAIN).ceil() as usize;
    let mut canvas = Canvas::new((left + side).max(MARGIN + words) + MARGIN, top + side + MARGIN, font);
    let room = canvas.image.width() as f32 - 2.0 * MARGIN as f32;
    let title = canvas.font.shorten(title, TITLE, room);
    canvas.text(&title, MARGIN as f32, 10.0, TITLE, INK);
    canvas.text(about, MARGIN as f32, 42.0, PLAIN, FAINT);
    for (i, name) in names.iter().enumerate().step_by(every) {
        let middle = (i * cell) as f32 + cell as f32 / 2.0;
        let short = canvas.font.shorten(name, PLAIN, NAMES);
        let x = (left - 8) as f32 - canvas.font.width(&short, PLAIN);
        canvas.text(&short, x, top as f32 + middle - LINE as f32 / 2.0, PLAIN, INK);
        if counted {
            let short = canvas.font.shorten(name, PLAIN, cell as f32 - 4.0);
            let x = left as f32 + middle - canvas.font.width(&short, PLAIN) / 2.0;
            canvas.text(&short, x, HEADER as f32, PLAIN, INK);
        }
    }
    for (i, row) in matrix.iter().enumerate() {
        let total = row.iter().sum::<u64>().max(1);
        for (j, &count) in row.iter().enumerate() {
            let area = Area { x: left + j * cell, y: top + i * cell, width: cell, height: cell };
            let share = count as f64 / total as f64;
            canvas.fill(area, viridis((share * 255.0).round() as u8));
            if counted && count > 0 {
                let text = canvas.font.shorten(&count.to_string(), PLAIN, cell as f32);
                let x = area.x as f32 + (cell as f32 - canvas.font.width(&text, PLAIN)) / 2.0;
                let colour = if share > 0.5 { INK } else { PAPER };
                canvas.text(&text, x, area.y as f32 + (cell - LINE) as f32 / 2.0, PLAIN, colour);
            }
        }
    }
    canvas.frame(Area { x: left, y: top, width: side, height: side }, 1, INK);
    canvas.image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_classes_can_be_drawn() {
        for classes in [1, 2, 10, 24, 25, 100, 1000] {
            let names: Vec<String> = (0..classes).map(|i| format!("class with a long name {i}")).collect();
            let image = confusion_matrix("t", &vec![vec![3; classes]; classes], &names);
            assert!(image.width() < 2400 && image.height() < 2400, "{classes}: {:?}", image.dimensions());
        }
    }

    #[test]
    fn a_row_of_right_answers_is_bright_on_the_diagonal_alone() {
        let names = ["a", "b"].map(String::from);
        let image = confusion_matrix("t", &[vec![5, 0], vec![2, 2]], &names);
        let font = Lettering::new();
        let left = MARGIN + font.width("a", PLAIN).max(font.width("b", PLAIN)).ceil() as usize + 10;
        let corner = |row: usize, column: usize| {
            *image.get_pixel((left + column * WIDE + 2) as u32, (HEADER + LINE + 8 + row * WIDE + 2) as u32)
        };
        assert_eq!([corner(0, 0), corner(0, 1), corner(1, 0)], [viridis(255), viridis(0), viridis(128)]);
    }
}
