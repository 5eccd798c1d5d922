//! The ops of ONNX that are read, each with what makes layers of it.

use std::rc::Rc;

use super::node::Node;
use super::value::{Activation, Function, Pending, Value};
use super::{Reader, constants, elementwise, moving, norms, pointwise, products, windows};
use crate::onnx::array::Problem;

/// An op of ONNX.
pub struct Import {
    /// Its name.
    pub op: &'static str,
    /// Makes layers of a node; gives its outputs.
    pub read: fn(&mut Reader, &Node) -> Result<Vec<Value>, Problem>,
}

const fn import(op: &'static str, read: fn(&mut Reader, &Node) -> Result<Vec<Value>, Problem>) -> Import {
    Import { op, read }
}

/// Ops that depend on more than single elements. What only moves elements is in `rearrange.rs`, functions of single elements
/// are in `function`.
pub const IMPORTS: &[Import] = &[
    import("Conv", windows::conv),
    import("ConvTranspose", windows::conv_transpose),
    import("MaxPool", windows::max_pool),
    import("AveragePool", windows::average_pool),
    import("GlobalAveragePool", windows::global_pool),
    import("GlobalMaxPool", windows::global_pool),
    import("ReduceMean", windows::reduce),
    import("ReduceMax", windows::reduce),
    import("Gemm", products::gemm),
    import("MatMul", products::mat_mul),
    import("BatchNormalization", norms::batch_norm),
    import("InstanceNormalization", norms::instance_norm),
    import("LayerNormalization", norms::layer_norm),
    import("GroupNormalization", norms::group_norm),
    import("Softmax", norms::softmax),
    import("LogSoftmax", norms::softmax),
    import("Add", elementwise::binary),
    import("Sub", elementwise::binary),
    import("Mul", elementwise::binary),
    import("Div", elementwise::binary),
    import("Pow", elementwise::binary),
    import("Sum", elementwise::sum),
    import("Min", elementwise::binary),
    import("Max", elementwise::binary),
    import("PRelu", elementwise::prelu),
    import("Concat", moving::concat),
    import("Pad", moving::pad),
    import("Resize", moving::resize),
    import("Upsample", moving::resize),
    import("Identity", moving::same),
    import("Dropout", moving::same),
    import("Cast", moving::cast),
    import("Constant", constants::constant),
    import("ConstantOfShape", constants::constant_of_shape),
    import("Shape", constants::shape),
];

/// Names of the functions of single elements that `function` knows.
pub const FUNCTIONS: &[&str] = &[
    "Relu",
    "LeakyRelu",
    "Elu",
    "Sigmoid",
    "Tanh",
    "HardSigmoid",
    "HardSwish",
    "Softplus",
    "Erf",
    "Clip",
    "Gelu",
    "Mish",
    "Swish",
    "Selu",
    "Celu",
    "Neg",
    "Abs",
    "Exp",
    "Log",
    "Sqrt",
    "Reciprocal",
    "Softsign",
    "Floor",
    "Ceil",
    "Round",
    "ThresholdedRelu",
    "Sign",
    "Sin",
    "Cos",
];

type F = Rc<dyn Fn(f64) -> f64>;

