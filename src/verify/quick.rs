//! Which cases a quick check runs: as few as meet everything at least once.

use std::collections::BTreeSet;

use super::checklist::Check;

/// Numbers of the checks to run. What costs least for what it meets for the first time is taken first, until all is met;
/// then a check that others have made needless is dropped.
pub(super) fn choose(checks: &[Check]) -> BTreeSet<usize> {
    let mut chosen = BTreeSet::new();
    let mut met = BTreeSet::new();
    loop {
        let gain = |check: &Check| check.meets.difference(&met).count();
        let rest = (0..checks.len()).map(|i| (i, gain(&checks[i]))).filter(|(_, gain)| *gain > 0);
        let price = |&(i, gain): &(usize, usize)| checks[i].cost * 1000 / gain;
        let Some((best, _)) = rest.min_by_key(price) else { break };
        met.extend(checks[best].meets.iter().cloned());
        chosen.insert(best);
    }
    for i in chosen.clone() {
        let others = |one| chosen.iter().any(|&j| j != i && checks[j].meets.contains(one));
        if checks[i].meets.iter().all(others) {
            chosen.remove(&i);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use lepton_kernels::OPS;
    use lepton_kernels::gemm::Family;
    use lepton_kernels::op::Target;

    use super::*;

    #[test]
    fn few_cases_meet_all_that_all_cases_meet() {
        let target = Target::f32(Family::Simt);
        let cases = OPS.iter().enumerate().flat_map(|(row, entry)| (entry.cases)().into_iter().map(move |c| (row, c)));
        let checks: Vec<Check> = cases.map(|(row, case)| Check::new(row, 0, case, &target)).collect();
        let chosen = choose(&checks);
        let meets = |numbers: &mut dyn Iterator<Item = usize>| {
            numbers.flat_map(|i| checks[i].meets.iter().cloned()).collect::<BTreeSet<_>>()
        };
        let all = meets(&mut (0..checks.len()));
        assert_eq!(meets(&mut chosen.iter().copied()), all);
        assert!(all.contains(&("conv2d", "grad_weight/simt".into())));
        for i in &chosen {
            let rest = meets(&mut chosen.iter().copied().filter(|j| j != i));
            assert_ne!(rest, all, "check {i} is needless");
        }
        assert!(chosen.len() < checks.len() / 3, "{} of {}", chosen.len(), checks.len());
    }
}
