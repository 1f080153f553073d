//! The work without any span.

use super::{CHILDREN, Case, Contestant, SPANS, Shape};
use crate::work::{block_on, work, work_async};

#[derive(Debug)]
pub(super) struct Bare;

fn root() {
    for n in 0..CHILDREN {
        child(n);
    }
    let _ = work(CHILDREN);
}

#[inline(never)]
fn child(n: i64) -> i64 {
    work(n)
}

async fn root_async(pause: bool) {
    for n in 0..CHILDREN {
        child_async(n, pause).await;
    }
}

async fn child_async(n: i64, pause: bool) -> i64 {
    work_async(n, pause).await
}

impl Contestant for Bare {
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