/// The function of a node that computes single elements from single elements.
///
/// # Errors
/// If a limit of `Clip` is not constant.
pub fn function(node: &Node) -> Result<Option<F>, Problem> {
    let number = |name: &str, default: f32| node.float(name, default);
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    // log(1 + exp(x)) without overflow
    let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
    let f: F = match node.proto.op_type.as_str() {
        "Relu" => Rc::new(|x| x.max(0.0)),
        "LeakyRelu" => leaky(number("alpha", 0.01), 0.0),
        "ThresholdedRelu" => {
            let alpha = number("alpha", 1.0);
            Rc::new(move |x| if x > alpha { x } else { 0.0 })
        }
        "Elu" => exponential(number("alpha", 1.0), 1.0, 1.0),
        "Celu" => {
            let alpha = number("alpha", 1.0);
            exponential(alpha, 1.0, 1.0 / alpha)
        }
        "Selu" => exponential(number("alpha", 1.673_263_2), number("gamma", 1.050_701), 1.0),
        "Sigmoid" => Rc::new(sigmoid),
        "Swish" => {
            let alpha = number("alpha", 1.0);
            Rc::new(move |x| x * sigmoid(alpha * x))
        }
        "Tanh" => Rc::new(f64::tanh),
        "HardSigmoid" => {
            let (alpha, beta) = (number("alpha", 0.2), number("beta", 0.5));
            Rc::new(move |x| (alpha * x + beta).clamp(0.0, 1.0))
        }
        "HardSwish" => Rc::new(|x| x * (x / 6.0 + 0.5).clamp(0.0, 1.0)),
        "Softplus" => Rc::new(softplus),
        "Mish" => Rc::new(move |x| x * softplus(x).tanh()),
        "Erf" => Rc::new(pointwise::erf),
        "Gelu" if node.text("approximate") == "tanh" => {
            Rc::new(|x| 0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3))).tanh()))
        }
        "Gelu" => Rc::new(|x| 0.5 * x * (1.0 + pointwise::erf(x / std::f64::consts::SQRT_2))),
        "Clip" => clip(node)?,
        "Neg" => Rc::new(|x| -x),
        "Abs" => Rc::new(f64::abs),
        "Sign" => Rc::new(|x| if x == 0.0 { 0.0 } else { x.signum() }),
        "Exp" => Rc::new(f64::exp),
        "Log" => Rc::new(f64::ln),
        "Sin" => Rc::new(f64::sin),
        "Cos" => Rc::new(f64::cos),
        "Sqrt" => Rc::new(f64::sqrt),
        "Reciprocal" => Rc::new(|x| 1.0 / x),
        "Softsign" => Rc::new(|x| x / (1.0 + x.abs())),
        "Floor" => Rc::new(f64::floor),
        "Ceil" => Rc::new(f64::ceil),
        "Round" => Rc::new(f64::round_ties_even),
        _ => return Ok(None),
    };
    Ok(Some(f))
}

fn leaky(slope: f64, from: f64) -> F {
    Rc::new(move |x| if x > from { x } else { slope * x })
}

/// `gamma · x` above 0, `gamma · alpha · (exp(rate · x) - 1)` elsewhere.
fn exponential(alpha: f64, gamma: f64, rate: f64) -> F {
    Rc::new(move |x| gamma * if x > 0.0 { x } else { alpha * (rate * x).exp_m1() })
}

fn clip(node: &Node) -> Result<F, Problem> {
    let limit = |i: usize, name: &str, default: f64| -> Result<f64, Problem> {
        if node.has(i) {
            let limit = node.constant(i)?;
            return limit.uniform().ok_or_else(|| format!("its {name} is no single number"));
        }
        let attribute = node.float(name, default as f32);
        // f32's largest number stands for no limit in old files
        Ok(if attribute.abs() >= f64::from(f32::MAX) { default } else { attribute })
    };
    let (low, high) = (limit(1, "min", f64::NEG_INFINITY)?, limit(2, "max", f64::INFINITY)?);
    // where the limits cross, the upper one counts
    Ok(Rc::new(move |x| x.max(low).min(high)))
}

/// Puts a function of a node behind a value.
///
/// # Errors
/// If what has to be computed before it has no layer.
pub fn follow(reader: &mut Reader, x: Activation, f: F, node: &Node) -> Result<Activation, Problem> {
    then(reader, x, Function { f, node: node.proto.op_type.as_str().into(), join: None })
}

/// Puts a function behind a value.
///
/// # Errors
/// If what has to be computed before it has no layer.
pub fn then(reader: &mut Reader, x: Activation, function: Function) -> Result<Activation, Problem> {
    let mut x = reader.without_zeros(x)?;
    if let Pending::Channels { .. } = x.pending {
        x = reader.settle(x)?;
    }
    if let Pending::Functions(functions) = &mut x.pending {
        functions.push(function);
    }
    Ok(x)
}
