//! Closures that capture arguments without drop glue. The macro binds these again, so that the compiler suggests
//! `move`.

use std::future::Future;

use super::traced;
use crate::log::{Log, pause};

#[traced]
fn borrowed(n: u8, list: &[u8]) -> Vec<u8> {
    list.iter().map(|m| m + n).collect()
}

#[traced(attributes(n, flag))]
fn with_attributes(n: u8, (left, right): (u8, u8), flag: bool, _unused: char) -> u8 {
    let sum = |m: u8| if flag || m > 1 { m + n + left } else { right };
    sum(n)
}

#[traced]
fn mutated(mut n: u32, steps: [u32; 3]) -> u32 {
    steps.iter().for_each(|step| n += step);
    let mut next = || {
        n += 1;
        n
    };
    next() + next()
}

#[traced]
fn moved(n: u8, pair: (u8, char)) -> impl Fn(u8) -> (u8, char) {
    move |m| (n + m + pair.0, pair.1)
}

#[traced]
fn shadowed(n: u8) -> u8 {
    let n = move |m: u8| n + m;
    let once = n(1);
    match once {
        2 | 3 => n(once),
        n => n,
    }
}

#[traced]
fn returns_future(n: u8) -> impl Future<Output = u8> {
    async move {
        pause().await;
        n + 1
    }
}

#[traced]
fn threads(n: &u8, m: usize) -> usize {
    std::thread::scope(|scope| {
        let other = scope.spawn(|| usize::from(*n) + m);
        other.join().unwrap() + m
    })
}

#[traced]
fn one_condition(#[cfg(not(doc))] n: u8, #[cfg(doc)] _m: u8) -> u8 {
    (|| n)()
}

pub(crate) fn observe(log: &mut Log) {
    log.call("borrowed", |_| borrowed(1, &[2, 3]));
    log.call("with_attributes", |_| with_attributes(1, (2, 3), false, 'c'));
    log.call("with_attributes", |_| with_attributes(1, (2, 3), true, 'c'));
    log.call("mutated", |_| mutated(1, [2, 3, 4]));
    log.call("moved", |_| moved(1, (2, 'c'))(3));
    log.call("shadowed", |_| shadowed(1));
    log.future("returns_future", |_| returns_future(1));
    log.call("threads", |_| threads(&1, 2));
    log.call("one_condition", |_| one_condition(1));
}
