#![allow(unused)]
//! Items that cannot be traced, and arguments that do not apply to an item.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;

use floe_telemetry::traced;

#[traced]
pub const fn constant() -> u8 {
    3
}

const _: u8 = constant();

#[traced]
#[unsafe(naked)]
extern "C" fn naked() {
    core::arch::naked_asm!("")
}

#[traced]
#[track_caller]
fn tracks_its_caller() -> &'static Location<'static> {
    Location::caller()
}

#[traced]
#[cfg_attr(debug_assertions, inline, track_caller)]
fn tracks_its_caller_below_a_condition() {}

struct Place;

// In a block they are left out.
#[traced]
impl Place {
    #[unsafe(naked)]
    extern "C" fn switch() {
        core::arch::naked_asm!("")
    }

    #[track_caller]
    fn here(&self) -> &'static Location<'static> {
        Location::caller()
    }
}

#[traced]
pub struct Table {
    name: String,
}

#[traced]
trait Store {
    fn load(&self) {}
}

trait Catalog {
    #[traced]
    fn without_body(&self, table: &str) -> bool;
}

#[traced(name = "place", kind = cleint)]
impl Place {
    fn one_error_for_all(&self) {}

    fn methods(&self) {}

    #[traced(skip)]
    fn left_out(&self) {}
}

#[traced(boxed)]
impl Drop for Place {
    fn drop(&mut self) {}
}

impl Place {
    // The function that `#[async_trait]` generates for an `async fn`.
    #[traced(boxed)]
    fn boxed_by_async_trait<'life0, 'async_trait>(
        &'life0 self,
    ) -> Pin<Box<dyn Future<Output = u8> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
    {
        Box::pin(async move { 1 })
    }
}

#[traced(boxed)]
fn boxed_future() -> impl Future<Output = u8> {
    async { 1 }
}

#[traced(boxed)]
fn boxed() {}

#[traced(call_only)]
async fn call_only() {}

#[traced(future)]
async fn future() {}

#[traced(skip)]
fn skipped() {}

#[traced(future)]
impl Table {
    fn future_of_a_block(&self) {}
}

fn main() {
    Place.one_error_for_all();
    Place.methods();
    Place.left_out();
}
