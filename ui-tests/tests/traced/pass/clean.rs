#![deny(warnings, missing_docs, unused, unused_qualifications, unreachable_pub)]
//! One-line functions and all forms of arguments cause no lint that they do not cause without the macro.

use std::future::Future;

use floe_telemetry::traced;

#[traced]
async fn none() {}

#[traced]
async fn text(text: String) -> usize { text.len() }

#[traced]
async fn pair((left, right): (String, u8)) -> usize { left.len() + usize::from(right) }

#[traced]
fn owned(mut list: Vec<u8>) -> usize { list.push(1); list.len() }

#[traced]
fn future(n: u8) -> impl Future<Output = u8> { async move { n } }

#[traced(boxed, error_if = |n| *n == 0)]
async fn number(_: u8, _unused: String, n: u8) -> u8 { n }

struct Store {
    size: usize,
}

#[traced(attributes(self.size))]
impl Store {
    fn size(&self) -> usize { self.size }

    async fn consumed(self) -> usize { self.size }
}

fn main() {
    drop(none());
    drop(text(String::new()));
    drop(pair((String::new(), 1)));
    owned(Vec::new());
    drop(future(1));
    drop(number(1, String::new(), 2));
    let store = Store { size: 1 };
    store.size();
    drop(store.consumed());
}
