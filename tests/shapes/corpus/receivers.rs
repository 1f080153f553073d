//! Methods with each kind of receiver, whose parts are dropped as without the attribute.

use std::pin::Pin;
use std::rc::Rc;

use super::traced;
use crate::log::{Log, Noisy, pause};

struct Pair {
    left: Noisy,
    right: Noisy,
}

impl Pair {
    fn new(log: &Log) -> Self {
        let left = log.noisy("left");
        let right = log.noisy("right");
        Self { left, right }
    }

    #[traced]
    fn by_reference(&self) -> &Noisy {
        &self.left
    }

    #[traced]
    fn by_mutable_reference(&mut self) -> &mut Noisy {
        self.left = self.right.named("replaced");
        &mut self.right
    }

    #[traced]
    fn by_value(self, other: Noisy) -> Noisy {
        let _local = other.named("local");
        self.right
    }

    #[traced]
    fn unused(self, _other: Noisy) -> usize {
        0
    }

    #[traced]
    fn by_mutable_value(mut self) -> Self {
        std::mem::swap(&mut self.left, &mut self.right);
        self
    }

    #[traced(attributes(length = self.left.len()))]
    fn boxed(self: Box<Self>) -> (Noisy, usize) {
        (self.left, self.right.len())
    }

    #[traced]
    fn shared(self: &Rc<Self>) -> usize {
        Rc::strong_count(self)
    }

    #[traced]
    fn pinned(self: Pin<&mut Self>) -> usize {
        self.left.len()
    }

    #[traced]
    async fn later(self) -> usize {
        pause().await;
        drop(self.right);
        pause().await;
        self.left.len()
    }

    #[traced]
    async fn later_by_reference(&mut self, name: &'static str) -> &Noisy {
        pause().await;
        self.left = self.right.named(name);
        &self.left
    }

    #[traced]
    fn parts(&self) -> impl Iterator<Item = &Noisy> + '_ {
        [&self.right, &self.left].into_iter()
    }
}

#[traced]
impl Pair {
    fn open(left: Noisy) -> Result<Self, Noisy> {
        let right = left.named("opened");
        Ok(Self { left, right })
    }

    async fn boxed_later(self: Box<Self>) -> Noisy {
        pause().await;
        self.left
    }

    async fn pinned_later(mut self: Pin<&mut Self>) -> usize {
        self.left.name = "pinned";
        self.left.len()
    }

    async fn shared_later(self: Rc<Self>) -> usize {
        pause().await;
        Rc::strong_count(&self)
    }
}

pub(crate) fn observe(log: &mut Log) {
    log.call("by_reference", |log| Pair::new(log).by_reference().len());
    log.call("by_mutable_reference", |log| {
        Pair::new(log).by_mutable_reference().len()
    });
    log.call("by_value", |log| Pair::new(log).by_value(log.noisy("other")).len());
    log.call("unused", |log| Pair::new(log).unused(log.noisy("other")));
    log.call("by_mutable_value", |log| Pair::new(log).by_mutable_value().left.len());
    log.call("boxed", |log| Box::new(Pair::new(log)).boxed().1);
    log.call("shared", |log| Rc::new(Pair::new(log)).shared());
    log.call("pinned", |log| Pin::new(&mut Pair::new(log)).pinned());
    log.future("later", |log| Pair::new(log).later());
    log.future("later_by_reference", |log| {
        let mut pair = Pair::new(log);
        async move { pair.later_by_reference("new").await.len() }
    });
    log.call("parts", |log| Pair::new(log).parts().map(Noisy::len).sum::<usize>());
    log.call("open", |log| Pair::open(log.noisy("left")).is_ok());
    log.future("boxed_later", |log| {
        let pair = Box::new(Pair::new(log));
        async move { pair.boxed_later().await.len() }
    });
    log.future("pinned_later", |log| {
        let mut pair = Pair::new(log);
        async move { Pin::new(&mut pair).pinned_later().await }
    });
    log.future("shared_later", |log| Rc::new(Pair::new(log)).shared_later());
}
