//! Forms and mistakes, without the runtime. Where the carets point is tested in `ui-tests`.

use super::*;
use crate::messages::messages;

fn error(item: &str) -> String {
    let output = expand(item.parse().unwrap());
    let text = output.to_string();
    let errors = messages(output);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(text.contains("FloeAttributes for"), "no stub: {text}");
    errors.concat()
}

#[test]
fn all_forms_are_accepted() {
    for item in [
        "struct S { a: u8 }",
        "#[floe(prefix = \"a.b\", crate = crate::t)] struct S { a: u8 }",
        "#[floe(prefix = \"a\")] #[floe(crate = ::t)] struct S { #[floe()] a: u8 }",
        "struct S { #[floe(skip)] #[doc = \"a\"] a: u8, #[floe(key = K)] b: u8 }",
        "struct S { #[floe(skip)] token: u8, #[floe(key = \"page\")] page_token: u8 }",
        "struct S { keys: u8, r#type: u8 }",
    ] {
        let messages = messages(expand(item.parse().unwrap()));
        assert_eq!(messages, Vec::<String>::new(), "{item}");
    }
}

#[test]
fn each_mistake_is_one_error() {
    for (item, expected) in [
        ("enum E { A }", "does not support enums yet"),
        ("union U { a: u8 }", "which field of a union"),
        (
            "struct S(u8, String);",
            "does not support tuple structs yet",
        ),
        ("struct S;", "has no fields"),
        ("#[floe] struct S {}", "`floe` is written `#[floe(prefix = "),
        ("#[floe = \"a\"] struct S {}", "`floe` is written"),
        (
            "#[floe(prefx = \"a\")] struct S {}",
            "did you mean `prefix`?",
        ),
        ("#[floe(prefix)] struct S {}", "`prefix` is written"),
        (
            "#[floe(prefix = alert)] struct S {}",
            "expected string literal",
        ),
        ("#[floe(prefix = \"a.\")] struct S {}", "empty part"),
        (
            "#[floe(prefix = \"a\", prefix = \"b\")] struct S {}",
            "`prefix` is given twice",
        ),
        (
            "#[floe(prefix = \"a\")] #[floe(prefix = \"b\")] struct S {}",
            "given twice",
        ),
        (
            "struct S { #[floe(name = \"a\")] a: u8 }",
            "accepted: `key`, `skip`",
        ),
        (
            "struct S { #[floe(key = 3)] a: u8 }",
            "a key is a string literal",
        ),
        ("struct S { #[floe(key = \"\")] a: u8 }", "empty part"),
        (
            "struct S { #[floe(skip = true)] a: u8 }",
            "`skip` is written `skip`",
        ),
        (
            "struct S { #[floe(skip, key = \"a\")] a: u8 }",
            "has no key",
        ),
        (
            "struct S { #[floe(key = \"b\")] a: u8, b: u8 }",
            "key `b` is given twice",
        ),
    ] {
        let error = error(item);
        assert!(error.contains(expected), "{item}: {error}");
    }
}

#[test]
fn all_mistakes_are_reported_together() {
    let item = "#[floe(prefix)] struct S { #[floe(kye = 3)] a: u8, #[floe(skip, skip)] b: u8 }";
    let errors = messages(expand(item.parse().unwrap()));
    assert_eq!(errors.len(), 3, "{errors:#?}");
}
