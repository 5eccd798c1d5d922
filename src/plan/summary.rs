//! The summary that `inspect` prints: layer, output shape, parameters, multiply-adds.

use comfy_table::{CellAlignment, Table, presets};

use super::counts::thousands;
use super::{Graph, Setting, default_loss};
use crate::model::{InputKind, ModelError, ModelSpec, NetworkInput};

/// A layer of a model, or what a network reads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerRow {
    /// Name of the layer; of a network's input `input`, `image` or `noise`.
    pub name: String,
    /// Its type; empty for an input.
    pub kind: String,
    /// Its options in words.
    pub attributes: String,
    /// Shape of its output for one image.
    pub output: String,
    /// Numbers that it trains.
    pub parameters: u64,
    /// Multiply-adds of one image.
    pub multiply_adds: u64,
    /// Names of what it reads.
    pub reads: String,
}

/// The layers of a model, network by network, each after what it reads.
///
/// # Errors
/// If its layers do not fit together.
pub fn layer_table(model: &ModelSpec) -> Result<Vec<LayerRow>, ModelError> {
    let graph = Graph::build(model, &Setting::new(1, 1, default_loss(model)))?;
    let [h, w, c] = model.input;
    let input = match (model.input_kind(), model.text_length()) {
        (InputKind::Images, _) => format!("{h} x {w} x {c}"),
        (InputKind::Texts, Some(length)) => format!("{length} tokens"),
        (InputKind::Texts, None) => format!("{w} tokens (auto)"),
        (InputKind::Features, _) => format!("{c} features"),
    };
    let mut rows = Vec::new();
    let mut built = graph.layers.iter();
    for network in model.networks() {
        let (name, output) = match network.reads {
            NetworkInput::Noise(numbers) => ("noise", numbers.to_string()),
            NetworkInput::Input => ("input", input.clone()),
            NetworkInput::Image => ("image", input.clone()),
        };
        rows.push(LayerRow { name: name.into(), output, ..LayerRow::default() });
        for (spec, built) in network.layers.iter().zip(built.by_ref()) {
            let nodes = graph.nodes.range(built.nodes.clone());
            let own = graph.parameters.range(built.parameters.clone()).iter().filter(|p| p.trained);
            let output: Vec<String> =
                graph.tensors[built.output].shape.sizes()[1..].iter().map(usize::to_string).collect();
            rows.push(LayerRow {
                name: format!("{}{}", network.prefix, spec.name),
                kind: spec.layer.kind().name.into(),
                attributes: nodes.first().map_or(String::new(), |node| node.op.attributes()),
                output: output.join(" x "),
                parameters: own.map(|p| graph.tensors[p.tensor].shape.count() as u64).sum(),
                multiply_adds: nodes.iter().map(|node| node.op.multiply_adds(&graph.input_shapes(node))).sum(),
                reads: spec.inputs.join(", "),
            });
        }
    }
    Ok(rows)
}

/// The summary of a model for one image.
///
/// # Errors
/// If its layers do not fit together.
pub fn summary(model: &ModelSpec) -> Result<String, ModelError> {
    let rows = layer_table(model)?;
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["layer", "type", "attributes", "output", "parameters", "multiply-adds", "reads"]);
    for LayerRow { name, kind, attributes, output, parameters, multiply_adds, reads } in &rows {
        let [parameters, multiply_adds] = [*parameters, *multiply_adds].map(thousands);
        table.add_row([name, kind, attributes, output, &parameters, &multiply_adds, reads]);
    }
    for column in [4, 5] {
        table.column_mut(column).expect("seven columns").set_cell_alignment(CellAlignment::Right);
    }
    let parameters: u64 = rows.iter().map(|row| row.parameters).sum();
    let work: u64 = rows.iter().map(|row| row.multiply_adds).sum();
    Ok(format!(
        "model {}\n{table}\nparameters: {} ({})\nmultiply-adds of one image: {}\n",
        model.name,
        thousands(parameters),
        super::mib(parameters * 4),
        thousands(work)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_have_their_published_sizes() {
        // with 10 classes: torchvision's and timm's counts are of 1000
        for (name, parameters) in [
            ("lenet5", "61,706"),
            ("resnet32", "464,154"),
            ("resnet44", "658,586"),
            ("resnet56", "853,018"),
            ("resnet110", "1,727,962"),
            ("resnet18-cifar", "11,173,962"),
            ("resnet34-cifar", "21,282,122"),
            ("resnet50-cifar", "23,520,842"),
            ("resnet18", "11,181,642"),
            ("resnet34", "21,289,802"),
            ("resnet50", "23,528,522"),
            ("vgg11", "128,812,810"),
            ("vgg16", "134,309,962"),
            ("mobilenet-v2", "2,236,682"),
            ("efficientnet-lite0", "3,383,818"),
            ("photo-lite0", "3,891,978"),
            ("wide-resnet-28-10", "36,479,194"),
            ("convnext-atto", "3,377,730"),
            ("convnext-tiny", "27,827,818"),
            ("vgg11-no-norm", "128,807,306"),
            ("vgg16-no-norm", "134,301,514"),
            ("resnet20-projection", "272,474"),
            ("efficientnet-lite0-symmetric", "3,383,818"),
            ("seed-mnist", "93,322"),
            ("seed-cifar", "122,570"),
            ("seed-functional", "54,410"),
            ("resnet20", "269,722"),
            ("resnet20-no-norm", "271,690"),
            ("linear", "7,850"),
            ("autoencoder", "65,025"),
            // airbench94's trained parameters with its fixed filters, and ten factors that are a constant there
            ("speednet", "1,971,650"),
        ] {
            let text = summary(&ModelSpec::open(name).unwrap()).unwrap();
            assert!(text.contains(&format!("parameters: {parameters} ")), "{text}");
        }
    }

    #[test]
    fn thousands_are_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}
