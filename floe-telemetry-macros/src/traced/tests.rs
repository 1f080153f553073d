//! Tests accepted forms and error messages without the runtime. `ui-tests` tests the spans of errors.

use quote::quote;

use super::*;
use crate::messages::messages;

const FUNCTION: &str = "fn f(&self, table: &str, (a, Point { x, .. }): (u8, Point), _: u8) {}";

fn errors(args: &str) -> Vec<String> {
    messages(expand(args.parse().unwrap(), &FUNCTION.parse().unwrap()))
}

fn error(args: &str) -> String {
    let errors = errors(args);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    errors.concat()
}

fn error_of_item(item: &str) -> String {
    let errors = messages(expand(TokenStream::new(), &item.parse().unwrap()));
    assert_eq!(errors.len(), 1, "{errors:#?}");
    errors.concat()
}

#[test]
fn all_forms_are_accepted() {
    for args in [
        "",
        "name = NAME,",
        "name = table.to_owned(), kind = consumer",
        "attributes()",
        "attributes(table, self.id, a, x, %table.name, ?self.a.b, me = ?self)",
        "attributes(type = 1, error.type = 2, \"a.b\" = 3, KEY = 4, Self::KEY = 5, ::a::KEY = 6)",
        "attributes(a = b == c, b = Vec::<(u8, u8)>::new(), c = if a < b { 1 } else { 2 })",
        "attributes(\"page.token\" = token, len = token.len(), self.token_count)",
        "attributes_fn = |_, table, _, _| table",
        "floe_attributes = IDENTITY",
        "error_if = Self::is_error",
        "error_if = |table| table.is_err()",
        "error_if = |r| matches!(r, Err(a) if a.x(1) == a)",
        "error_if = |r| match r { x => x.table(), Some(a) | Err(a) => a.self_test() }",
        "error_if = |r| r.iter().any(|x| x.a == table::A && x.is_none())",
        "error_if = |r| { let table = r.len(); table > 3 }",
        "error_if = |r| self::is_error(r)",
        "error_if = |r| r.iter().fold(0, |a, table, b| table.len()) > 3",
        "floe_attributes = (IDENTITY)",
        "crate = ::renamed",
        "tracer = \"acme.billing\", level = trace",
        "tracer = TRACER",
        "tracer = concat!(\"a\", \".b\")",
        "tracer = names::of(table::NAME)",
    ] {
        assert_eq!(errors(args), Vec::<String>::new(), "{args}");
    }
}

#[test]
fn a_word_of_the_body_is_no_mistake_where_it_may_be_something_else() {
    let item = "fn f(id: u8) { let (rows, n) = parse(id); for row in rows {} }";
    for args in [
        "attributes(n = rows())",
        "attributes(n = id.map(rows))",
        "attributes(n = rows::LEN, m = id.rows.len(), o = rows!(1).a)",
        "attributes(n = { let rows = id.all(); rows.len() })",
        "attributes(n = id.fold(|a, rows, b| rows.len()))",
        "attributes(n = match id { (a, rows) => rows.len() })",
        "attributes_fn = |rows| rows.len()",
        "name = parse.a",
    ] {
        let errors = messages(expand(args.parse().unwrap(), &item.parse().unwrap()));
        assert_eq!(errors, Vec::<String>::new(), "{args}");
    }
}

#[test]
fn an_unfinished_body_is_kept() {
    let output = expand(TokenStream::new(), &quote!(fn f(x: u8) { x. })).to_string();
    assert!(output.contains("{ x . }"), "{output}");
    assert!(!output.contains("compile_error"), "{output}");
}

