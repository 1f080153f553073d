use floe_telemetry::traced;

#[traced(attributes(user, token, "page.token" = token, length = token.len()))]
fn login(user: &str, token: &str) {
    let _ = (user, token);
}

struct Config {
    api_key: String,
}

impl Config {
    #[traced(attributes(self.api_key), attributes_fn = |this, config| [("key", config.api_key.len() + size(this.key().token))])]
    fn merge(&self, config: &Config) {}
}

fn main() {}
