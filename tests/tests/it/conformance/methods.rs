//! Methods and traits; methods with an attribute of their own are in `table`.

use async_trait::async_trait;
use floe_telemetry::{SpanKind, testing, traced};

use super::ready;

#[async_trait]
trait Loads {
    async fn load(&self, key: &str) -> Option<usize>;

    #[traced(attributes(length = self.len()))]
    async fn reload(&self, (key, _): (&str, u8)) -> Option<usize> {
        self.load(key).await
    }

    fn len(&self) -> usize;
}

struct Below;

#[async_trait]
#[traced(kind = client, attributes(key))]
impl Loads for Below {
    #[traced(name = "loaded", kind = server)]
    async fn load(&self, mut key: &str) -> Option<usize> {
        key = key.trim();
        Some(key.len())
    }

    #[traced(skip)]
    fn len(&self) -> usize {
        6
    }
}

#[test]
fn methods_of_async_trait_share_the_arguments_of_their_block() {
    let spans = testing::capture(|| {
        assert_eq!(ready(Below.reload((" ab ", 1))), Some(2));
        drop(Below.load("never polled"));
    });

    spans.single("reload").assert_attribute("length", 6);
    let span = spans.single("loaded").assert_child_of("reload").assert_attribute("key", " ab ");
    assert_eq!(span.kind(), &SpanKind::Server);
    assert_eq!(spans.len(), 2);
}

struct Shelf<T> {
    items: Vec<T>,
}

#[traced(kind = client, attributes("db.system.name" = "sqlite"))]
impl<T: Clone> Shelf<T> {
    const SIZE: usize = 3;

    fn new(item: T) -> Self {
        Self { items: vec![item; Self::SIZE] }
    }

    #[traced(name = "shelf.first", attributes(n = self.items.len()))]
    fn first(&self) -> Option<&T> {
        self.items.first()
    }

    #[traced(skip)]
    fn len(&self) -> usize {
        self.items.len()
    }

    const fn size() -> usize {
        Self::SIZE
    }
}

#[test]
fn a_method_replaces_the_attributes_of_its_block() {
    let spans = testing::capture(|| {
        let shelf = Shelf::new("book");
        assert_eq!(shelf.first(), Some(&"book"));
        assert_eq!(shelf.len(), Shelf::<u8>::size());
    });

    assert_eq!(spans.names(), ["Shelf::new", "shelf.first"]);
    for span in spans.iter() {
        assert_eq!(span.kind(), &SpanKind::Client);
    }

    spans.single("Shelf::new").assert_attribute("db.system.name", "sqlite");
    spans.single("shelf.first").assert_attribute("n", 3).assert_no_attribute("db.system.name");
}

use floe_telemetry::traced as instrument;

struct Left(u8);

#[traced(root)]
impl Left {
    #[traced(skip)]
    fn comma(&self) -> u8 {
        self.0
    }

    #[cfg_attr(all(), floe_telemetry::traced(skip))]
    fn condition(&self) -> u8 {
        self.0
    }

    #[cfg_attr(any(), traced(name = "never"))]
    fn no_condition(&self) -> u8 {
        self.0
    }

    #[cfg_attr(all(), cfg_attr(all(), traced(name = "own")), must_use)]
    fn own(&self) -> u8 {
        self.0
    }

    #[instrument(skip)]
    fn other_word(&self) -> u8 {
        self.0
    }

    #[traced(parent = cx)]
    async fn below(&self, cx: opentelemetry::Context) -> u8 {
        drop(cx);
        self.0
    }
}

#[tokio::test]
async fn a_method_can_be_skipped_in_every_notation() {
    let spans = testing::capture_async(async {
        let left = Left(1);
        let left_out = left.comma() + left.condition() + left.no_condition() + left.other_word();
        assert_eq!(left_out + left.own(), 5);
        let outer = floe_telemetry::create_span("outer");
        let cx = opentelemetry::Context::current();
        assert_eq!(left.below(cx).await, 1);
        drop(outer);
    })
    .await;
    spans.single("own").assert_root();
    spans.single("Left::below").assert_child_of("outer");
    assert_eq!(spans.len(), 3);
}
