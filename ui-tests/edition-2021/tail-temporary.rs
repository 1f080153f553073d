use std::cell::RefCell;

use floe_telemetry::traced;

// In this edition the guard is dropped after the local that it borrows from, with a span and without.
#[traced]
fn length(text: String) -> usize {
    let cell = RefCell::new(text);
    cell.borrow().len()
}

#[traced]
async fn length_later(text: String) -> usize {
    let cell = RefCell::new(text);
    cell.borrow().len()
}

fn main() {}
