//! Tests that every keyword of the macros is documented, with an example that is compiled.

use crate::symbol::{self, Symbol};

const TRACED: &str = include_str!("../docs/traced.md");
const FLOE_ATTRIBUTES: &str = include_str!("../docs/floe_attributes.md");

/// Returns the code blocks that are compiled.
fn examples(text: &str) -> String {
    let mut inside = None;
    let mut code = String::new();
    for line in text.lines() {
        match (inside, line.strip_prefix("```")) {
            (None, Some(language)) => inside = Some(language.is_empty()),
            (Some(_), Some(_)) => inside = None,
            (Some(true), None) => code.extend([line, "\n"]),
            _ => {}
        }
    }
    code
}

#[test]
fn each_argument_of_traced_has_a_section_with_an_example() {
    let mut words = Vec::new();
    let (_, arguments) = TRACED.split_once("\n# Arguments").unwrap();
    let (arguments, _) = arguments.split_once("\n# Where it can be used").unwrap();
    for section in arguments.split("\n## ").skip(1) {
        let word = section.split('`').nth(1).unwrap();
        let examples = examples(section);
        assert!(examples.contains("traced("), "{word} has no example");
        assert!(examples.contains(word), "the example of {word} has none");
        words.push(word);
    }
    assert_eq!(words, symbol::TRACED.iter().map(|it| it.word).collect::<Vec<_>>());
    assert!(examples(TRACED).contains("#[traced(skip)]"));
}

#[test]
fn each_word_of_the_derive_is_in_an_example() {
    let examples = examples(FLOE_ATTRIBUTES);
    let all = [symbol::CONTAINER, symbol::VARIANT, symbol::FIELD].concat();
    for Symbol { word, .. } in all {
        let used = examples.lines().filter(|line| line.contains("#[floe(")).any(|line| {
            line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|it| it == word)
        });
        assert!(used, "{word} has no example");
        assert!(FLOE_ATTRIBUTES.contains(&format!("`{word}")), "{word} is not explained");
    }
}
