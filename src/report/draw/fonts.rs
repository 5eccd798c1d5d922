//! Letters that the font inside the binary lacks: from the machine's fonts, shaped and in the direction of their script.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use cosmic_text::fontdb::{Database, Source, Weight};
use cosmic_text::{
    Attrs, AttrsList, Family, FontSystem, Hinting, LayoutGlyph, PhysicalGlyph, ShapeLine, Shaping, SwashCache,
    SwashContent, Wrap,
};
use epaint_default_fonts::{NOTO_EMOJI_REGULAR, UBUNTU_LIGHT};

use super::text::Dot;

/// Texts that are kept shaped.
const KEPT: usize = 4096;
/// Columns of a tab, of which there are none: they are spaces.
const TAB: u16 = 1;
/// The sign that has no width and belongs to a line that runs to the right.
const TO_THE_RIGHT: char = '\u{200e}';

/// The font inside the binary, and those of the machine for what it lacks.
pub(super) struct Fonts {
    system: FontSystem,
    images: SwashCache,
    /// The name of the font inside the binary.
    own: String,
    shaped: HashMap<String, Arc<ShapeLine>>,
    /// Letters that no font has.
    missing: BTreeSet<char>,
}

static OF_THIS_MACHINE: OnceLock<Mutex<Fonts>> = OnceLock::new();

/// The fonts of this machine, which are looked for when the first letter needs them.
pub(super) fn of_this_machine() -> MutexGuard<'static, Fonts> {
    let fonts = OF_THIS_MACHINE.get_or_init(|| Mutex::new(Fonts::new(FontSystem::new().into_locale_and_db())));
    fonts.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Letters that were written as their numbers in pictures up to now, because no font of this machine has them.
pub fn missing_letters() -> Vec<char> {
    let Some(fonts) = OF_THIS_MACHINE.get() else { return Vec::new() };
    fonts.lock().unwrap_or_else(PoisonError::into_inner).missing.iter().copied().collect()
}

impl Fonts {
    /// Those in a database of a language, which decides how Chinese characters look, and those inside the binary.
    pub(super) fn new((language, mut fonts): (String, Database)) -> Fonts {
        let id = fonts.load_font_source(Source::Binary(Arc::new(UBUNTU_LIGHT)))[0];
        fonts.load_font_source(Source::Binary(Arc::new(NOTO_EMOJI_REGULAR)));
        // fonts are chosen by weight: the light one is drawn stronger, and takes the place of a regular one
        let mut face = fonts.face(id).expect("a font that was loaded").clone();
        fonts.remove_face(id);
        let own = "lepton-gpu".to_string();
        face.weight = Weight::NORMAL;
        face.families.truncate(1);
        face.families[0].0.clone_from(&own);
        fonts.push_face_info(face);
        let system = FontSystem::new_with_locale_and_db(language, fonts);
        Fonts { system, images: SwashCache::new(), own, shaped: HashMap::new(), missing: BTreeSet::new() }
    }

    /// Width of `text` in pixels, in letters of `em` pixels.
    pub(super) fn width(&mut self, text: &str, em: f32) -> f32 {
        self.glyphs(text, em).1
    }

    /// Calls `dot` for every pixel that `text` touches, relative to the start of the baseline. Letters of the font inside the binary
    /// get the stroke `weight`, those of others, which are stronger, half of it.
    pub(super) fn rasterise(&mut self, text: &str, em: f32, weight: f32, mut dot: impl FnMut(Dot)) {
        for glyph in self.glyphs(text, em).0 {
            let face = self.system.db().face(glyph.font_id);
            let is_own = face.is_some_and(|face| face.families.iter().any(|(name, _)| *name == self.own));
            for offset in [0.0, if is_own { weight } else { weight / 2.0 }] {
                self.draw(&glyph.physical((offset, 0.0), 1.0), &mut dot);
            }
        }
    }

