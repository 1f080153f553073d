#![deny(deprecated)]

use floe_telemetry::traced;

struct Program;

impl Program {
    #[traced]
    fn main(&self) {}
}

#[traced]
impl Program {
    fn of_a_block() {}
}

mod other {
    use floe_telemetry::traced;

    struct Other;

    #[traced]
    impl Other {
        fn main() {}
    }
}

#[traced]
fn main() {}
