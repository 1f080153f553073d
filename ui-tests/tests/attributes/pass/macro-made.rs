//! Types that a macro defines, with the runtime under another path, and unsized types.

#![deny(warnings)]

mod telemetry {
    pub use floe_telemetry::*;
}

use std::fmt::{Debug, Display};

use telemetry::FloeAttributes;

macro_rules! types {
    ($name:ident<$life:lifetime, $param:ident> { $($field:ident: $ty:ty = $key:expr),* $(,)? } $value:ident { $($word:ident),* }) => {
        #[derive(FloeAttributes)]
        #[floe(crate = crate::telemetry)]
        pub struct $name<$life, $param> {
            $(#[floe(key = $key)] pub $field: $ty,)*
            #[floe(flatten)]
            pub more: Option<&$life $param>,
        }

        #[derive(Debug, FloeAttributes)]
        #[floe(crate = $crate::telemetry, rename_all = "snake_case")]
        pub enum $value { $($word),* }
    };
}

const KEY: &str = "key";

types! {
    Made<'a, T> { one: &'a str = "one", two: Vec<Word> = KEY }
    Word { First, SecondWord }
}

#[derive(FloeAttributes)]
struct Unsized<T: ?Sized> {
    number: u8,
    #[floe(display)]
    text: T,
}

#[derive(FloeAttributes)]
struct Last {
    #[floe(debug)]
    numbers: [u8],
}

fn last(last: &Last) -> (&[u8], Vec<telemetry::attributes::AttributeValue>) {
    let _ = last.to_otel_dict();
    (&last.numbers, Vec::new())
}

fn main() {
    let outer = Made { one: "b", two: vec![Word::First, Word::SecondWord], more: Some(&Word2 { inner: 1 }) };
    let found: Vec<_> = outer.to_otel_dict().into_iter().map(|pair| format!("{}={}", pair.key, pair.value)).collect();
    assert_eq!(found, ["one=b", "key=[\"first\",\"second_word\"]", "inner=1"]);
    let text: &Unsized<dyn Display> = &Unsized { number: 1, text: "x" };
    assert_eq!((text.to_otel_dict().len(), text.number), (2, 1));
    let _ = last;
    let _: &dyn Debug = &Word::First;
}

#[derive(FloeAttributes)]
pub struct Word2 {
    inner: u8,
}
