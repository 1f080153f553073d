//! The argument `name`.

use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;

use floe_telemetry::{testing, traced};

const NAME: &str = "constant";

struct Table {
    name: String,
}

#[traced(name = table)]
fn text(table: &str) {
    let _ = table;
}

#[traced(name = table)]
fn owned(table: String) -> String {
    table
}

#[traced(name = table)]
async fn owned_in_a_future(table: String) -> String {
    table
}

#[traced(name = table)]
fn shared(table: Arc<str>) {
    drop(table);
}

#[traced(name = table)]
fn either(table: Cow<'_, str>) {
    drop(table);
}

impl Table {
    #[traced(name = self.name)]
    fn field(&self) {}

    #[traced(name = self.name.as_str())]
    fn method(&self) {}

    #[traced(name = &self.name[1..])]
    fn slice(&self) {}

    #[traced(name = format!("load {}", self.name))]
    fn made(&self) {}

    #[traced(name = if self.name.is_empty() { "empty" } else { "full" })]
    fn chosen(&self) {}

    #[traced(name = NAME)]
    #[expect(clippy::unused_self, reason = "the name comes from the type of `self`")]
    fn constant(&self) {}
}

#[test]
fn a_name_is_any_text() {
    let spans = testing::capture(|| {
        text(&String::from("text"));
        assert_eq!(owned("owned".to_owned()), "owned");
        let future = owned_in_a_future("future".to_owned());
        assert_eq!(testing_block_on(future), "future");
        shared("shared".into());
        either(Cow::Borrowed("either"));
        let table = Table { name: "orders".to_owned() };
        table.field();
        table.method();
        table.slice();
        table.made();
        table.chosen();
        table.constant();
    });

    let names: Vec<_> = spans.iter().map(|span| span.data().name.clone()).collect();
    assert_eq!(
        names,
        [
            "text",
            "owned",
            "future",
            "shared",
            "either",
            "orders",
            "orders",
            "rders",
            "load orders",
            "full",
            "constant"
        ]
    );
}

fn testing_block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}