#[test]
fn the_item_survives_a_mistake() {
    let item = quote!(/** Doc. */ pub fn f(x: u8) { #![allow(unused)] x. });
    let output = expand(quote!(oops), &item).to_string();
    assert!(output.starts_with(&item.to_string()), "{output}");
}

#[test]
fn a_body_of_a_macro_is_found_in_its_group() {
    let body = proc_macro2::Group::new(proc_macro2::Delimiter::None, quote!({ 1 }));
    let output = expand(TokenStream::new(), &quote!(fn f() -> u8 #body)).to_string();
    assert!(!output.contains("compile_error"), "{output}");
}

#[track_caller]
fn assert_mistakes(mistakes: &[(&str, &str)]) {
    for (args, expected) in mistakes {
        let error = error(args);
        assert!(error.contains(expected), "{args}: {error}");
    }
}

#[test]
fn each_mistake_is_one_error() {
    assert_mistakes(&[
        ("skip, root", "`skip` must be the only argument"),
        ("short_name", "unknown argument `short_name`"),
        ("levels = a < b, x > c", "unknown argument `levels`"),
        ("attribute(table)", "did you mean `attributes`?"),
        ("\"name\"", "bare literal"),
        ("name", "`name` is written `name = \"span.name\"`"),
        ("name = ", "`name` is written"),
        ("name == \"a\"", "`name` is written"),
        ("name = \"\"", "empty"),
        ("name = 3", "a span's name is text"),
        ("name = \"a\", name = \"b\"", "`name` is given twice"),
        ("name = \"a\" kind = client", "expected `,`"),
        ("kind = cleint", "did you mean `client`?"),
        ("kind = 3", "one of `internal`"),
        ("kind = \"client\"", "write `kind = client`"),
        ("kind = SpanKind::Client", "write `kind = client`"),
        ("kind = SpanKind::Cleint", "unknown kind `SpanKind::Cleint`"),
        ("parent = None", "write `root`"),
        ("floe_attributes = ()", "no value"),
        ("crate = \"telemetry\"", "expected identifier"),
    ]);
}

#[test]
fn each_mistake_of_attributes_is_one_error() {
    assert_mistakes(&[
        ("attributes = (table)", "`attributes` is written"),
        ("attributes(tabel)", "; did you mean `table`?"),
        ("attributes(tabel.name)", "expected one of `self`, `table`, `a`, `x`"),
        ("attributes(self)", "`self` needs a key"),
        ("attributes(table.len())", "write `key = value`"),
        ("attributes(self.0)", "write `key = value`"),
        ("attributes(table: 3)", "with `=`"),
        ("attributes(db-rows = 3)", "in quotes: `\"db-rows\" = value`"),
        (
            "attributes(http.request.header.content-type = %table)",
            "in quotes: `\"http.request.header.content-type\" = value`",
        ),
        ("attributes(http.2xx = 3)", "in quotes: `\"http.2xx\" = value`"),
        ("attributes(a - x)", "write `key = value`"),
        ("attributes(a - x == 3)", "write `key = value`"),
        ("attributes(table = )", "expected a value"),
        ("attributes(%)", "expected a value"),
        ("attributes(a = 1, \"a\" = 2)", "attribute `a` is given twice"),
        ("attributes(a = 1 b = 2)", "expected `,`"),
        ("attributes_fn = |a| a", "takes 1 argument, but this function has 4: `|self, table, "),
        ("attributes_fn = |a, b, c, _| a", "has no name"),
        ("attributes_fn = move |_, t, _, _| t", "cannot be `move`"),
        ("attributes_fn = async |_, t, _, _| t", "cannot be `async`"),
        ("attributes_fn = make()", "expected a closure or the path"),
        ("attributes(\"\" = 1)", "this key has an empty part"),
        ("attributes(\"a..b\" = 1)", "this key has an empty part"),
        ("attributes(\"a b\" = 1)", "this key has a space"),
    ]);
}

#[test]
fn each_mistake_of_a_condition_is_one_error() {
    assert_mistakes(&[
        ("error_if = |r, b| r", "takes 2 arguments, but `error_if` gives it one"),
        ("error_if = || true", "takes 0 arguments"),
        ("error_if = true", "expected a closure or the path"),
        ("error_if = |r| r.len() > table.len()", "`table` is an argument"),
        ("error_if = |r| *r == x", "`x` is an argument"),
        ("error_if = |_| self.is_strict()", "`self` is an argument"),
        ("error_if = |r| matches!(r, Err(e) if e.len() > table.len())", "`table` is an"),
    ]);
}

#[test]
fn a_secret_is_found_in_an_expression() {
    for args in [
        "attributes(x = password.as_str())",
        "attributes(w = &password[..])",
        "attributes(y = format!(\"{password}\"))",
        "attributes(y = format!(\"{{}} {password:?}\"))",
        "attributes(y = format!(\"{}\", password))",
        "attributes(z = ?Some(&password))",
        "attributes(z = self.password()?.clone())",
        "attributes(z = table.is_empty() || password == x || a > 3)",
        "attributes(z = %self.auth.token)",
        "attributes(z = if table.is_empty() { password } else { table })",
        "attributes(password = \"x\")",
        "attributes(auth.token = \"x\")",
        "name = format!(\"login {password}\")",
        "name = token",
        "attributes_fn = |_, token, _, _| [(\"x\", *token)]",
    ] {
        let error = error(args);
        assert!(error.contains("sounds like a credential"), "{args}: {error}");
        assert!(error.contains("_present ="), "{args}: {error}");
        assert!(error.contains("in quotes"), "{args}: {error}");
    }
    let renamed = "fn f(token: &str) {}".parse().unwrap();
    let renamed = expand(quote!(attributes_fn = |it| [("x", *it)]), &renamed);
    assert_eq!(messages(renamed).len(), 1);
}

#[test]
fn metadata_of_a_secret_is_accepted() {
    for args in [
        "attributes(a = token.is_some(), b = self.token.as_ref().is_none(), c = self.token().len())",
        "attributes(a = self.auth.user, b = token::parse(table), c = Token::new(table).id)",
        "attributes(a = table.split(',').map(|token| token.len()).sum::<usize>())",
        "attributes(\"page.token\" = token, \"y\" = format!(\"{token}\"))",
        "attributes(a = \"/{token}\", b = format!(\"{{token}}\"), KEY_TOKEN = 1)",
        "attributes(a = matches!(self.kind, Kind::Token))",
        "attributes_fn = |_, table, _, _| [(\"token.present\", table.token.is_some())]",
        "name = format!(\"login {table}\")",
    ] {
        assert_eq!(errors(args), Vec::<String>::new(), "{args}");
    }
    let ignored =
        expand(quote!(attributes_fn = |_| [("x", 1)]), &"fn f(token: &str) {}".parse().unwrap());
    assert_eq!(messages(ignored), Vec::<String>::new());
}

#[test]
fn all_mistakes_are_reported_together() {
    let errors = errors("nmae = 1, kind = cleint, attributes(b, c), kind = client, crate");
    assert_eq!(errors.len(), 6, "{errors:#?}");
}

#[test]
fn each_wrong_item_is_one_error() {
    for (item, expected) in [
        ("const fn f() {}", "cannot be on a `const fn`"),
        ("fn f(&self);", "needs a body"),
        ("pub struct S;", "found `struct`"),
        ("unsafe trait S {}", "found `unsafe`"),
        ("const X: u8 = 1;", "found `const`"),
    ] {
        let error = error_of_item(item);
        assert!(error.contains(expected), "{item}: {error}");
    }
}

#[test]
fn the_tracer_is_text_or_a_constant() {
    assert_eq!(error("tracer = \"\""), "a tracer needs a name, and this one is empty");
    assert_eq!(
        error("tracer = 1"),
        "a tracer's name is text, as in `tracer = \"acme.billing\"`, or a constant"
    );
    assert_eq!(
        error("tracer = table"),
        "`table` is an argument, but the tracer is known before the function is called: write text, \
         as in `tracer = \"acme.billing\"`, or a constant"
    );
}

#[test]
fn a_level_is_one_of_five_words() {
    assert_eq!(
        error("level = debgu"),
        "unknown level `debgu`, expected one of `trace`, `debug`, `info`, `warn`, \
         `error`; did you mean `debug`?"
    );
    assert_eq!(
        error("level = [debug]"),
        "a span's level must be one of `trace`, `debug`, `info`, `warn`, `error`"
    );
    for level in
        ["\"debug\"", "\"DEBUG\"", "2", "DEBUG", "Level::DEBUG", "tracing::Level::DEBUG", "Debug"]
    {
        assert_eq!(
            error(&format!("level = {level}")),
            "a span's level is a word, write `level = debug`"
        );
    }
    assert!(error("level = 6").contains("one of"));
    assert!(error("level = 0").contains("one of"));
}

#[test]
fn what_is_not_there_before_the_body_runs_is_explained() {
    let item = "fn f(id: u8) { let (rows, n) = parse(id); for row in rows {} }";
    for (args, found) in [
        ("attributes(rows)", "`rows` is a variable of the body"),
        ("attributes(%n.name)", "`n` is a variable of the body"),
        ("attributes(n = rows.len())", "`rows` is a variable"),
        ("attributes(a = 3 - rows.len())", "`rows` is a variable"),
        ("attributes(a = f(&row.id))", "`row` is a variable"),
        ("attributes(a = format!(\"{}\", row.id))", "`row` is a variable"),
        ("name = rows", "`rows` is a variable"),
        ("attributes(self.id)", "`f` has no receiver"),
        ("attributes(self)", "`f` has no receiver"),
        ("attributes(n = id + self.len())", "`f` has no receiver"),
        ("attributes_fn = |id| self.a(id)", "`f` has no receiver"),
        ("parent = self.cx", "`f` has no receiver"),
    ] {
        let errors = messages(expand(args.parse().unwrap(), &item.parse().unwrap()));
        assert_eq!(errors.len(), 1, "{args}: {errors:#?}");
        assert!(errors.concat().contains(found), "{args}: {errors:#?}");
    }
}

#[test]
fn skip_is_only_for_methods_of_a_block() {
    assert!(error("skip").contains("`impl` block"));
    assert!(error("skip,").contains("`impl` block"));
    // Under another name the block leaves the attribute where it is.
    let block = "impl S { #[instrument(skip)] fn f() {} }";
    let block = expand(TokenStream::new(), &block.parse().unwrap());
    let method: syn::ItemImpl = syn::parse2(block).unwrap();
    let syn::ImplItem::Fn(mut method) = method.items.into_iter().next().unwrap() else {
        panic!("not a method")
    };
    method.attrs.retain(|attr| !attr.path().is_ident("instrument"));
    let errors = messages(expand(quote!(skip), &quote!(#method)));
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn each_argument_of_instrument_is_one_error_with_advice() {
    let found = errors("err, skip_all, fields(table, n = 1), ret, target = \"x\", level = warn");
    assert_eq!(found.len(), 5, "{found:#?}");
    for (error, advice) in found.iter().zip([
        "records every `Err`",
        "nothing to skip",
        "attributes(key = value, …)",
        "set_attribute",
        "tracer = ",
    ]) {
        assert!(error.contains(advice), "{error}");
        assert!(!error.contains("expected"), "{error}");
    }
    assert!(error("skip(self, table)").contains("nothing to skip"));
    assert!(error("follows_from = x").contains("links = [span_context]"));
    assert!(error("err(Debug)").contains("records every `Err`"));
}
