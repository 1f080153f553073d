use floe_telemetry::traced;

#[traced(semconv = strict, attributes("http.method" = "GET", "db.sytem.name" = "sqlite"))]
fn keys() {}

#[traced(semconv = strict, attributes("otel.kind" = "client", "users.id" = 1))]
fn arguments() {}

struct Service;

#[traced(semconv = strict)]
impl Service {
    #[traced(attributes("db.system" = "sqlite"))]
    fn of_a_block(&self) {}

    #[traced(semconv = off, attributes("db.system" = "sqlite"))]
    fn without(&self) {}
}

#[traced(semconv = warn)]
fn another_word() {}

fn main() {}
