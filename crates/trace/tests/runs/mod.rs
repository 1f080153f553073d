//! Runs of an invented service, with the noise of real services.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "durations"
)]

use floe_trace::{Recording, Source, Span, SpanId, Status, TraceId};

/// Random numbers, the same ones for a seed: xorshift64*.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A random number with a normal distribution, by Box and Muller.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.next()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.next()).cos()
    }
}

/// The noise in the times of a service whose program has not changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noise {
    /// The deviation of the logarithm of a call's time.
    pub(crate) call: f64,
    /// The deviation of the logarithm of a factor that all times of a run share.
    pub(crate) run: f64,
    /// The step of the machine's drift from run to run.
    pub(crate) drift: f64,
}

impl Noise {
    pub(crate) const fn of(call: f64) -> Self {
        Self { call, run: 0.01, drift: 0.01 }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Service {
    pub(crate) noise: Noise,
    /// The factor of the time of `price`.
    pub(crate) slower: f64,
    pub(crate) queries: usize,
    /// The part of the requests that make one more query.
    pub(crate) extra: f64,
    /// The part of `price` that fails.
    pub(crate) failures: f64,
    pub(crate) has_audit: bool,
    pub(crate) requests: u32,
}

impl Default for Service {
    fn default() -> Self {
        Self {
            noise: Noise::of(0.1),
            slower: 1.0,
            queries: 2,
            extra: 0.0,
            failures: 0.0,
            has_audit: false,
            requests: 30,
        }
    }
}

/// Runs of two services, in turns, on a machine that becomes slower and quicker.
pub(crate) fn set(services: &[Service; 2], runs: usize, seed: u64) -> [Vec<Recording>; 2] {
    let mut machine = Machine::new(seed);
    let mut sets = [Vec::new(), Vec::new()];
    for _ in 0..runs {
        for (service, set) in services.iter().zip(&mut sets) {
            set.push(machine.run(*service));
        }
    }
    sets
}

/// Runs of a service, and one of another service after them.
pub(crate) fn nights(services: &[Service; 2], runs: usize, seed: u64) -> [Vec<Recording>; 2] {
    let mut machine = Machine::new(seed);
    let before = (0..runs).map(|_| machine.run(services[0])).collect();
    [before, vec![machine.run(services[1])]]
}

/// A machine that becomes slower and quicker.
struct Machine {
    numbers: Numbers,
    slower: f64,
}

impl Machine {
    const fn new(seed: u64) -> Self {
        Self { numbers: Numbers::new(seed), slower: 0.0 }
    }

    fn run(&mut self, service: Service) -> Recording {
        let noise = service.noise;
        self.slower += self.numbers.normal() * noise.drift;
        let factor = (self.slower + self.numbers.normal() * noise.run).exp();
        run(service, factor, &mut self.numbers)
    }
}

pub(crate) fn run(service: Service, speed: f64, numbers: &mut Numbers) -> Recording {
    let mut recording = Recording::default();
    let noise = service.noise;
    for request in 1..=u128::from(service.requests) {
        let mut now = 1_000_000_000_000;
        let mut id = 0;
        let mut spans: Vec<Span> = Vec::new();
        let has_extra = service.extra > 0.0 && numbers.next() < service.extra;
        let is_failing = numbers.next() < service.failures;
        let mut took = |micros: f64| {
            // One call in a hundred takes three times as long.
            let outlier = if numbers.next() < 0.01 { 3.0 } else { 1.0 };
            let factor = outlier * (numbers.normal() * noise.call).exp();
            (micros * 1000.0 * speed * factor) as u64
        };
        let mut add = |parent: u64, name: &str, start: u64, nanos: u64| {
            id += 1;
            spans.push(Span {
                trace: TraceId(request),
                id: SpanId(id),
                parent: (parent != 0).then_some(SpanId(parent)),
                name: name.into(),
                start,
                end: start + nanos,
                ..Span::default()
            });
            id
        };
        let root = add(0, &format!("GET /cart/{request}"), now, 0);
        now += took(100.0);
        for _ in 0..service.queries + usize::from(has_extra) {
            let nanos = took(400.0);
            add(root, "SELECT item", now, nanos);
            now += nanos;
        }
        let nanos = took(800.0 * service.slower);
        let price = add(root, "price", now, nanos);
        now += nanos;
        let shards = [took(300.0), took(300.0)];
        add(root, "shard", now, shards[0]);
        let second = now + 1000;
        add(root, "shard", second, shards[1]);
        now = (second + shards[1]).max(now + shards[0]);
        if service.has_audit {
            let nanos = took(20.0);
            add(root, "audit", now, nanos);
            now += nanos;
        }
        now += took(50.0);
        if let Some(span) = spans.first_mut() {
            span.end = now;
        }
        for mut span in spans {
            if is_failing && span.id == SpanId(price) {
                span.status = Status::Error("no price".into());
            }
            recording.add_span(span, Source::default());
        }
    }
    recording
}
