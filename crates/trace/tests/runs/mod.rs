//! Generates runs of an invented service, with the noise of real services.

#![allow(dead_code, reason = "each test uses a part")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "durations"
)]

use std::fmt::Write as _;

use floe_trace::Recording;

use crate::text::spans;

/// Random numbers by xorshift64*, the same ones for the same seed.
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

    /// Returns a random number with a normal distribution, by Box and Muller.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.next()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.next()).cos()
    }
}

/// The noise in the times of a service whose program has not changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noise {
    /// The standard deviation of the logarithm of a call's time.
    pub(crate) call: f64,
    /// The standard deviation of the logarithm of a factor that all times of a run share.
    pub(crate) run: f64,
    /// The standard deviation of the machine's drift from run to run.
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
    /// The factor by which `price` is slower.
    pub(crate) slower: f64,
    pub(crate) queries: usize,
    /// The part of the calls of `price` that fail.
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
            failures: 0.0,
            has_audit: false,
            requests: 30,
        }
    }
}

/// Returns runs of two services, in turns, on a machine that becomes slower and quicker.
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

/// Returns runs of a service, and one later run of another service.
pub(crate) fn nights(services: &[Service; 2], runs: usize, seed: u64) -> [Vec<Recording>; 2] {
    let mut machine = Machine::new(seed);
    let before = (0..runs).map(|_| machine.run(services[0])).collect();
    [before, vec![machine.run(services[1])]]
}

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

fn run(service: Service, speed: f64, numbers: &mut Numbers) -> Recording {
    let mut text = String::new();
    for request in 1..=service.requests {
        let error = if numbers.next() < service.failures { " error" } else { "" };
        let mut took = |micros: f64| {
            // One call in a hundred takes three times as long.
            let outlier = if numbers.next() < 0.01 { 3.0 } else { 1.0 };
            let factor = outlier * (numbers.normal() * service.noise.call).exp();
            (micros * 1000.0 * speed * factor) as u64
        };
        let micros = |nanos: u64| nanos as f64 / 1000.0;
        let mut below = String::new();
        let mut call = |name: &str, from, to| {
            let _ = writeln!(below, "  {name} {}..{}us", micros(from), micros(to));
            to
        };
        let mut now = took(100.0);
        for _ in 0..service.queries {
            now = call("SELECT item", now, now + took(400.0));
        }
        let price = now + took(800.0 * service.slower);
        let from = micros(std::mem::replace(&mut now, price));
        let shards = [took(300.0), took(300.0)];
        let first = call("shard", now, now + shards[0]);
        now = call("shard", now + 1000, now + 1000 + shards[1]).max(first);
        if service.has_audit {
            now = call("audit", now, now + took(20.0));
        }
        now += took(50.0);
        let _ = write!(text, "GET /cart/{request} 0..{}us\n{below}", micros(now));
        let _ = writeln!(text, "  price {from}..{}us{error}", micros(price));
    }
    spans(&text)
}
