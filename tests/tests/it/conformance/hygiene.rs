//! Names, lints, and items that macros define.

use floe_telemetry::{testing, traced};

struct Counter {
    total: i64,
}

macro_rules! method {
    ($name:ident, $later:ident, $self:ident, $arg:ident: $ty:ty, $body:block) => {
        impl Counter {
            #[traced(attributes($self.total, $arg))]
            fn $name(&mut $self, $arg: $ty) -> i64 $body

            #[traced(attributes($self.total, $arg))]
            async fn $later(&mut $self, $arg: $ty) -> i64 $body
        }
    };
}

method!(add, add_later, self, n: i64, {
    self.total += n;
    self.total
});

#[tokio::test]
async fn functions_made_by_macros() {
    let spans = testing::capture_async(async {
        let mut counter = Counter { total: 1 };
        assert_eq!(counter.add(2) + counter.add_later(3).await, 9);
    })
    .await;
    spans.single("add").assert_attribute("total", 1).assert_attribute("n", 2);
    spans.single("add_later").assert_attribute("total", 3).assert_attribute("n", 3);
}

/// Functions with exported symbols, which the linker resolves.
mod exported {
    #![expect(unsafe_code, reason = "the words are tested")]

    use floe_telemetry::traced;

    #[traced]
    #[unsafe(no_mangle)]
    pub(super) extern "C" fn floe_tests_plain(n: i64) -> i64 {
        n + 1
    }

    #[traced(error_if = |_| true)]
    #[unsafe(no_mangle)]
    pub(super) extern "C" fn floe_tests_with_error_if(n: i64) -> i64 {
        n + 2
    }

    #[unsafe(export_name = "floe_tests_renamed")]
    #[traced(attributes(n))]
    pub(super) extern "C" fn floe_tests_with_attribute(n: i64) -> i64 {
        n + 3
    }

    pub(super) mod found {
        unsafe extern "C" {
            pub(in super::super) safe fn floe_tests_plain(n: i64) -> i64;
            pub(in super::super) safe fn floe_tests_with_error_if(n: i64) -> i64;
            pub(in super::super) safe fn floe_tests_renamed(n: i64) -> i64;
        }
    }
}

#[test]
fn exported_symbols_are_those_of_the_function() {
    use exported::found;

    let spans = testing::capture(|| {
        assert_eq!(found::floe_tests_plain(1), exported::floe_tests_plain(1));
        assert_eq!(found::floe_tests_with_error_if(1), 3);
        assert_eq!(exported::floe_tests_with_error_if(1), 3);
        assert_eq!(found::floe_tests_renamed(1), 4);
        assert_eq!(exported::floe_tests_with_attribute(1), 4);
    });

    assert_eq!(spans.len(), 6);
    for name in ["floe_tests_plain", "floe_tests_with_error_if", "floe_tests_with_attribute"] {
        assert_eq!(spans.named(name).count(), 2, "{name}");
    }
}

mod blanket {
    pub(super) trait Everything {
        fn outcome(&self) -> u8 {
            1
        }

        fn decided(&self) -> u8 {
            2
        }
    }

    impl<T: ?Sized> Everything for T {}
}

#[tokio::test]
async fn a_blanket_trait_does_not_interfere() {
    use blanket::Everything;

    #[traced]
    fn now() -> Result<u8, String> {
        Err(1.outcome().to_string())
    }

    #[traced(error_if = |_| true)]
    async fn later() -> Option<u8> {
        Some(1.decided())
    }

    let spans = testing::capture_async(async {
        assert_eq!(now().unwrap_err(), "1");
        assert_eq!(later().await, Some(2));
    })
    .await;
    spans.single("now").assert_error("1");
    assert_eq!(spans.len(), 2);
}

// Each run of rustfmt would indent the attribute further.
#[rustfmt::skip]
macro_rules! with_arguments {
    ($name:expr, $kind:expr, $error_if:expr, $attributes_fn:expr, $parent:expr) => {
        #[traced(
            name = $name,
            kind = $kind,
            error_if = $error_if,
            attributes_fn = $attributes_fn,
            parent = $parent,
        )]
        fn made_with_arguments(n: u8) -> u8 {
            n
        }
    };
}

with_arguments!(
    "made.name",
    client,
    |n| *n > 1,
    |n| [("twice", n * 2)],
    opentelemetry::Context::current()
);

#[test]
fn arguments_made_by_macros() {
    let spans = testing::capture(|| assert_eq!(made_with_arguments(2), 2));
    spans.single("made.name").assert_attribute("twice", 4);
    assert!(format!("{spans:?}").contains("Client"), "{spans:?}");
}