    fn draw(&mut self, glyph: &PhysicalGlyph, dot: &mut impl FnMut(Dot)) {
        let Some(image) = self.images.get_image(&mut self.system, glyph.cache_key) else { return };
        let (left, top) = (glyph.x + image.placement.left, glyph.y - image.placement.top);
        let is_coloured = image.content == SwashContent::Color;
        let bytes = if image.content == SwashContent::Mask { 1 } else { 4 };
        for (i, pixel) in image.data.chunks_exact(bytes).enumerate() {
            let (x, y) = (i as i32 % image.placement.width as i32, i as i32 / image.placement.width as i32);
            dot(Dot {
                x: left + x,
                y: top + y,
                coverage: f32::from(pixel[bytes - 1]) / 255.0,
                colour: is_coloured.then(|| [pixel[0], pixel[1], pixel[2]]),
            });
        }
    }

    /// The glyphs of `text` on a baseline at y = 0, and where the next one would start.
    fn glyphs(&mut self, text: &str, em: f32) -> (Vec<LayoutGlyph>, f32) {
        let shaped = self.shaped(text);
        let lines = shaped.layout(em, None, Wrap::None, None, None, Hinting::Disabled);
        lines.into_iter().next().map_or((Vec::new(), 0.0), |line| (line.glyphs, line.w))
    }

    /// `text` shaped, with letters that no font has as their numbers.
    fn shaped(&mut self, text: &str) -> Arc<ShapeLine> {
        if let Some(shaped) = self.shaped.get(text) {
            return shaped.clone();
        }
        let mut line = self.shape(&written(text, &BTreeSet::new()));
        let lacking = lacking(&written(text, &BTreeSet::new()), &line);
        if !lacking.is_empty() {
            line = self.shape(&written(text, &lacking));
            self.missing.extend(lacking);
        }
        if self.shaped.len() >= KEPT {
            self.shaped.clear();
        }
        let line = Arc::new(line);
        self.shaped.insert(text.to_owned(), line.clone());
        line
    }

    fn shape(&mut self, text: &str) -> ShapeLine {
        let attributes = AttrsList::new(&Attrs::new().family(Family::Name(&self.own)));
        ShapeLine::new(&mut self.system, text, &attributes, Shaping::Advanced, TAB)
    }
}

/// The letters of `text` that no font has, where it was shaped into this line.
fn lacking(text: &str, line: &ShapeLine) -> BTreeSet<char> {
    let words = line.spans.iter().flat_map(|span| &span.words);
    let boxes = words.flat_map(|word| &word.glyphs).filter(|glyph| glyph.glyph_id == 0);
    let letters = boxes.flat_map(|glyph| text[glyph.start..glyph.end].chars());
    letters.filter(|letter| !letter.is_whitespace() && *letter != TO_THE_RIGHT).collect()
}

/// `text` as it is drawn: from left to right whatever its first letter is, as what stands around it, and with these letters and signs that
/// turn the direction of writing as their numbers. What follows a name of letters that run to the left stands on its right.
fn written(text: &str, lacking: &BTreeSet<char>) -> String {
    let mut written = TO_THE_RIGHT.to_string();
    // where letters that run to the left have ended, if only spaces and digits came since
    let mut end = None;
    for letter in text.chars() {
        let goes_on = runs_left(letter) || letter.is_whitespace() || letter.is_numeric();
        if let Some(end) = end.take_if(|_| !goes_on) {
            written.insert(end, TO_THE_RIGHT);
        }
        match letter {
            letter if letter.is_control() => written.push(' '),
            letter if turns(letter) || lacking.contains(&letter) => written.push_str(&numbered(letter)),
            letter => {
                written.push(letter);
                end = if runs_left(letter) { Some(written.len()) } else { end };
            }
        }
    }
    written
}

/// Whether a letter is of a script that runs from right to left: the blocks that Unicode keeps for these.
fn runs_left(letter: char) -> bool {
    const BLOCKS: [[char; 2]; 5] = [
        ['\u{590}', '\u{8ff}'],
        ['\u{fb1d}', '\u{fdff}'],
        ['\u{fe70}', '\u{fefc}'],
        ['\u{10800}', '\u{10fff}'],
        ['\u{1e800}', '\u{1efff}'],
    ];
    BLOCKS.iter().any(|[first, last]| (*first..=*last).contains(&letter))
}

