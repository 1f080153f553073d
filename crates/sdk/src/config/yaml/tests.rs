//! Tests the types of documents. `tests/config-errors.jsonl` contains mistakes with their positions.

use serde::Deserialize;

use super::{Mistake, Spanned, parse, read};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct House {
    name: Spanned<Name>,
    #[serde(default)]
    rooms: Vec<Room>,
    heating: Option<Heating>,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Name(String);

impl TryFrom<String> for Name {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        match &*name {
            "" => Err("found an empty name"),
            _ => Ok(Self(name)),
        }
    }
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Heating {
    None,
    Stove(Stove),
}

#[derive(Debug, Deserialize, PartialEq)]
struct Stove {
    wood: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Room {
    name: Name,
    doors: u8,
}

fn line<T: std::fmt::Debug>(read: Result<T, Mistake>) -> String {
    read.unwrap_err().line()
}

fn mistake(text: &str) -> String {
    line(read::<House>(text))
}

#[test]
fn the_text_is_as_written() {
    let read = |text: &str| read::<String>(text).unwrap();
    for text in
        ["1.20", "0x10", "1_000", "12:30", "yes", "99999999999999999999999999", "'null'", "é"]
    {
        assert_eq!(read(text), text.trim_matches('\''));
    }
    assert_eq!(read("|\n  a\n  b\n"), "a\nb\n");
}

#[test]
fn a_variant_is_a_word_or_the_only_key_of_a_mapping() {
    let heating =
        |text: &str| read::<House>(&format!("name: a\nheating: {text}")).map(|house| house.heating);
    assert_eq!(heating("none").unwrap(), Some(Heating::None));
    assert_eq!(heating("{none: }").unwrap(), Some(Heating::None));
    let stove = Heating::Stove(Stove { wood: true });
    assert_eq!(heating("{stove: {wood: true}}").unwrap(), Some(stove));
    for (text, message) in [
        ("stove", "expected a mapping whose only key is this value, found the value alone"),
        ("{none: 1}", "heating.none: expected nothing, found a text"),
        ("{none: , stove: }", "expected one key (`none` or `stove`), found 2"),
        ("[none]", "expected `none` or `stove`, found a list"),
    ] {
        let found = line(heating(text));
        assert!(found.ends_with(message), "{found}");
    }
}

/// A comparison of each key with all others would take minutes.
#[test]
fn many_keys_are_read_at_once() {
    use std::collections::BTreeMap;

    let keys = |from: usize| {
        let keys: Vec<_> = (from..from + 10_000).map(|n| format!("k{n}: {n}")).collect();
        keys.join(", ")
    };
    let text = format!("one: {{{}}}", keys(0));
    let read: BTreeMap<String, BTreeMap<String, usize>> = read(&text).unwrap();
    assert_eq!(read["one"].len(), 10_000);
}

#[test]
fn aliases_count_as_their_values() {
    let nested = format!("&a0 {}{}", "[".repeat(20), "]".repeat(20));
    let deep = format!("- {nested}\n- {}*a0{}", "[".repeat(10), "]".repeat(10));
    assert!(parse(&deep).is_ok());
    let deep = format!("- {nested}\n- {}*a0{}", "[".repeat(12), "]".repeat(12));
    assert!(line(parse(&deep)).ends_with("32 levels, including aliases, found more"));
    let items: Vec<_> = (1..20).map(|n| format!("- &a{n} [*a{0}, *a{0}, *a{0}]", n - 1)).collect();
    let wide = format!("- &a0 {}\n{}", "x".repeat(9), items.join("\n"));
    assert!(line(parse(&wide)).ends_with("including aliases, found more"));
}

#[test]
fn a_part_is_read_later() {
    let house: House = read("name: a").unwrap();
    assert_eq!((&*house.name.value.0, house.name.position.column), ("a", 7));
    let document = parse("name: a\nrest: {wood: 3}").unwrap();
    // The position is relative to the whole document.
    assert_eq!(
        line(document.entries()[1].value.read::<Stove>()),
        "line 2, column 14: wood: expected `true` or `false`, found `3`"
    );
    assert_eq!(
        line(read::<Stove>("wood: 'true'")),
        "line 1, column 7: wood: expected `true` or `false`, found the text `true`"
    );
}

#[test]
fn an_alias_has_the_value_of_its_anchor() {
    let text = "name: a\nrooms: [&room {name: b, doors: 2}, *room]";
    let house: House = read(text).unwrap();
    let doors: Vec<_> = house.rooms.iter().map(|room| (&*room.name.0, room.doors)).collect();
    assert_eq!(doors, [("b", 2), ("b", 2)]);
    assert!(mistake("name: a\n<<: {}").starts_with("line 2, column 1: <<: unknown key"));
    let large = mistake("name: a\nrooms: [{name: b, doors: 300}]");
    assert!(large.ends_with("expected a whole number from 0 to 255, found `300`"), "{large}");
}
