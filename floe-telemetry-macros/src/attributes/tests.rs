//! Tests accepted forms without the runtime. Mistakes are tested in `ui-tests`.

use super::*;
use crate::tests::messages;

#[test]
fn all_forms_are_accepted() {
    for item in [
        "struct S { a: u8 }",
        "#[floe(prefix = \"a.b\", crate = crate::t)] struct S { a: u8 }",
        "#[floe(prefix = \"a\")] #[floe(crate = ::t)] struct S { #[floe()] a: u8 }",
        "struct S { #[floe(skip)] #[doc = \"a\"] a: u8, #[floe(key = K)] b: u8 }",
        "struct S { #[floe(skip)] token: u8, #[floe(key = \"page\")] page_token: u8 }",
        "struct S { keys: u8, r#type: u8 }",
        "#[repr(C, align(8))] struct S { packed: u8 }",
        "struct S { #[floe(redact)] token: u8, #[floe(display, key = K)] b: u8 }",
        "struct S { #[floe(debug)] a: u8 }",
        "struct S { #[floe(flatten)] auth: A }",
        "struct S(#[floe(key = \"a\")] u8, #[floe(skip)] u8, #[floe(flatten)] u8);",
        "#[floe(rename_all = \"snake_case\")] enum E { A, #[floe(rename = \"c d\")] B }",
    ] {
        let messages = messages(expand(item.parse().unwrap()));
        assert_eq!(messages, Vec::<String>::new(), "{item}");
    }
}
