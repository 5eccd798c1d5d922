use super::super::canvas::PAPER;
use super::*;

fn cell<'a>(pixels: &'a [u8], height: usize, width: usize, predicted: &str, truth: Option<&str>) -> GridCell<'a> {
    let picture = Picture { pixels, height, width, channels: pixels.len() / (height * width) };
    GridCell { picture, predicted: predicted.into(), probability: 0.97, truth: truth.map(Into::into) }
}

/// Pixels of `area` whose strongest channel leads by 40, as (red, green).
fn colours(image: &RgbImage, area: Area) -> (usize, usize) {
    let part = image::imageops::crop_imm(image, area.x as u32, area.y as u32, area.width as u32, area.height as u32);
    let part = part.to_image();
    let leads = |a: u8, b: u8, c: u8| i32::from(a) > i32::from(b.max(c)) + 40;
    let red = part.pixels().filter(|p| leads(p.0[0], p.0[1], p.0[2])).count();
    let green = part.pixels().filter(|p| leads(p.0[1], p.0[0], p.0[2])).count();
    (red, green)
}

#[test]
fn right_is_green_wrong_is_red_and_unknown_is_neither() {
    let pixels = [120; 28 * 28];
    let cells = [
        cell(&pixels, 28, 28, "Bag", Some("Bag")),
        cell(&pixels, 28, 28, "Bag", Some("Coat")),
        cell(&pixels, 28, 28, "Bag", None),
    ];
    let image = prediction_grid("three", &cells, 2);
    let layout = Layout::new(&Lettering::new(), &cells, 2);
    let [(red, green), (red_wrong, green_wrong), unknown] = [0, 1, 2].map(|i| colours(&image, layout.cell(i)));
    assert!(red == 0 && green > 2000, "right: {red} red, {green} green");
    assert!(red_wrong > 2000 && green_wrong == 0, "wrong: {red_wrong} red, {green_wrong} green");
    assert_eq!(unknown, (0, 0));
}

#[test]
fn a_wrong_cell_can_be_told_without_colour() {
    let pixels = [120; 64];
    let caption = |truth| {
        let cells = [cell(&pixels, 8, 8, "Bag", Some(truth)), cell(&pixels, 8, 8, "Bag", Some("Coat"))];
        let area = Layout::new(&Lettering::new(), &cells, 2).cell(0);
        let image = prediction_grid("", &cells, 2);
        let top = area.y + area.height - LINE;
        let line = image::imageops::crop_imm(&image, area.x as u32, top as u32, area.width as u32, LINE as u32);
        line.to_image().pixels().filter(|p| **p != PAPER).count()
    };
    assert_eq!(caption("Bag"), 0);
    assert!(caption("Sneaker") > 100);
}

#[test]
fn nothing_is_drawn_between_cells_however_long_the_names() {
    let pixels = [0; 32 * 32 * 3];
    let name = "an extraordinarily long class name with Ümläuts, …\nand a second line";
    let cells: Vec<_> =
        (0..7).map(|i| cell(&pixels, 32, 32, name, (i % 2 == 0).then_some("W".repeat(99)).as_deref())).collect();
    let image = prediction_grid(name, &cells, 3);
    let layout = Layout::new(&Lettering::new(), &cells, 3);
    let blank = |area: Area| {
        let part =
            image::imageops::crop_imm(&image, area.x as u32, area.y as u32, area.width as u32, area.height as u32);
        part.to_image().pixels().all(|p| *p == PAPER)
    };
    for i in 0..7 {
        let Area { x, y, width, height } = layout.cell(i);
        assert!(blank(Area { x: x + width, y, width: COLUMN_GAP, height }), "right of cell {i}");
        assert!(blank(Area { x, y: y + height, width, height: ROW_GAP }), "below cell {i}");
    }
    assert!(blank(layout.cell(7)), "the missing cells of the last row");
}

#[test]
fn any_number_and_any_size_of_pictures() {
    assert!(prediction_grid("", &[], 0).width() > 0);
    assert!(prediction_grid("empty", &[], 5).height() > 0);
    let (one, large, thin) = ([7], vec![90; 512 * 384 * 3], vec![3; 2000]);
    let cells = [
        cell(&one, 1, 1, "", Some("")),
        cell(&large, 384, 512, "b", Some("c")),
        cell(&large, 512, 384, "b", None),
        cell(&thin, 1, 2000, "b", None),
    ];
    for columns in [0, 1, 3, 100] {
        for n in 1..=cells.len() {
            prediction_grid("sizes", &cells[..n], columns);
        }
    }
}

#[test]
fn the_picture_itself_is_unchanged() {
    let pixels: Vec<u8> = (0..28 * 28).map(|i| (i % 251) as u8).collect();
    let cells = [cell(&pixels, 28, 28, "a", Some("a"))];
    let image = prediction_grid("t", &cells, 1);
    let Area { x, y, .. } = Layout::new(&Lettering::new(), &cells, 1).cell(0);
    for row in 0..28 {
        for column in 0..28 {
            let at = image.get_pixel((x + BORDER + 6 * column + 3) as u32, (y + BORDER + 6 * row + 3) as u32);
            assert_eq!(*at, grey(pixels[row * 28 + column]));
        }
    }
}

#[test]
fn percentages_do_not_claim_too_much() {
    let cases =
        [(1.0, "100%"), (0.9999, ">99%"), (0.994, "99%"), (0.5, "50%"), (0.004, "<1%"), (0.0, "0%"), (f32::NAN, "?")];
    for (probability, text) in cases {
        assert_eq!(percent(probability), text);
    }
}

#[test]
fn names_that_differ_at_their_ends_are_whole() {
    let pixels = [120; 64];
    let names = [5, 6].map(|number| format!("a class of the number {number}"));
    let draw = |truth: &str| prediction_grid("", &[cell(&pixels, 8, 8, &names[0], Some(truth))], 1);
    let [right, wrong] = [draw(&names[0]), draw(&names[1])];
    assert!(wrong.height() > right.height() + LINE as u32, "the true one has two lines of its own");
    let layout = Layout::new(&Lettering::new(), &[cell(&pixels, 8, 8, &names[0], Some(&names[1]))], 1);
    let [predicted, truth] = layout.caption(&Lettering::new(), &cell(&pixels, 8, 8, &names[0], Some(&names[1])));
    assert_eq!([predicted.join(" "), truth.join(" ")], [names[0].clone(), format!("true: {}", names[1])]);
}
