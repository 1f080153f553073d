//! The work between two clock readings: the lower bound of a span's cost.

use std::hint::black_box;

use fastant::Instant;

use super::{CHILDREN, Case, Contestant, SPANS, Shape};
use crate::work::{block_on, work, work_async};

#[derive(Debug)]
pub(super) struct Clocks;

fn root() {
    black_box(Instant::now());
    for n in 0..CHILDREN {
        child(n);
    }
    black_box(Instant::now());
}

fn child(n: i64) -> i64 {
    black_box(Instant::now());
    let result = work(n);
    black_box(Instant::now());
    result
}

async fn root_async(pause: bool) {
    black_box(Instant::now());
    for n in 0..CHILDREN {
        child_async(n, pause).await;
    }
    black_box(Instant::now());
}

async fn child_async(n: i64, pause: bool) -> i64 {
    black_box(Instant::now());
    let result = work_async(n, pause).await;
    black_box(Instant::now());
    result
}

impl Contestant for Clocks {
    fn trace(&self, case: Case) {
        match case.shape {
            Shape::Sync => root(),
            shape => block_on(root_async(shape == Shape::Pending)),
        }
    }

    fn children(&self, case: Case) {
        for n in 0..SPANS {
            match case.shape {
                Shape::Sync => child(n),
                shape => block_on(child_async(n, shape == Shape::Pending)),
            };
        }
    }

    fn below_unsampled_root(&self, act: &mut dyn FnMut()) {
        act();
    }
}
