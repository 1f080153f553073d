use floe_telemetry::traced;

#[traced(
    name = format!("login {password}"),
    attributes(
        x = password.as_str(),
        w = &password[..],
        y = format!("{password:?}"),
        z = ?Some(&password),
        token = "x",
        present = password.is_empty(),
    ),
)]
fn login(password: String) {}

#[traced(attributes_fn = |password| [("x", password.len() + *count(password))])]
fn count_it(password: String) {}

fn main() {}
