//! Event files that TensorBoard reads: scalars, pictures and histograms by tag and step.

mod histogram;
mod proto;
mod record;

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use image::RgbImage;
use prost::Message;

use crate::platform::{Duration, calendar};
use proto::{Event, Image, SessionLog, Summary, Value, What, summary_value};

/// An event file that is being written.
pub struct Board {
    file: File,
}

impl Board {
    /// Starts an event file in a folder, which is made if it is not there. A run that goes on writes a further file, and TensorBoard
    /// passes over what older ones have from its `step` on.
    ///
    /// # Errors
    /// The system's.
    pub fn create(folder: &Path, step: u64) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let now = calendar::now();
        let file = (0..).map(|number: u32| folder.join(name(now, number))).find_map(|path| {
            match OpenOptions::new().write(true).create_new(true).open(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => None,
                opened => Some(opened),
            }
        });
        let mut board = Board { file: file.expect("numbers do not end")? };
        board.write(0, What::FileVersion("brain.Event:2".into()))?;
        board.write(step, What::SessionLog(SessionLog { status: SessionLog::START }))?;
        Ok(board)
    }

    /// Adds a number; one that is not finite is left out.
    ///
    /// # Errors
    /// The system's.
    pub fn scalar(&mut self, tag: &str, step: u64, number: f64) -> io::Result<()> {
        if !number.is_finite() {
            return Ok(());
        }
        self.value(tag, step, summary_value::Value::Number(number as f32))
    }

    /// Adds a picture.
    ///
    /// # Errors
    /// The system's.
    pub fn picture(&mut self, tag: &str, step: u64, picture: &RgbImage) -> io::Result<()> {
        let mut png = io::Cursor::new(Vec::new());
        picture.write_to(&mut png, image::ImageFormat::Png).map_err(io::Error::other)?;
        let (width, height) = picture.dimensions();
        let image =
            Image { height: height as i32, width: width as i32, colorspace: 3, encoded_image_string: png.into_inner() };
        self.value(tag, step, summary_value::Value::Image(image))
    }

    /// Adds how often numbers of each size occur; numbers that are not finite are left out.
    ///
    /// # Errors
    /// The system's.
    pub fn histogram(&mut self, tag: &str, step: u64, numbers: &[f32]) -> io::Result<()> {
        match histogram::of(numbers) {
            Some(histogram) => self.value(tag, step, summary_value::Value::Histo(histogram)),
            None => Ok(()),
        }
    }

    fn value(&mut self, tag: &str, step: u64, value: summary_value::Value) -> io::Result<()> {
        let value = Value { tag: tag.into(), value: Some(value) };
        self.write(step, What::Summary(Summary { value: vec![value] }))
    }

    fn write(&mut self, step: u64, what: What) -> io::Result<()> {
        let event = Event { wall_time: calendar::now().as_secs_f64(), step: step as i64, what: Some(what) };
        self.file.write_all(&record::of(&event.encode_to_vec()))
    }
}

/// TensorBoard reads files with `tfevents` in their names, those of a folder in the order of their names.
fn name(now: Duration, number: u32) -> String {
    format!("events.out.tfevents.{:010}.{number:03}.lepton-gpu", now.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(bytes: &[u8]) -> Vec<Event> {
        record::parse(bytes).unwrap().into_iter().map(|data| Event::decode(data).unwrap()).collect()
    }

    #[test]
    fn what_is_written_can_be_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut board = Board::create(folder.path(), 0).unwrap();
        board.scalar("loss/training", 7, 0.5).unwrap();
        board.scalar("loss/training", 8, f64::NAN).unwrap();
        board.histogram("weights/a", 9, &[1.0, 2.0, f32::INFINITY]).unwrap();
        board.histogram("weights/b", 9, &[]).unwrap();
        board.picture("sheet", 10, &RgbImage::new(3, 2)).unwrap();
        // a run that goes on within the same second has a file of its own
        Board::create(folder.path(), 7).unwrap();
        let mut files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert_eq!(files.len(), 2);
        let read = events(&std::fs::read(&files[0]).unwrap());
        assert_eq!(read[0].what, Some(What::FileVersion("brain.Event:2".into())));
        let found: Vec<(i64, String)> = read[2..]
            .iter()
            .map(|event| match &event.what {
                Some(What::Summary(summary)) => (event.step, summary.value[0].tag.clone()),
                other => panic!("{other:?}"),
            })
            .collect();
        let wanted = [(7, "loss/training"), (9, "weights/a"), (10, "sheet")].map(|(step, tag)| (step, tag.to_string()));
        assert_eq!(found, wanted, "numbers that are none are left out");
        let again = events(&std::fs::read(&files[1]).unwrap());
        assert_eq!((again[1].step, &again[1].what), (7, &Some(What::SessionLog(SessionLog { status: 1 }))));
    }
}
