//! Auto traits of futures and other opaque types.

use std::cell::Cell;
use std::fmt::Debug;
use std::future::{Future, ready};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

use super::traced;
use crate::log::{Log, auto_traits, pause};

#[traced]
async fn nothing() {}

#[traced]
async fn ready_at_once(text: String) -> usize {
    ready(text.len()).await
}

#[traced(attributes(n))]
async fn with_attribute(n: u8) -> u8 {
    ready(n).await
}

#[traced]
async fn pauses(n: u8) -> u8 {
    pause().await;
    n
}

#[traced]
async fn shares(n: Rc<u8>) -> u8 {
    ready(()).await;
    *n
}

#[traced]
async fn lends(n: &Cell<u8>) -> u8 {
    ready(()).await;
    n.get()
}

#[traced]
async fn changes(n: &mut u8) {
    ready(()).await;
    *n += 1;
}

#[traced]
async fn calls<F, Fut>(call: F, run: &mut (dyn FnMut() + Send)) -> u8
where
    F: Fn() -> Fut,
    Fut: Future<Output = u8>,
{
    run();
    pause().await;
    run();
    call().await
}

struct NotSync(Cell<u8>);

#[traced(attributes(n = self.0.get()))]
impl NotSync {
    async fn add(&mut self) -> u8 {
        pause().await;
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
}

#[traced]
fn returned(n: u8) -> impl Future<Output = u8> {
    ready(n)
}

#[traced]
fn returned_unwind_safe(n: u8) -> impl Future<Output = u8> + Send + UnwindSafe + RefUnwindSafe {
    ready(n)
}

#[traced]
fn opaque(n: u8) -> impl Debug {
    Cell::new(n)
}

pub(crate) fn observe(log: &mut Log) {
    log.auto_traits("nothing", auto_traits!(nothing()));
    log.auto_traits("ready_at_once", auto_traits!(ready_at_once(String::new())));
    log.auto_traits("with_attribute", auto_traits!(with_attribute(1)));
    log.auto_traits("pauses", auto_traits!(pauses(1)));
    log.auto_traits("shares", auto_traits!(shares(Rc::new(1))));
    log.auto_traits("lends", auto_traits!(lends(&Cell::new(1))));
    log.auto_traits("changes", auto_traits!(changes(&mut 1)));
    log.auto_traits("calls", auto_traits!(calls(|| ready(1), &mut || ())));
    log.auto_traits("add", auto_traits!(NotSync(Cell::new(1)).add()));
    log.auto_traits("returned", auto_traits!(returned(1)));
    log.auto_traits("returned_unwind_safe", auto_traits!(returned_unwind_safe(1)));
    log.auto_traits("opaque", auto_traits!(opaque(1)));
    log.future("nothing", |_| nothing());
    log.future("calls", |_| async { calls(|| ready(1), &mut || ()).await });
}
