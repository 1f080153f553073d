#![allow(unused)]
//! A secret stays secret in an expression, and when a pattern renames it.

use floe_telemetry::traced;

#[traced(attributes(user, token, "page.token" = token, length = token.len()))]
fn by_name(user: &str, token: &str) {}

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

struct Config {
    api_key: String,
}

impl Config {
    #[traced(attributes(self.api_key), attributes_fn = |this, config| [("key", config.api_key.len() + size(this.key().token))])]
    fn merge(&self, config: &Config) {}
}

pub struct Key {
    pub value: String,
}

pub struct Login {
    pub user: String,
    pub password: String,
    pub api_key: Key,
}

#[traced(attributes(key = p))]
pub fn with_key(Login { password: p, .. }: Login) -> usize {
    p.len()
}

#[traced(attributes(p))]
pub fn by_itself((Login { password: p, .. }, _): (Login, u8)) -> usize {
    p.len()
}

#[traced(name = format!("login {p}"))]
pub fn in_the_name(Login { password: p, .. }: &Login) -> usize {
    p.len()
}

#[traced(attributes_fn = |Login { password: q, .. }| [("q", q.clone())])]
pub fn in_a_closure(login: &Login) -> usize {
    login.user.len()
}

#[traced(attributes(key = login.api_key.value))]
pub fn one_field_further(login: &Login) -> usize {
    login.user.len()
}

pub enum By {
    Code { code: String },
    Password { password: String },
}

#[traced(attributes(p))]
pub fn in_a_later_alternative((By::Code { code: p } | By::Password { password: p }): By) -> usize {
    p.len()
}

#[traced(attributes(length = p.len(), "quoted" = p, user))]
pub fn fine(Login { user, password: p, .. }: Login) -> usize {
    user.len() + p.len()
}

#[traced(ret)]
pub fn access_token() -> String {
    String::new()
}

#[traced(ret)]
pub fn has_token() -> bool {
    true
}

fn main() {}
