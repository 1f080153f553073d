//! Runs of a service that does not exist, with the noise of those that do.

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
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Of a normal distribution, by Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.next()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.next()).cos()
    }
}

/// What a service does in each request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Service {
    /// The noise of a call, as the deviation of the logarithm of its time.
    pub(crate) noise: f64,
    /// The factor of the time of `price`.
    pub(crate) slower: f64,
    /// How many queries a request makes.
    pub(crate) queries: usize,
    /// Whether the two shards are asked at the same time.
    pub(crate) is_parallel: bool,
    /// The part of `price` that fails.
    pub(crate) failures: f64,
    /// Whether there is a call of `audit`.
    pub(crate) has_audit: bool,
    pub(crate) requests: u32,
}

impl Default for Service {
    fn default() -> Self {
        Self {
            noise: 0.1,
            slower: 1.0,
            queries: 2,
            is_parallel: true,
            failures: 0.0,
            has_audit: false,
            requests: 30,
        }
    }
}

/// Runs of two services, in turns, on a machine that becomes slower and quicker.
pub(crate) fn set(services: &[Service; 2], runs: usize, seed: u64) -> [Vec<Recording>; 2] {
    let mut numbers = Numbers(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut sets = [Vec::new(), Vec::new()];
    let mut machine = 0.0_f64;
    for _ in 0..runs {
        for (service, set) in services.iter().zip(&mut sets) {
            // It drifts, and a run is off by a percent.
            machine += numbers.normal() * 0.01;
            let factor = (machine + numbers.normal() * 0.01).exp();
            set.push(run(*service, factor, &mut numbers));
        }
    }
    sets
}

pub(crate) fn run(service: Service, speed: f64, numbers: &mut Numbers) -> Recording {
    let mut recording = Recording::default();
    for request in 1..=u128::from(service.requests) {
        let mut now = 1_000_000_000_000;
        let mut id = 0;
        let mut spans: Vec<Span> = Vec::new();
        let mut took = |micros: f64| {
            // One call in a hundred takes three times as long.
            let outlier = if numbers.next() < 0.01 { 3.0 } else { 1.0 };
            (micros * 1000.0 * speed * outlier * (numbers.normal() * service.noise).exp()) as u64
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
        for _ in 0..service.queries {
            let nanos = took(400.0);
            add(root, "SELECT item", now, nanos);
            now += nanos;
        }
        let nanos = took(800.0 * service.slower);
        let price = add(root, "price", now, nanos);
        now += nanos;
        let shards = [took(300.0), took(300.0)];
        add(root, "shard", now, shards[0]);
        let second = if service.is_parallel {
            now + 1000
        } else {
            now + shards[0]
        };
        add(root, "shard", second, shards[1]);
        now = second + shards[1].max(shards[0]);
        if service.has_audit {
            let nanos = took(20.0);
            add(root, "audit", now, nanos);
            now += nanos;
        }
        now += took(50.0);
        if let Some(span) = spans.first_mut() {
            span.end = now;
        }
        let is_failing = numbers.next() < service.failures;
        for mut span in spans {
            if is_failing && span.id == SpanId(price) {
                span.status = Status::Error("no price".into());
            }
            recording.add_span(span, Source::default());
        }
    }
    recording
}
