//! Unusual signatures: each is one span, and behaves as without the attribute.

#![allow(
    clippy::many_single_char_names,
    clippy::needless_arbitrary_self_type,
    clippy::trivially_copy_pass_by_ref,
    reason = "the signatures are what is tested"
)]

use std::collections::HashMap;
use std::fmt::{Debug, Display};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use floe_telemetry::traced;

use super::modes::{Modes, check_ok, in_each_mode, ready};

in_each_mode! {
    arguments
    types {}
    shapes {
        [n = N]
        fn const_generic<const N: usize, const B: bool>(items: [u8; N]) -> [u8; N] {
            if B { items } else { [0; N] }
        }

        [n = N]
        async fn const_generic_later<const N: usize>() -> usize {
            N
        }

        [%a]
        fn opaque_arguments(a: impl Display + Copy, b: &impl Debug, c: impl FnOnce(u8) -> u8) -> String {
            format!("{a}{b:?}{}", c(1))
        }

        [len = list.clone().count()]
        async fn opaque_arguments_later(list: impl Iterator<Item = u8> + Clone) -> u8 {
            list.sum()
        }

        [b]
        fn mut_patterns(mut a: u8, (mut b, c): (u8, u8), [ref d, .., mut e]: [u8; 3], &f: &u8) -> u8 {
            a += 1;
            b += 1;
            e += 1;
            a + b + c + d + e + f
        }

        [b]
        async fn mut_patterns_later(
            mut a: u8,
            (mut b, ..): (u8, u8, u8),
            whole @ (x, _): (u8, u8),
        ) -> u8 {
            a += 1;
            b += 1;
            a + b + whole.0 + x
        }
    }
    run {
        assert_eq!(const_generic::<2, true>([1, 2]), [1, 2]);
        assert_eq!(ready(const_generic_later::<3>()), 3);
        assert_eq!(opaque_arguments(1, &"b", |n| n + 1), "1\"b\"2");
        assert_eq!(ready(opaque_arguments_later([1, 2].into_iter())), 3);
        assert_eq!(mut_patterns(1, (1, 1), [1, 0, 1], &1), 9);
        assert_eq!(ready(mut_patterns_later(1, (1, 0, 0), (1, 2))), 6);
    }
}

#[test]
fn arguments_of_all_kinds() {
    let names = [
        "const_generic",
        "const_generic_later",
        "opaque_arguments",
        "opaque_arguments_later",
        "mut_patterns",
        "mut_patterns_later",
    ];
    check_ok(arguments::MODES, &names);
}

in_each_mode! {
    receivers
    types {
        #[derive(Clone)]
        struct Node {
            name: &'static str,
            hits: Arc<AtomicU8>,
        }
    }
    shapes {
        [self.name]
        impl Node {
            fn arc(self: Arc<Self>) -> &'static str {
                self.name
            }

            async fn arc_later(self: Arc<Self>) -> &'static str {
                self.name
            }

            fn rc(self: &Rc<Self>) -> usize {
                Rc::strong_count(self)
            }

            fn pinned(mut self: Pin<&mut Self>) -> &mut Self {
                self.name = "pinned";
                self.get_mut()
            }

            async fn pinned_later(mut self: Pin<&mut Self>) -> u8 {
                self.name = "later";
                self.hits.load(Ordering::Relaxed)
            }

            async fn explicit_reference(self: &mut Self) -> &mut u8
            where
                Self: Sized,
            {
                Arc::get_mut(&mut self.hits).map(AtomicU8::get_mut).unwrap()
            }

            fn into_parts(mut self) -> (&'static str, Arc<AtomicU8>) {
                self.name = "parts";
                let Self { name, hits } = self;
                (name, hits)
            }

            fn with<R>(&self, look: impl for<'a> FnOnce(&'a Self) -> R) -> R
            where
                R: 'static,
                Self: Sized,
            {
                look(self)
            }

            #[must_use]
            fn renamed(self, name: &'static str) -> Self {
                Self { name, ..self }
            }

            fn r#type(&self, r#match: u8) -> u8 {
                r#match + self.hits.load(Ordering::Relaxed)
            }
        }

        [r#in]
        impl Node {
            async fn r#move(&self, r#in: u8) -> u8 {
                r#in + self.hits.load(Ordering::Relaxed)
            }
        }
    }
    run {
        let node = || Node { name: "node", hits: Arc::default() };
        assert_eq!(Arc::new(node()).arc(), "node");
        assert_eq!(ready(Arc::new(node()).arc_later()), "node");
        assert_eq!(Rc::new(node()).rc(), 1);
        assert_eq!(Pin::new(&mut node()).pinned().name, "pinned");
        assert_eq!(ready(Pin::new(&mut node()).pinned_later()), 0);
        assert_eq!(*ready(node().explicit_reference()), 0);
        assert_eq!(node().into_parts().0, "parts");
        assert_eq!(node().with(|it| it.name.len()), 4);
        assert_eq!(node().renamed("new").name, "new");
        assert_eq!(node().r#type(1) + ready(node().r#move(2)), 3);
    }
}

