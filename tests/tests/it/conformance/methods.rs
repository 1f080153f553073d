//! Methods and traits, scenarios 26 to 38.
//!
//! 26, 27 `self_is_not_recorded_and_can_be_borrowed_from`; 28, 29 `receivers_and_constructors`; 30
//! `trait_methods_and_defaults`; 31 is the UI case `method-without-body`; 32
//! `native_async_methods_are_send`; 33 to 36 `shapes::async_trait_methods_are_spans_in_both_orders`;
//! 37, 38 `shapes::a_block_names_its_methods_and_shares_its_arguments` and
//! `blocks_leave_the_rest_alone`.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use floe_telemetry::{testing, traced};

fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("not ready"),
    }
}

fn send<T: Send>(value: T) -> T {
    value
}

struct Opaque(Vec<u8>);

impl Opaque {
    #[traced]
    fn open(len: usize) -> Result<Self, String> {
        Ok(Self(vec![0; len]))
    }

    #[traced]
    fn len(&self) -> usize {
        self.0.len()
    }

    #[traced]
    fn first(&mut self) -> &mut u8 {
        &mut self.0[0]
    }

    #[traced(attributes(len = self.0.len()))]
    async fn last(&mut self) -> Option<&mut u8> {
        self.0.last_mut()
    }

    #[traced]
    fn boxed(self: Box<Self>) -> usize {
        self.0.len()
    }

    #[traced]
    fn pinned(self: Pin<&mut Self>) -> usize {
        self.0.len()
    }

    #[traced]
    async fn shared(self: Arc<Self>) -> usize {
        self.0.len()
    }

    #[traced]
    async fn consumed(mut self) -> Vec<u8> {
        self.0.push(1);
        self.0
    }
}

#[test]
fn self_is_not_recorded_and_can_be_borrowed_from() {
    let spans = testing::capture(|| {
        let mut opaque = Opaque(vec![1]);
        *opaque.first() += 1;
        *ready(opaque.last()).unwrap() += 1;
        assert_eq!((opaque.0[0], opaque.len()), (3, 1));
    });
    spans.single("first").assert_no_attribute("self");
    spans.single("last").assert_attribute("len", 1);
}

#[test]
fn receivers_and_constructors() {
    let spans = testing::capture(|| {
        assert_eq!(Box::new(Opaque::open(1).unwrap()).boxed(), 1);
        assert_eq!(Pin::new(&mut Opaque(vec![1])).pinned(), 1);
        assert_eq!(ready(Arc::new(Opaque(vec![1])).shared()), 1);
        assert_eq!(ready(Opaque(vec![]).consumed()), [1]);
    });
    assert_eq!(spans.len(), 5);
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

impl Store for Opaque {
    #[traced]
    fn size(&self) -> usize {
        self.0.len()
    }

    #[traced(attributes(key))]
    async fn load(&self, key: &str) -> Option<u8> {
        std::future::ready(()).await;
        self.0.get(key.len()).copied()
    }

    #[traced(attributes(name))]
    async fn drop_table(&mut self, name: String) -> usize {
        self.0.clear();
        name.len()
    }
}

#[test]
fn trait_methods_and_defaults() {
    let spans = testing::capture(|| assert_eq!(Opaque(vec![1]).twice(), 2));
    spans.single("size").assert_child_of("twice");
}

#[test]
fn native_async_methods_are_send() {
    let spans = testing::capture(|| {
        let mut opaque = Opaque(vec![1, 2]);
        assert_eq!(ready(send(opaque.load("k"))), Some(2));
        assert_eq!(ready(send(opaque.drop_table("t".to_owned()))), 1);
    });
    spans.single("load").assert_attribute("key", "k");
    spans.single("drop_table").assert_attribute("name", "t");
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
fn blocks_leave_the_rest_alone() {
    let spans = testing::capture(|| Some(2).area().unwrap() + <Option<u8> as Shape>::CORNERS);
    spans.single("Option::area").assert_ok();
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

    #[cfg_attr(any(), traced(skip))]
    fn no_condition(&self) -> u8 {
        self.0
    }

    #[cfg_attr(all(), traced(name = "renamed"), must_use)]
    fn name(&self) -> u8 {
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
async fn a_method_may_be_left_out_however_that_is_written() {
    let spans = testing::capture_async(async {
        let left = Left(1);
        let sum = left.comma() + left.condition() + left.no_condition() + left.name();
        assert_eq!(sum + left.other_word(), 5);
        let outer = floe_telemetry::create_span("outer");
        let cx = opentelemetry::Context::current();
        assert_eq!(left.below(cx).await, 1);
        drop(outer);
    })
    .await;
    spans.single("Left::no_condition").assert_root();
    spans.single("renamed").assert_root();
    spans.single("Left::below").assert_child_of("outer");
    assert_eq!(spans.len(), 4);
}
