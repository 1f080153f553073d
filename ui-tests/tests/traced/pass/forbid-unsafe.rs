#![forbid(unsafe_code)]
#![deny(warnings)]
//! The expansion that registers a call site with the linker contains no `unsafe` code of the user.

use floe_telemetry::{callsite, traced};

struct Store;

#[traced]
impl Store {
    fn load(&self) -> Result<u8, String> { Ok(1) }

    async fn later(&self) -> Result<u8, String> { self.load() }
}

#[traced(name = "store.open", kind = client, metrics, attributes(id))]
fn open(id: u8) -> Option<Store> { (id > 0).then_some(Store) }

macro_rules! made {
    ($($name:ident)*) => {$( #[traced] fn $name() {} )*};
}

made!(one two);

fn main() {
    let store = open(1).unwrap();
    drop(store.later());
    one();
    two();
    for name in ["Store::load", "Store::later", "store.open", "one", "two"] {
        assert_eq!(callsite::all().filter(|site| site.name() == name).count(), 1, "{name}");
    }
}
