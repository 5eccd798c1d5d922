//! Those messages of TensorBoard's event files that are written here, with the field numbers of `event.proto` and `summary.proto`
//! (<https://github.com/tensorflow/tensorboard/tree/master/tensorboard/compat/proto>).

use prost::{Message, Oneof};

/// What happened at a step.
#[derive(Clone, PartialEq, Message)]
pub struct Event {
    /// Seconds since 1970 began.
    #[prost(double, tag = "1")]
    pub wall_time: f64,
    /// Steps since the start of the run.
    #[prost(int64, tag = "2")]
    pub step: i64,
    /// What it is.
    #[prost(oneof = "What", tags = "3, 5, 7")]
    pub what: Option<What>,
}

/// What an event is.
#[derive(Clone, PartialEq, Oneof)]
pub enum What {
    /// The version of the file, in its first event.
    #[prost(string, tag = "3")]
    FileVersion(String),
    /// Values.
    #[prost(message, tag = "5")]
    Summary(Summary),
    /// Where a run began or went on.
    #[prost(message, tag = "7")]
    SessionLog(SessionLog),
}

/// Where a run began or went on.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct SessionLog {
    /// [`START`](Self::START).
    #[prost(int32, tag = "1")]
    pub status: i32,
}

impl SessionLog {
    /// Earlier events of this step and later ones do not count.
    pub const START: i32 = 1;
}

/// Values of a step.
#[derive(Clone, PartialEq, Message)]
pub struct Summary {
    /// Each under its tag.
    #[prost(message, repeated, tag = "1")]
    pub value: Vec<Value>,
}

/// A value.
#[derive(Clone, PartialEq, Message)]
pub struct Value {
    /// What it is of.
    #[prost(string, tag = "1")]
    pub tag: String,
    /// What it is.
    #[prost(oneof = "summary_value::Value", tags = "2, 4, 5")]
    pub value: Option<summary_value::Value>,
}

/// What a value is.
pub mod summary_value {
    use prost::Oneof;

    /// What a value is.
    #[derive(Clone, PartialEq, Oneof)]
    pub enum Value {
        /// A number.
        #[prost(float, tag = "2")]
        Number(f32),
        /// A picture.
        #[prost(message, tag = "4")]
        Image(super::Image),
        /// How often numbers of each size occur.
        #[prost(message, tag = "5")]
        Histo(super::Histogram),
    }
}

/// A picture.
#[derive(Clone, PartialEq, Message)]
pub struct Image {
    /// Its height in pixels.
    #[prost(int32, tag = "1")]
    pub height: i32,
    /// Its width in pixels.
    #[prost(int32, tag = "2")]
    pub width: i32,
    /// 3: RGB.
    #[prost(int32, tag = "3")]
    pub colorspace: i32,
    /// The bytes of a PNG file.
    #[prost(bytes = "vec", tag = "4")]
    pub encoded_image_string: Vec<u8>,
}

/// How often numbers of each size occur.
#[derive(Clone, PartialEq, Message)]
pub struct Histogram {
    /// The smallest of them.
    #[prost(double, tag = "1")]
    pub min: f64,
    /// The largest of them.
    #[prost(double, tag = "2")]
    pub max: f64,
    /// How many there are.
    #[prost(double, tag = "3")]
    pub num: f64,
    /// Their sum.
    #[prost(double, tag = "4")]
    pub sum: f64,
    /// The sum of their squares.
    #[prost(double, tag = "5")]
    pub sum_squares: f64,
    /// The upper end of each bucket.
    #[prost(double, repeated, tag = "6")]
    pub bucket_limit: Vec<f64>,
    /// How many numbers are in each bucket: at least the end of the one before, and below its own; the last one with its end.
    #[prost(double, repeated, tag = "7")]
    pub bucket: Vec<f64>,
}
