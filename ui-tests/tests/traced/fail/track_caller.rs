use std::panic::Location;

use floe_telemetry::traced;

#[traced]
#[track_caller]
fn alone() -> &'static Location<'static> {
    Location::caller()
}

#[traced]
#[cfg_attr(debug_assertions, inline, track_caller)]
fn below_a_condition() {}

struct Place;

// In a block it is left out.
#[traced]
impl Place {
    #[track_caller]
    fn here(&self) -> &'static Location<'static> {
        Location::caller()
    }
}

fn main() {}
