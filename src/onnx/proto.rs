//! Those messages of ONNX files that this program reads or writes, with the field numbers of `onnx.proto3` (ONNX 1.12 and
//! later, <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3>). Fields that are not here are skipped when a file is read.

use prost::Message;

/// The opset that is written, and the newest whose every change to the ops that are read is known here.
pub const OPSET: i64 = 17;
/// The version of the format that belongs to it.
pub const IR_VERSION: i64 = 8;

/// A file.
#[derive(Clone, PartialEq, Message)]
pub struct Model {
    /// Version of the format.
    #[prost(int64, tag = "1")]
    pub ir_version: i64,
    /// The program that wrote it.
    #[prost(string, tag = "2")]
    pub producer_name: String,
    /// That program's version.
    #[prost(string, tag = "3")]
    pub producer_version: String,
    /// What the model computes.
    #[prost(message, optional, tag = "7")]
    pub graph: Option<Graph>,
    /// Which version of each set of ops its nodes are of.
    #[prost(message, repeated, tag = "8")]
    pub opset_import: Vec<OpsetId>,
    /// What is said about it, for people and programs.
    #[prost(message, repeated, tag = "14")]
    pub metadata_props: Vec<Entry>,
    /// Functions of its own, which are not read.
    #[prost(message, repeated, tag = "25")]
    pub functions: Vec<Function>,
}

/// A function: only its name, to say that it is not known.
#[derive(Clone, PartialEq, Message)]
pub struct Function {
    /// What nodes call it.
    #[prost(string, tag = "1")]
    pub name: String,
}

/// A set of ops: domain, empty for ONNX's own, and version.
#[derive(Clone, PartialEq, Message)]
pub struct OpsetId {
    /// Empty or `ai.onnx` for ONNX's own.
    #[prost(string, tag = "1")]
    pub domain: String,
    /// Its version.
    #[prost(int64, tag = "2")]
    pub version: i64,
}

