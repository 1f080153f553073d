//! Tests accepted forms and error messages without the runtime. `ui-tests` tests the spans of errors.

use super::*;
use crate::messages::messages;

fn error(item: &str) -> String {
    let output = expand(item.parse().unwrap());
    let text = output.to_string();
    let errors = messages(output);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(
        text.contains("FloeAttributes for") || text.contains("ToAttributeValue for"),
        "no stub: {text}"
    );
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
        "#[floe(consts = false)] struct S { a: u8, #[floe(consts = true)] b: u8 }",
        "enum E { A { #[floe(consts = false)] a: u8 } }",
        "#[repr(C, align(8))] struct S { packed: u8 }",
        "struct S { #[floe(redact)] token: u8, #[floe(display, key = K)] b: u8 }",
        "struct S { #[floe(debug)] a: u8 }",
        "struct S { #[floe(flatten)] auth: A, #[floe(flatten, prefix = \"a.b\")] b: B }",
        "struct S(#[floe(key = \"a\")] u8, #[floe(skip)] u8, #[floe(flatten)] u8);",
        "#[floe(transparent)] struct S(u8);",
        "#[floe(transparent, crate = crate::t)] struct S { a: u8, #[floe(skip)] b: u8 }",
        "#[floe(transparent)] struct ApiKey(#[floe(redact)] u8);",
        "#[floe(rename_all = \"snake_case\")] enum E { A, #[floe(rename = \"c d\")] B }",
        "#[floe(prefix = \"e\")] enum E { A(u8), B { b: u8, c: u8 }, C { b: u8 }, D, F(), G {} }",
    ] {
        let messages = messages(expand(item.parse().unwrap()));
        assert_eq!(messages, Vec::<String>::new(), "{item}");
    }
}

#[test]
fn mistakes_in_the_type() {
    each_is_one_error(&[
        ("enum E {}", "this enum has no variants"),
        ("#[repr(packed)] struct S { a: u32 }", "which a packed type does not allow"),
        (
            "#[repr(C, packed(2))] #[floe(transparent)] struct S(u32);",
            "which a packed type does not allow",
        ),
        ("struct S { #[floe(key = \"a b\")] a: u32 }", "this key has a space"),
        ("union U { a: u8 }", "which field of a union"),
        ("struct S(u8);", "with `#[floe(transparent)]` above it"),
        ("struct S(u8, #[floe(skip)] u8);", "a field without a name has no key"),
        ("enum E { A(u8, #[floe(key = \"b\")] u8) }", "a field without a name has no key"),
        ("struct S;", "has no fields"),
        ("#[floe] struct S {}", "`floe` is written `#[floe(prefix = "),
        ("#[floe = \"a\"] struct S {}", "`floe` is written"),
        ("#[floe(prefx = \"a\")] struct S {}", "did you mean `prefix`?"),
        ("#[floe(prefix)] struct S {}", "`prefix` is written"),
        ("#[floe(prefix = alert)] struct S {}", "expected string literal"),
        ("#[floe(prefix = \"a.\")] struct S {}", "empty part"),
        ("#[floe(prefix = \"a\", prefix = \"b\")] struct S {}", "`prefix` is given twice"),
        ("#[floe(prefix = \"a\")] #[floe(prefix = \"b\")] struct S {}", "given twice"),
    ]);
}

