//! The timeline of the faults.

use std::time::Duration;

use floe_tests::Numbers;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Connections are closed at once.
    Down,
    Slow,
    /// The receiver answers 503 or `UNAVAILABLE`.
    Unavailable,
    /// Connections are reset in the middle of a request.
    Reset,
    Silent,
    /// Open connections stay open and transport no bytes.
    Frozen,
    /// The receiver answers with a partial success that rejects every span.
    Rejected,
    Restart,
}

const ALL: [Fault; 8] = [
    Fault::Down,
    Fault::Slow,
    Fault::Unavailable,
    Fault::Reset,
    Fault::Silent,
    Fault::Frozen,
    Fault::Rejected,
    Fault::Restart,
];

#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) fault: Option<Fault>,
    /// The end of the step, as the time since the start of the timeline.
    pub(crate) end: Duration,
}

/// Returns faults of random lengths, with pauses between them. The second half of `length` repeats the first half.
pub(crate) fn timeline(length: Duration, seed: u64) -> Vec<Step> {
    let half = length / 2;
    let mut random = Numbers(seed);
    let mut steps = Vec::new();
    let mut end = Duration::ZERO;
    let mut queue = Vec::new();
    while end < half {
        end += Duration::from_millis(3000 + random.below(3000) as u64);
        steps.push(Step { fault: None, end });
        if queue.is_empty() {
            queue = ALL.to_vec();
        }

        let fault = queue.swap_remove(random.below(queue.len()));
        end += Duration::from_millis(2000 + random.below(18_000) as u64);
        steps.push(Step { fault: Some(fault), end });
    }

    for step in &mut steps {
        step.end = step.end.min(half);
    }

    let again = steps.clone().into_iter().map(|step| Step { end: step.end + half, ..step });
    steps.extend(again);
    steps
}