#[test]
fn receivers_of_all_kinds() {
    let names = [
        "Node::arc",
        "Node::arc_later",
        "Node::rc",
        "Node::pinned",
        "Node::pinned_later",
        "Node::explicit_reference",
        "Node::into_parts",
        "Node::with",
        "Node::renamed",
        "Node::type",
        "Node::move",
    ];
    check_ok(receivers::MODES, &names);
}

in_each_mode! {
    results
    types {}
    shapes {
        [skip]
        fn iterator<'a>(list: &'a [u8], skip: &'a u8) -> impl DoubleEndedIterator<Item = &'a u8> + Clone {
            list.iter().filter(move |it| *it != skip)
        }

        [len = text.len()]
        fn once(text: String) -> Box<dyn FnOnce() -> String + Send> {
            Box::new(move || text)
        }

        [debug]
        fn object(debug: bool) -> Box<dyn Debug> {
            if debug {
                return Box::new(1);
            }
            Box::new("text")
        }

        [key]
        fn object_lent<'a>(map: &'a HashMap<u8, Box<dyn Debug>>, key: u8) -> Option<&'a dyn Debug> {
            map.get(&key).map(|it| &**it)
        }

        [n]
        fn nested_opaque(n: u8) -> impl Fn(u8) -> Box<dyn Iterator<Item = u8>> {
            move |m| Box::new(n..m) as Box<dyn Iterator<Item = u8>>
        }

        [n = 1]
        fn pointer() -> fn(u8) -> u8 {
            |n| n + 1
        }

        [n = 1]
        fn higher_ranked(pick: &dyn for<'a> Fn(&'a str, &'a str) -> &'a str) -> usize {
            pick("a", "bc").len()
        }

        [n = 1]
        async fn higher_ranked_later<F>(mut change: F) -> u8
        where
            F: for<'a> AsyncFnMut(&'a mut u8),
        {
            let mut n = 1;
            change(&mut n).await;
            n
        }

        [text]
        async fn static_text(text: &'static str) -> &'static str {
            text
        }
    }
    run {
        assert_eq!(iterator(&[1, 2, 3], &2).rev().count(), 2);
        assert_eq!(once("a".to_owned())(), "a");
        assert_eq!(format!("{:?}{:?}", object(true), object(false)), "1\"text\"");
        let map = HashMap::from([(1, object(true))]);
        assert!(object_lent(&map, 1).is_some());
        assert_eq!(nested_opaque(1)(4).count(), 3);
        assert_eq!(pointer()(1), 2);
        assert_eq!(higher_ranked(&|_, b| b), 2);
        let later = higher_ranked_later(async |n: &mut u8| *n += 1);
        assert_eq!(ready(later), 2);
        assert_eq!(ready(static_text("a")), "a");
    }
}

#[test]
fn results_of_all_kinds() {
    let names = [
        "iterator",
        "once",
        "object",
        "object",
        "object",
        "object_lent",
        "nested_opaque",
        "pointer",
        "higher_ranked",
        "higher_ranked_later",
        "static_text",
    ];
    check_ok(results::MODES, &names);
}
