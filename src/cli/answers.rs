//! What `predict` says about models that do not choose one class: labels that are there, numbers, images.

use super::args::PredictArgs;
use super::{CliError, Exit};
use crate::checkpoint::Checkpoint;
use crate::config::Against;
use crate::gpu::Gpu;
use crate::report::{percent, say};
use crate::train::Answer;

/// Prints the answers on `args.images`, whose pixels are `bytes`.
pub fn say(
    args: &PredictArgs,
    checkpoint: &Checkpoint,
    gpu: &Gpu,
    answers: &[Answer],
    bytes: &[u8],
) -> Result<Exit, CliError> {
    let (names, against) = (&checkpoint.meta.classes, checkpoint.meta.config.loss.against());
    let pixels = bytes.chunks_exact(bytes.len() / answers.len().max(1));
    let rows = args.images.iter().zip(answers).zip(pixels);
    if args.json {
        let row = |((path, answer), pixels)| {
            let mut row = json(answer, names, against, pixels);
            row["image"] = serde_json::json!(path);
            row
        };
        say!("{:#}", serde_json::Value::from(rows.map(row).collect::<Vec<_>>()));
        return Ok(Exit::Done);
    }
    say!("adapter  {}", gpu.summary().line());
    for ((path, answer), pixels) in rows {
        say!("{}: {}", path.display(), line(answer, names, against, pixels, args.top as usize));
    }
    Ok(Exit::Done)
}

/// Mean squared difference of an answer and the image itself, both in 0..1.
fn difference(outputs: &[f32], pixels: &[u8]) -> f64 {
    let pairs = outputs.iter().zip(pixels);
    let sum: f64 = pairs.map(|(&output, &byte)| (f64::from(output) - f64::from(byte) / 255.0).powi(2)).sum();
    sum / outputs.len().max(1) as f64
}

/// Labels above a half, or the likeliest ones where none is; numbers by name.
fn line(answer: &Answer, names: &[String], against: Against, pixels: &[u8], top: usize) -> String {
    match against {
        Against::Labels => {
            let ranked = answer.top(names.len());
            let there: Vec<_> = ranked.iter().filter(|(_, p)| *p > 0.5).map(|l| spell(names, l)).collect();
            if there.is_empty() {
                let likeliest: Vec<_> = ranked.iter().take(top).map(|l| spell(names, l)).collect();
                return format!("none of the labels; likeliest: {}", likeliest.join(", "));
            }
            there.join(", ")
        }
        Against::Input => format!("mean squared error {:.6}", difference(&answer.outputs, pixels)),
        _ if answer.outputs.len() == 1 => format!("{:.4}", answer.outputs[0]),
        _ => {
            let number = |(name, output): (&String, &f32)| format!("{name} {output:.4}");
            names.iter().zip(&answer.outputs).map(number).collect::<Vec<_>>().join(", ")
        }
    }
}

fn spell(names: &[String], (label, probability): &(usize, f64)) -> String {
    format!("{} {}", names[*label], percent(*probability))
}

fn json(answer: &Answer, names: &[String], against: Against, pixels: &[u8]) -> serde_json::Value {
    match against {
        Against::Labels => {
            let label =
                |(i, p): (usize, &f64)| serde_json::json!({ "label": names[i], "probability": p, "there": *p > 0.5 });
            let labels: Vec<_> = answer.probabilities.iter().enumerate().map(label).collect();
            serde_json::json!({ "labels": labels })
        }
        Against::Input => serde_json::json!({ "mean_squared_error": difference(&answer.outputs, pixels) }),
        _ => {
            let value = |(name, output): (&String, &f32)| serde_json::json!({ "value": name, "predicted": output });
            serde_json::json!({ "values": names.iter().zip(&answer.outputs).map(value).collect::<Vec<_>>() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_numbers_and_images_are_said_each_in_their_way() {
        let names = ["cat", "dog", "sofa"].map(String::from);
        let answer = Answer { outputs: vec![1.0, -1.0, 3.0], probabilities: vec![0.75, 0.25, 0.9] };
        assert_eq!(line(&answer, &names, Against::Labels, &[], 3), "sofa 90.00 %, cat 75.00 %");
        let none = Answer { probabilities: vec![0.1, 0.2, 0.05], ..answer.clone() };
        assert_eq!(line(&none, &names, Against::Labels, &[], 1), "none of the labels; likeliest: dog 20.00 %");
        assert_eq!(line(&answer, &names, Against::Numbers, &[], 3), "cat 1.0000, dog -1.0000, sofa 3.0000");
        let image = Answer { outputs: vec![1.0, 0.5], probabilities: vec![] };
        assert_eq!(line(&image, &names, Against::Input, &[255, 0], 3), "mean squared error 0.125000");
    }
}
