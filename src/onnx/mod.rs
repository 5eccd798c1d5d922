//! ONNX files: trained models out, and networks of other programs in. Protocol Buffers by `prost`; no protoc, no generated code.

mod answers;
pub mod array;
mod check;
mod error;
mod export;
mod import;
mod metadata;
pub mod proto;
mod resampling;
mod source;

pub use answers::{Inputs, answers};
pub use check::{Comparison, Example, LIMIT, check, example};
pub use error::OnnxError;
pub use export::{Options, ROWS, Row, export};
pub use import::{FUNCTIONS, IMPORTS, Import, Imported, MOVES, Reading, import};
pub use metadata::{Metadata, names};
pub use proto::OPSET;
