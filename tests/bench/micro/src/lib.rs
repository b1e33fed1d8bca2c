//! Micro-benchmarks of Weir's core: what one event, one request, one look-up costs, without a proxy around it.
//!
//! A [`Case`] is one thing that is measured. The same cases run natively under Criterion (`benches/native.rs`) and as
//! Wasm in Node (`node.mjs`, through [`wasm`]); both count what is allocated.
pub mod allocations;
mod bodies;
mod exchange;
mod framing;
mod prices;
mod requests;
mod streams;
#[cfg(target_arch = "wasm32")]
pub mod wasm;
mod wires;

/// One thing that is measured.
pub struct Case {
    /// Where it belongs, and what it is: `framing/sse/at_once`.
    pub name: String,
    /// What is counted: `event` or `request`.
    pub unit: &'static str,
    /// How many of them one run has.
    pub units: usize,
    /// How many bytes one run reads.
    pub bytes: usize,
    /// One run. It panics where what it measures does not do its work.
    pub run: Box<dyn FnMut()>,
}

impl Case {
    fn events(name: impl Into<String>, bytes: usize, run: impl FnMut() + 'static) -> Self {
        Case {
            name: name.into(),
            unit: "event",
            units: wires::EVENTS,
            bytes,
            run: Box::new(run),
        }
    }

    fn request(name: impl Into<String>, bytes: usize, run: impl FnMut() + 'static) -> Self {
        Case {
            name: name.into(),
            unit: "request",
            units: 1,
            bytes,
            run: Box::new(run),
        }
    }
}

/// Every case, in the order of the report.
pub fn cases() -> Vec<Case> {
    [
        framing::cases(),
        streams::cases(),
        requests::cases(),
        exchange::cases(),
        prices::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Finds one price in a table that nobody has asked yet: it is unpacked now. Only a process's first call tells.
pub fn first_price() {
    prices::known();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// Every case does its work (it panics otherwise), has a name of its own, and is of a size that can be told.
    #[test]
    fn every_case_runs() {
        let mut names = HashSet::new();
        let before = allocations::count();
        for mut case in cases() {
            assert!(case.units > 0 && case.bytes > 0, "{}", case.name);
            (case.run)();
            (case.run)();
            assert!(names.insert(case.name), "a name twice");
        }
        assert!(names.len() > 60, "{}", names.len());
        assert!(allocations::count() > before, "nothing is counted");
    }
}
