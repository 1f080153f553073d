//! A secret field stays secret when a pattern renames it.

use floe_telemetry::traced;

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

fn main() {}
