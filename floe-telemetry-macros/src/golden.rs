//! Compares the expansions of the usual forms with the readable files `expected/*.rs`. Each file begins with the input
//! of its expansion. The behaviour of expansions is tested in `tests/shapes` and `tests/tests/it`.
//!
//! `BLESS=1 cargo test -p floe-telemetry-macros` updates the files; review the difference.

mod cases;

use std::{env, fs, path::PathBuf};

use proc_macro2::TokenStream;

use crate::{attributes, traced};

struct Case {
    file: &'static str,
    input: Input,
}

enum Input {
    /// The arguments of `#[traced(…)]`, and the item below it.
    Traced(&'static str, &'static str),
    /// The arguments and the item, expanded with the feature `off`.
    Off(&'static str, &'static str),
    Derive(&'static str),
}

#[test]
fn expansions_are_as_expected() {
    let bless = env::var_os("BLESS").is_some();
    let different: Vec<_> = all().filter_map(|case| check(case, bless)).collect();
    assert!(
        different.is_empty(),
        "update the files with BLESS=1 if this is intended:\n\n{}",
        different.join("\n")
    );
}

/// A crate that annotates needs no other crate than the runtime, and no version of OpenTelemetry.
#[test]
fn expansions_name_core_and_the_runtime_alone() {
    for case in all() {
        let text = expansion(case);
        for (place, _) in text.match_indices("::") {
            let before = text[..place].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '>')) {
                continue; // Not the first name of a path.
            }
            let name = text[place + 2..].split("::").next().unwrap();
            assert!(
                matches!(name, "core" | "floe_telemetry" | "telemetry"),
                "expected a path of the runtime, found `::{name}` in {}",
                case.file
            );
        }
    }
}

fn all() -> impl Iterator<Item = &'static Case> {
    cases::ALL.iter()
}

/// Returns the expansion if it differs from its file. With `bless`, updates the file instead.
fn check(case: &Case, bless: bool) -> Option<String> {
    let path = directory().join(case.file).with_extension("rs");
    let actual = format!("{}\n{}", original(case), expansion(case));
    if bless {
        fs::write(path, actual).unwrap();
        return None;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    (actual != expected).then(|| format!("{}:\n{actual}", path.display()))
}

fn original(case: &Case) -> String {
    let text = match case.input {
        Input::Traced("", item) | Input::Off("", item) => format!("#[traced] {item}"),
        Input::Traced(args, item) | Input::Off(args, item) => {
            format!("#[traced({args})] {item}")
        }
        Input::Derive(item) => format!("#[derive(FloeAttributes)] {item}"),
    };
    let comment = |line: &str| format!("// {line}").trim_end().to_owned() + "\n";
    pretty(case, parse(&text)).lines().map(comment).collect()
}

fn expansion(case: &Case) -> String {
    let tokens = match case.input {
        Input::Traced(args, item) => traced::expand(parse(args), &parse(item)),
        Input::Off(args, item) => traced::expand_with(parse(args), &parse(item), true),
        Input::Derive(item) => attributes::expand(parse(item)),
    };
    pretty(case, tokens)
}

fn pretty(case: &Case, tokens: TokenStream) -> String {
    let file = syn::parse2(tokens).unwrap_or_else(|error| panic!("{}: {error}", case.file));
    prettyplease::unparse(&file)
}

fn parse(text: &str) -> TokenStream {
    text.parse().unwrap()
}

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("expected")
}
