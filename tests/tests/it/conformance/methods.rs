//! Methods and traits; methods with an attribute of their own are in `table`.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use floe_telemetry::{SpanKind, testing, traced};
use opentelemetry::trace::Status;

use super::modes::{Modes, check_ok, in_each_mode, ready};

fn send<T: Send>(value: T) -> T {
    value
}

in_each_mode! {
    receivers
    types {
        struct Opaque(Vec<u8>);
    }
    shapes {
        [n = 1]
        impl Opaque {
            fn open(len: usize) -> Result<Self, String> {
                Ok(Self(vec![0; len]))
            }

            async fn open_later(len: usize) -> Result<Self, String> {
                Ok(Self(vec![0; len]))
            }
        }

        [len = self.0.len()]
        impl Opaque {
            fn first(&mut self) -> &mut u8 {
                &mut self.0[0]
            }

            async fn last(&mut self) -> Option<&mut u8> {
                self.0.last_mut()
            }

            fn boxed(self: Box<Self>) -> usize {
                self.0.len()
            }

            async fn boxed_later(self: Box<Self>) -> Vec<u8> {
                self.0
            }

            async fn pinned_later(mut self: Pin<&mut Self>) -> usize {
                self.0.push(1);
                self.0.len()
            }

            async fn shared(self: Arc<Self>) -> usize {
                self.0.len()
            }

            async fn consumed(mut self) -> Vec<u8> {
                self.0.push(1);
                self.0
            }

            fn r#type(&self, r#match: usize) -> usize {
                r#match + self.0.len()
            }
        }

        [r#in]
        impl Opaque {
            async fn r#move(&self, r#in: usize) -> usize {
                r#in + self.0.len()
            }
        }
    }
    run {
        let mut opaque = Opaque::open(1).unwrap();
        *opaque.first() += 1;
        *ready(opaque.last()).unwrap() += 1;
        assert_eq!(opaque.0[0], 2);
        assert_eq!(opaque.r#type(1) + ready(opaque.r#move(2)), 5);
        assert_eq!(Box::new(opaque).boxed(), 1);
        let opaque = || ready(Opaque::open_later(1)).unwrap();
        assert_eq!(ready(Box::new(opaque()).boxed_later()), [0]);
        assert_eq!(ready(Pin::new(&mut opaque()).pinned_later()), 2);
        assert_eq!(ready(Arc::new(opaque()).shared()), 1);
        assert_eq!(ready(opaque().consumed()), [0, 1]);
    }
}

#[test]
fn receivers_and_constructors() {
    let names = [
        "Opaque::open",
        "Opaque::first",
        "Opaque::last",
        "Opaque::boxed",
        "Opaque::boxed_later",
        "Opaque::pinned_later",
        "Opaque::shared",
        "Opaque::consumed",
        "Opaque::type",
        "Opaque::move",
    ];
    let names = [names.as_slice(), &["Opaque::open_later"; 4]].concat();
    check_ok(receivers::MODES, &names);
}

trait Store {
    #[traced]
    fn twice(&self) -> usize {
        self.size() * 2
    }

    fn size(&self) -> usize;

    fn load(&self, key: &str) -> impl Future<Output = Option<u8>> + Send;

    async fn drop_table(&mut self, _name: String) -> usize {
        0
    }
}

in_each_mode! {
    stores
    types {
        struct Opaque(Vec<u8>);
    }
    shapes {
        [len = self.0.len()]
        impl Store for Opaque {
            fn size(&self) -> usize {
                self.0.len()
            }

            async fn load(&self, key: &str) -> Option<u8> {
                tokio::task::yield_now().await;
                self.0.get(key.len()).copied()
            }

            async fn drop_table(&mut self, name: String) -> usize {
                self.0.clear();
                name.len()
            }
        }
    }
    run {
        let mut opaque = Opaque(vec![1, 2]);
        assert_eq!(opaque.size(), 2);
        assert_eq!(ready(send(opaque.load("k"))), Some(2));
        assert_eq!(ready(send(opaque.drop_table("t".to_owned()))), 1);
    }
}

#[test]
fn native_async_methods_are_send() {
    let names = ["Opaque::size", "Opaque::load", "Opaque::drop_table"];
    check_ok(stores::MODES, &names);
}

struct Two;

impl Store for Two {
    #[traced]
    fn size(&self) -> usize {
        2
    }

    #[traced(attributes(key))]
    async fn load(&self, key: &str) -> Option<u8> {
        u8::try_from(key.len()).ok()
    }
}

#[test]
fn trait_methods_and_defaults() {
    let spans = testing::capture(|| {
        assert_eq!(Two.twice(), 4);
        assert_eq!(ready(Two.load("k")), Some(1));
        assert_eq!(ready(Two.drop_table(String::new())), 0);
    });
    spans.single("size").assert_child_of("twice");
    spans.single("load").assert_attribute("key", "k");
    assert_eq!(spans.len(), 3);
}

trait Shape {
    const CORNERS: usize;
    type Side;

    fn area(&self) -> Self::Side;
}

#[traced]
impl<T: Copy> Shape for Option<T> {
    const CORNERS: usize = 4;
    type Side = Option<T>;

    fn area(&self) -> Option<T> {
        *self
    }
}

#[test]
fn other_items_of_a_block_are_unchanged() {
    let spans = testing::capture(|| Some(2).area().unwrap() + <Option<u8> as Shape>::CORNERS);
    spans.single("Option::area").assert_ok();
}

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

fn is_odd<T: Copy + Into<u32>>(number: &T) -> bool {
    (*number).into() % 2 == 1
}

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

    #[cfg_attr(any(), traced(skip))]
    fn no_condition(&self) -> u8 {
        self.0
    }

    #[cfg_attr(all(), traced(name = "renamed"), must_use)]
    fn name(&self) -> u8 {
        self.0
    }

    #[cfg_attr(all(), traced(skip))]
    #[cfg_attr(all(), traced(name = "never"))]
    fn both(&self) -> u8 {
        self.0
    }

    #[traced(error_if = is_odd::<u8>)]
    #[cfg_attr(all(), traced(name = "odd"))]
    fn ends_in_a_sign(&self) -> u8 {
        self.0
    }

    #[cfg_attr(all(), cfg_attr(all(), traced(skip)), must_use)]
    fn nested_condition(&self) -> u8 {
        self.0
    }

    #[cfg_attr(all(), cfg_attr(any(), traced(skip)), cfg_attr(all(), traced(name = "deep")))]
    fn nested_name(&self) -> u8 {
        self.0
    }

    #[cfg_attr(any(), cfg_attr(all(), traced(name = "never")))]
    fn nested_no_condition(&self) -> u8 {
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
        let sum = left.comma() + left.condition() + left.no_condition() + left.name();
        assert_eq!(sum + left.other_word() + left.both() + left.ends_in_a_sign(), 7);
        let nested = left.nested_condition() + left.nested_name();
        assert_eq!(nested + left.nested_no_condition(), 3);
        let outer = floe_telemetry::create_span("outer");
        let cx = opentelemetry::Context::current();
        assert_eq!(left.below(cx).await, 1);
        drop(outer);
    })
    .await;
    spans.single("Left::no_condition").assert_root();
    spans.single("renamed").assert_root();
    spans.single("deep").assert_root();
    spans.single("Left::nested_no_condition").assert_root();
    spans.single("Left::below").assert_child_of("outer");
    let refused = Status::error("refused by `error_if`");
    assert_eq!(spans.single("odd").data().status, refused);
    assert_eq!(spans.len(), 7);
}
