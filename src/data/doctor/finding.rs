//! What is wrong with examples that are alike.

use super::{Alike, Print, groups};

/// Splits as a report counts them.
pub(super) const PARTS: [&str; 3] = ["training", "validation", "test"];

/// What is wrong with examples that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// They are of different splits: what was learned is asked.
    Leak,
    /// They have different labels.
    Labels,
    /// They are of one split and label: one of them is enough.
    Copies,
}

/// An example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its path from the folder or table, or its number.
    pub name: String,
    /// Its class, labels or numbers, in words.
    pub label: String,
    /// Its split: 0 for training, 1 for validation, 2 for testing.
    pub part: usize,
}

/// Examples that are alike, and what is wrong with that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub problem: Problem,
    /// Whether they have the same content; otherwise they nearly look the same.
    pub is_exact: bool,
    /// The examples.
    pub members: Vec<Member>,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const SHOWN: usize = 4;
        let shown = self.members.iter().take(SHOWN).map(|member| match self.problem {
            Problem::Leak => format!("{} ({})", member.name, PARTS[member.part]),
            Problem::Labels => format!("{} (`{}`)", member.name, member.label),
            Problem::Copies => member.name.clone(),
        });
        let sign = if self.is_exact { " = " } else { " ≈ " };
        write!(f, "{}", shown.collect::<Vec<_>>().join(sign))?;
        match self.members.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "{sign}{more} more"),
        }
    }
}

/// What is wrong with these examples: a group of them may have two labels and be in two splits.
pub(super) fn findings(prints: &[Print], all: &[Member]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for Alike { members, is_exact } in groups(prints, |i| &all[i].label) {
        let members: Vec<Member> = members.iter().map(|&i| all[i].clone()).collect();
        let differ = |of: fn(&Member, &Member) -> bool| members.iter().any(|member| !of(member, &members[0]));
        let mut problems = Vec::new();
        if differ(|a, b| a.part == b.part) {
            problems.push(Problem::Leak);
        }
        if differ(|a, b| a.label == b.label) {
            problems.push(Problem::Labels);
        }
        if problems.is_empty() {
            problems.push(Problem::Copies);
        }
        let finding = |problem| Finding { problem, is_exact, members: members.clone() };
        findings.extend(problems.into_iter().map(finding));
    }
    findings
}
