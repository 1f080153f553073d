use floe_telemetry::traced;

#[traced(attributes(user, token, "page.token" = token, length = token.len()))]
fn login(user: &str, token: &str) {
    let _ = (user, token);
}

fn main() {}