#[test]
fn mistakes_in_a_field() {
    each_is_one_error(&[
        ("struct S { #[floe(name = \"a\")] a: u8 }", "expected one of `key`, `display`, `debug`"),
        ("struct S { #[floe(key = 3)] a: u8 }", "a key is a string literal"),
        ("struct S { #[floe(key = \"\")] a: u8 }", "empty part"),
        ("struct S { #[floe(skip = true)] a: u8 }", "`skip` stands alone: `#[floe(skip)]`"),
        (
            "struct S { #[floe(skip, key = \"a\")] a: u8 }",
            "`key` does not go with `skip`: the field is not an attribute",
        ),
        (
            "struct S { #[floe(flatten, display)] a: u8 }",
            "`display` does not go with `flatten`: the attributes come from the type of the field",
        ),
        (
            "struct S { #[floe(debug, redact)] a: u8 }",
            "`debug` does not go with `redact`: the value is recorded in one way",
        ),
        ("struct S { #[floe(debug, display)] a: u8 }", "`debug` does not go with `display`"),
        ("struct S { #[floe(prefix = \"a\")] a: u8 }", "needs `flatten`"),
        ("struct S { #[floe(flatten, prefix = \"\")] a: u8 }", "empty part"),
        ("struct S { #[floe(flatten(a))] a: u8 }", "`flatten` stands alone"),
        ("struct S { #[floe(consts)] a: u8 }", "`consts` is written `consts = false`"),
        ("struct S { #[floe(consts = no)] a: u8 }", "as in `consts = false`"),
        ("struct S { #[floe(skip, consts = false)] a: u8 }", "`consts` does not go with `skip`"),
        (
            "struct S { #[floe(flatten, consts = false)] a: u8 }",
            "`consts` does not go with `flatten`",
        ),
        ("struct S { password: u8 }", "sounds like a credential"),
        ("struct S { #[floe(display)] token: u8 }", "sounds like a credential"),
    ]);
}

#[test]
fn mistakes_in_values() {
    each_is_one_error(&[
        ("#[floe(transparent)] struct ApiKey(String);", "implement `ToAttributeValue` by hand"),
        ("#[floe(transparent)] struct S(u8, u8);", "is for one field"),
        ("#[floe(transparent)] struct S;", "is for one field"),
        ("#[floe(transparent)] enum E { A(u8) }", "is for structs"),
        (
            "#[floe(transparent)] struct S(#[floe(key = \"a\")] u8);",
            "`key` does not go with `transparent`: a value has no key",
        ),
        ("#[floe(transparent)] struct S(#[floe(flatten)] u8);", "`flatten` does not go with"),
        (
            "#[floe(transparent, prefix = \"a\")] struct S(u8);",
            "`prefix` does not go with `transparent`",
        ),
        ("#[floe(rename_all = \"snek_case\")] enum E { A }", "; did you mean `snake_case`?"),
        ("#[floe(rename_all = \"snake_case\")] struct S { a: u8 }", "is for enums without data"),
        (
            "#[floe(rename_all = \"snake_case\")] enum E { A { a: u8 } }",
            "is for enums without data",
        ),
        ("enum E { #[floe(rename = \"a\")] A { a: u8 }, B }", "is for enums without data"),
        ("enum E { #[floe(key = \"a\")] A }", "`key` belongs on a field, expected `rename`"),
        (
            "struct S { #[floe(rename = \"a\")] a: u8 }",
            "`rename` belongs on a variant of an enum without data",
        ),
        ("#[floe(skip)] struct S { a: u8 }", "`skip` belongs on a field"),
        ("enum E { #[floe(rnme = \"a\")] A }", "expected `rename`"),
        ("enum E { A, #[floe(rename = \"A\")] B }", "value `A` is given twice"),
        ("#[floe(prefix = \"a\")] enum E { A }", "an enum without data is the value"),
        ("#[floe(consts = false)] enum E { A }", "an enum without data is the value"),
        (
            "#[floe(transparent, consts = false)] struct S(u8);",
            "`consts` does not go with `transparent`",
        ),
        (
            "#[floe(transparent)] struct S(#[floe(consts = false)] u8);",
            "`consts` does not go with `transparent`",
        ),
        ("struct S { #[floe(key = \"b\")] a: u8, b: u8 }", "key `b` is given twice"),
    ]);
}

fn each_is_one_error(cases: &[(&str, &str)]) {
    for (item, expected) in cases {
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
