//! What `predict` says about models that do not choose one class: labels that are there, numbers.

use super::args::PredictArgs;
use super::{CliError, Exit};
use crate::checkpoint::Checkpoint;
use crate::config::TargetKind;
use crate::gpu::Gpu;
use crate::report::{percent, say};
use crate::train::Answer;

/// Prints the answers on `args.images`.
pub fn say(args: &PredictArgs, checkpoint: &Checkpoint, gpu: &Gpu, answers: &[Answer]) -> Result<Exit, CliError> {
    let (names, against) = (&checkpoint.meta.classes, checkpoint.meta.config.loss.target_kind());
    let rows = args.images.iter().zip(answers);
    if args.json {
        let row = |(path, answer)| {
            let mut row = json(answer, names, against);
            row["image"] = serde_json::json!(path);
            row
        };
        say!("{:#}", serde_json::Value::from(rows.map(row).collect::<Vec<_>>()));
        return Ok(Exit::Done);
    }
    say!("adapter  {}", gpu.summary().line());
    for (path, answer) in rows {
        say!("{}: {}", path.display(), line(answer, names, against, args.top as usize));
    }
    Ok(Exit::Done)
}

/// Labels above a half, or the likeliest ones where none is; numbers by name.
fn line(answer: &Answer, names: &[String], against: TargetKind, top: usize) -> String {
    match against {
        TargetKind::Labels => {
            let ranked = answer.top(names.len());
            let there: Vec<_> = ranked.iter().filter(|(_, p)| *p > 0.5).map(|l| spell(names, l)).collect();
            if there.is_empty() {
                let likeliest: Vec<_> = ranked.iter().take(top).map(|l| spell(names, l)).collect();
                return format!("none of the labels; likeliest: {}", likeliest.join(", "));
            }
            there.join(", ")
        }
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

fn json(answer: &Answer, names: &[String], against: TargetKind) -> serde_json::Value {
    match against {
        TargetKind::Labels => {
            let label =
                |(i, p): (usize, &f64)| serde_json::json!({ "label": names[i], "probability": p, "there": *p > 0.5 });
            let labels: Vec<_> = answer.probabilities.iter().enumerate().map(label).collect();
            serde_json::json!({ "labels": labels })
        }
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
    fn labels_and_numbers_are_said_each_in_their_way() {
        let names = ["cat", "dog", "sofa"].map(String::from);
        let answer = Answer { outputs: vec![1.0, -1.0, 3.0], probabilities: vec![0.75, 0.25, 0.9] };
        assert_eq!(line(&answer, &names, TargetKind::Labels, 3), "sofa 90.00 %, cat 75.00 %");
        let none = Answer { probabilities: vec![0.1, 0.2, 0.05], ..answer.clone() };
        assert_eq!(line(&none, &names, TargetKind::Labels, 1), "none of the labels; likeliest: dog 20.00 %");
        assert_eq!(line(&answer, &names, TargetKind::Numbers, 3), "cat 1.0000, dog -1.0000, sofa 3.0000");
    }
}