/// A letter as its number, as JSON and many languages write it: `\u732b`.
pub fn numbered(letter: char) -> String {
    match u32::from(letter) {
        number @ ..=0xffff => format!("\\u{number:04x}"),
        number => format!("\\u{{{number:x}}}"),
    }
}

/// Whether a sign turns the direction of writing, whatever the letters are.
pub(in crate::report) fn turns(letter: char) -> bool {
    ('\u{202a}'..='\u{202e}').contains(&letter) || ('\u{2066}'..='\u{2069}').contains(&letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fonts of a machine that has one, in which Arabic letters are bars of different widths at the start, in the middle and at the end
    /// of a word (tests/golden/letters.py).
    fn with_bars() -> Fonts {
        let mut database = Database::new();
        database.load_font_data(include_bytes!("../../../tests/golden/letters.ttf").to_vec());
        Fonts::new(("en".into(), database))
    }

    /// Left and right of what is drawn of `text`, bar by bar, from left to right.
    fn bars(fonts: &mut Fonts, text: &str) -> Vec<[i32; 2]> {
        let mut columns = BTreeSet::new();
        fonts.rasterise(text, 100.0, 0.0, |dot| {
            if dot.coverage > 0.5 {
                columns.insert(dot.x);
            }
        });
        let starts = columns.iter().filter(|x| !columns.contains(&(*x - 1))).copied();
        let ends = columns.iter().filter(|x| !columns.contains(&(*x + 1))).map(|x| x + 1);
        starts.zip(ends).map(|(start, end)| [start, end]).collect()
    }

    #[test]
    fn letters_of_another_font_are_shaped_and_run_to_the_left() {
        let mut fonts = with_bars();
        // beh: alone, then three of them in a word, the first on the right
        assert_eq!(bars(&mut fonts, "ب"), [[10, 90]]);
        assert_eq!(bars(&mut fonts, "ببب"), [[10, 30], [50, 90], [110, 170]]);
        assert_eq!(fonts.width("ببب", 100.0), 180.0);
        // a word in a line that runs to the right keeps its own direction
        let [name, before] = [bars(&mut fonts, "ببب"), bars(&mut fonts, "l ")];
        let line = bars(&mut fonts, "l ببب l");
        let start = fonts.width("l ", 100.0).round() as i32;
        assert_eq!(line[0], before[0]);
        assert_eq!(line[1..4], name.iter().map(|bar| bar.map(|x| x + start)).collect::<Vec<_>>());
        // also where the line begins with it
        assert_eq!(bars(&mut fonts, "ببب l")[..3], name);
        // a number behind it stands on its right, another name behind that one's right; a number within it has its place there
        assert_eq!(bars(&mut fonts, "ببب 1.5 % · ب")[..3], name);
        assert_eq!(bars(&mut fonts, "ب 1 ببب")[..3], name);
        assert!(fonts.missing.is_empty());
    }

    #[test]
    fn a_letter_that_no_font_has_is_its_number_and_is_told() {
        let mut fonts = Fonts::new(("en".into(), Database::new()));
        assert_eq!(fonts.width("a猫\u{20000}b", 20.0), fonts.width("a\\u732b\\u{20000}b", 20.0));
        assert_eq!(fonts.missing, BTreeSet::from(['猫', '\u{20000}']));
        // what steers the direction is seen, and is no letter
        assert_eq!(fonts.width("a\u{202e}b", 20.0), fonts.width("a\\u202eb", 20.0));
        assert_eq!(fonts.width("a\tb\u{1b}", 20.0), fonts.width("a b ", 20.0));
        assert_eq!(fonts.missing.len(), 2);
    }

    #[test]
    fn emoji_are_drawn_without_any_font_of_the_machine() {
        let mut fonts = Fonts::new(("en".into(), Database::new()));
        let mut inked = 0;
        fonts.rasterise("🐱", 40.0, 0.0, |dot| inked += u32::from(dot.coverage > 0.5));
        assert!(inked > 100 && fonts.missing.is_empty(), "{inked} pixels, {:?}", fonts.missing);
    }
}
