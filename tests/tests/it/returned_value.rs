//! The argument `ret`, which records the returned value.

use std::cell::Cell;
use std::fmt::{self, Write as _};
use std::future::ready;
use std::pin::Pin;

use floe_telemetry::{testing, traced};
use futures_executor::block_on;

/// Counts how often it is formatted.
struct Rows(Cell<u8>);

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.set(self.0.get() + 1);
        f.write_str("postgresql://floe:hunter2@db.internal/rows")
    }
}

#[traced(ret)]
fn typed(n: u8) -> Result<u64, String> {
    if n == 0 { Err("none".to_owned()) } else { Ok(n.into()) }
}

#[traced(ret = ?, attributes(n))]
async fn debugged(n: u8) -> Option<Vec<u8>> {
    Some(vec![n; usize::from(n) * 1000])
}

#[traced(ret = %)]
fn displayed() -> Rows {
    Rows(Cell::new(0))
}

#[traced(ret = |rows: &Vec<u8>| rows.len())]
fn computed(n: usize) -> impl AsRef<[u8]> {
    vec![0; n]
}

fn len(text: &impl AsRef<str>) -> usize {
    let len = text.as_ref().len();
    assert!(len < 3, "too long");
    len
}

#[traced(ret = len)]
fn by_path(text: &str) -> String {
    text.to_owned()
}

struct Shelf(u64);

#[traced(ret)]
impl Shelf {
    fn new() -> Result<Self, String> {
        Ok(Self(7))
    }

    fn clear(&mut self) -> Result<(), String> {
        self.0 = 0;
        Ok(())
    }

    fn count(&self) -> u64 {
        self.0
    }

    /// Of an alias, the content is unknown.
    fn write(&self, text: &mut String) -> fmt::Result {
        write!(text, "{}", self.0)
    }

    fn touch(&mut self) {
        self.0 += 1;
    }

    fn later(&mut self) -> Pin<Box<dyn Future<Output = Result<(), String>>>> {
        self.0 += 1;
        Box::pin(ready(Ok(())))
    }
}

#[test]
fn a_block_records_the_values_of_the_methods_that_return_some() {
    let spans = testing::capture(|| {
        let mut shelf = Shelf::new().unwrap();
        assert_eq!(shelf.count(), 7);
        shelf.touch();
        shelf.write(&mut String::new()).unwrap();
        shelf.clear().unwrap();
        block_on(shelf.later()).unwrap();
    });
    spans.single("Shelf::count").assert_attribute("return", 7);
    for name in ["Shelf::new", "Shelf::clear", "Shelf::touch", "Shelf::write", "Shelf::later"] {
        spans.single(name).assert_ok().assert_no_attribute("return");
    }
}

#[test]
fn the_returned_value_is_recorded() {
    let spans = testing::capture(|| {
        assert!(typed(1).is_ok());
        block_on(debugged(1)).unwrap();
        assert_eq!(displayed().0.get(), 1);
        drop(by_path("ab"));
        drop(computed(3));
    });
    spans.single("typed").assert_ok().assert_attribute("return", 1);
    let text = spans.single("debugged").assert_ok().attribute("return").unwrap().to_string();
    assert!(text.starts_with("Some([1, 1"), "{text}");
    spans
        .single("displayed")
        .assert_attribute("return", "postgresql://<REDACTED>@db.internal/rows");
    spans.single("by_path").assert_attribute("return", 2);
    spans.single("computed").assert_attribute("return", 3);

    assert_eq!(displayed().0.get(), 0, "nothing is evaluated without a recorded span");
}

#[test]
fn an_error_has_no_returned_value_and_a_panic_is_a_warning() {
    let spans = testing::capture(|| {
        assert!(typed(0).is_err());
        assert_eq!(by_path("abc"), "abc");
        block_on(debugged(255)).unwrap();
    });
    spans.single("typed").assert_error("none").assert_no_attribute("return");
    spans.single("by_path").assert_ok().assert_attribute("floe.warning", "ret panicked: too long");
    let text = spans.single("debugged").attribute("return").unwrap().to_string();
    assert!(text.len() <= 16 * 1024 + 3, "{}", text.len());
}
