//! Tests accepted forms without the runtime. Mistakes are tested in `ui-tests`.

use quote::quote;

use super::*;
use crate::tests::messages;

const FUNCTION: &str = "fn f(&self, table: &str, (a, Point { x, .. }): (u8, Point), _: u8) {}";

fn errors(args: &str) -> Vec<String> {
    messages(expand(args.parse().unwrap(), &FUNCTION.parse().unwrap()))
}

fn error(args: &str) -> String {
    let errors = errors(args);
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
        "error_if = |r| self::is_error(r)",
        "floe_attributes = (IDENTITY)",
        "crate = ::renamed",
        "tracer = \"acme.billing\", level = trace",
        "tracer = TRACER",
        "tracer = concat!(\"a\", \".b\")",
    ] {
        assert_eq!(errors(args), Vec::<String>::new(), "{args}");
    }
}

#[test]
fn an_unfinished_body_is_kept() {
    let output = expand(TokenStream::new(), &quote!(fn f(x: u8) { x. })).to_string();
    assert!(output.contains("{ x . }"), "{output}");
    assert!(!output.contains("compile_error"), "{output}");
}

#[test]
fn a_block_names_the_parameters_that_may_borrow() {
    let block = quote!(
        impl<Row, Key: 'static> Catalog<Row, Key> {
            fn load(&self) {}
        }
    );
    let output = expand(TokenStream::new(), &block).to_string();
    assert!(output.contains("\"Catalog Row\""), "{output}");
}

#[test]
fn a_secret_is_found_in_an_expression() {
    for args in [
        "attributes(x = password.as_str())",
        "attributes(x = apiKEY)",
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
        "ret = |login| login.password.clone()",
        "ret = |Login { token: it, .. }| it.clone()",
        "ret = Login::token",
    ] {
        let error = error(args);
        assert!(error.contains("sounds like a credential"), "{args}: {error}");
        assert!(error.contains("_present ="), "{args}: {error}");
        assert!(error.contains("in quotes"), "{args}: {error}");
    }

    let function = "fn f(token: &str) {}".parse().unwrap();
    let renamed = expand(quote!(attributes_fn = |it| [("x", *it)]), &function);
    assert_eq!(messages(renamed).len(), 1);
}

#[test]
fn metadata_of_a_secret_is_accepted() {
    for args in [
        "attributes(a = token.is_some(), b = self.token.as_ref().is_none(), c = self.token().len())",
        "attributes(a = self.auth.user, b = token::parse(table), c = Token::new(table).id)",
        "attributes(a = table.split(',').map(move |token| token.len()).sum::<usize>())",
        "attributes(\"page.token\" = token, \"y\" = format!(\"{token}\"))",
        "attributes(a = \"/{token}\", b = format!(\"{{token}}\"), KEY_TOKEN = 1)",
        "attributes(a = matches!(self.kind, Kind::Token))",
        "attributes_fn = |_, table, _, _| [(\"token.present\", table.token.is_some())]",
        "name = format!(\"login {table}\")",
        "ret = |token| token.len()",
    ] {
        assert_eq!(errors(args), Vec::<String>::new(), "{args}");
    }

    let ignored =
        expand(quote!(attributes_fn = |_| [("x", 1)]), &"fn f(token: &str) {}".parse().unwrap());
    assert_eq!(messages(ignored), Vec::<String>::new());
}
