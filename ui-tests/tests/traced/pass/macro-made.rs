use floe_telemetry::traced;

struct Catalog {
    table: String,
}

macro_rules! method {
    ($name:ident, $self:ident, $ty:ty, $body:block) => {
        impl Catalog {
            #[traced(attributes($self.table))]
            fn $name(&$self) -> $ty $body
        }
    };
}

method!(length, self, usize, { 3 });

fn main() {
    Catalog { table: String::new() }.length();
}