/// A key and a value.
#[derive(Clone, PartialEq, Message)]
pub struct Entry {
    /// The key.
    #[prost(string, tag = "1")]
    pub key: String,
    /// The value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// Nodes in an order in which they can run.
#[derive(Clone, PartialEq, Message)]
pub struct Graph {
    /// The nodes.
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<Node>,
    /// The graph's name.
    #[prost(string, tag = "2")]
    pub name: String,
    /// Constant tensors by name.
    #[prost(message, repeated, tag = "5")]
    pub initializer: Vec<Tensor>,
    /// What it reads.
    #[prost(message, repeated, tag = "11")]
    pub input: Vec<ValueInfo>,
    /// What it gives.
    #[prost(message, repeated, tag = "12")]
    pub output: Vec<ValueInfo>,
}

/// An op with the names of what it reads and writes.
#[derive(Clone, PartialEq, Message)]
pub struct Node {
    /// Names of what it reads; an empty one stands for an input that is left out.
    #[prost(string, repeated, tag = "1")]
    pub input: Vec<String>,
    /// Names of what it writes.
    #[prost(string, repeated, tag = "2")]
    pub output: Vec<String>,
    /// Its name, which may be empty.
    #[prost(string, tag = "3")]
    pub name: String,
    /// The op.
    #[prost(string, tag = "4")]
    pub op_type: String,
    /// The op's attributes.
    #[prost(message, repeated, tag = "5")]
    pub attribute: Vec<Attribute>,
    /// The op's set; empty or `ai.onnx` for ONNX's own.
    #[prost(string, tag = "7")]
    pub domain: String,
}

/// An attribute of a node.
#[derive(Clone, PartialEq, Message)]
pub struct Attribute {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// A number.
    #[prost(float, optional, tag = "2")]
    pub f: Option<f32>,
    /// A whole number.
    #[prost(int64, optional, tag = "3")]
    pub i: Option<i64>,
    /// A text.
    #[prost(bytes = "vec", optional, tag = "4")]
    pub s: Option<Vec<u8>>,
    /// A tensor.
    #[prost(message, optional, tag = "5")]
    pub t: Option<Tensor>,
    /// Numbers.
    #[prost(float, repeated, tag = "7")]
    pub floats: Vec<f32>,
    /// Whole numbers.
    #[prost(int64, repeated, tag = "8")]
    pub ints: Vec<i64>,
    /// Which of these it is: see [`kind`].
    #[prost(int32, tag = "20")]
    pub kind: i32,
}

/// Kinds of attributes.
pub mod kind {
    /// A number.
    pub const FLOAT: i32 = 1;
    /// A whole number.
    pub const INT: i32 = 2;
    /// A text.
    pub const STRING: i32 = 3;
    /// A graph: ops with branches, which are not read.
    pub const GRAPH: i32 = 5;
    /// Whole numbers.
    pub const INTS: i32 = 7;
}

/// A constant tensor; its elements are in `raw_data`, or in the list of their type.
#[derive(Clone, PartialEq, Message)]
pub struct Tensor {
    /// Its sizes, outermost first.
    #[prost(int64, repeated, tag = "1")]
    pub dims: Vec<i64>,
    /// The type of its elements: see [`elem`].
    #[prost(int32, tag = "2")]
    pub data_type: i32,
    /// Elements of f32.
    #[prost(float, repeated, tag = "4")]
    pub float_data: Vec<f32>,
    /// Elements of whole numbers up to 32 bits, of truth values, and the bits of f16.
    #[prost(int32, repeated, tag = "5")]
    pub int32_data: Vec<i32>,
    /// Elements of i64.
    #[prost(int64, repeated, tag = "7")]
    pub int64_data: Vec<i64>,
    /// Its name.
    #[prost(string, tag = "8")]
    pub name: String,
    /// Elements of any type, little-endian.
    #[prost(bytes = "vec", tag = "9")]
    pub raw_data: Vec<u8>,
    /// Elements of f64.
    #[prost(double, repeated, tag = "10")]
    pub double_data: Vec<f64>,
    /// The file beside the model that holds its elements.
    #[prost(message, repeated, tag = "13")]
    pub external_data: Vec<Entry>,
    /// 1 if its elements are in another file.
    #[prost(int32, tag = "14")]
    pub data_location: i32,
}

/// Types of elements.
pub mod elem {
    /// f32.
    pub const FLOAT: i32 = 1;
    /// u8.
    pub const UINT8: i32 = 2;
    /// i8.
    pub const INT8: i32 = 3;
    /// i32.
    pub const INT32: i32 = 6;
    /// i64.
    pub const INT64: i32 = 7;
    /// Truth values.
    pub const BOOL: i32 = 9;
    /// f16.
    pub const FLOAT16: i32 = 10;
    /// f64.
    pub const DOUBLE: i32 = 11;
    /// bfloat16.
    pub const BFLOAT16: i32 = 16;
}

/// An input or an output.
#[derive(Clone, PartialEq, Message)]
pub struct ValueInfo {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its type.
    #[prost(message, optional, tag = "2")]
    pub kind: Option<Type>,
}

/// The type of a value: only tensors are known.
#[derive(Clone, PartialEq, Message)]
pub struct Type {
    /// A tensor's type.
    #[prost(message, optional, tag = "1")]
    pub tensor: Option<TensorType>,
}

/// The type of a tensor.
#[derive(Clone, PartialEq, Message)]
pub struct TensorType {
    /// The type of its elements: see [`elem`].
    #[prost(int32, tag = "1")]
    pub elem_type: i32,
    /// Its sizes, if they are known.
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShape>,
}

/// Sizes of a tensor.
#[derive(Clone, PartialEq, Message)]
pub struct TensorShape {
    /// Outermost first.
    #[prost(message, repeated, tag = "1")]
    pub dim: Vec<Dimension>,
}

/// A size: a number or a name.
#[derive(Clone, PartialEq, Message)]
pub struct Dimension {
    /// The number.
    #[prost(int64, optional, tag = "1")]
    pub dim_value: Option<i64>,
    /// The name of a size that is open.
    #[prost(string, optional, tag = "2")]
    pub dim_param: Option<String>,
}
