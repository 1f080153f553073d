//! Mistakes with their places, and what is read in spite of them.

use serde::Deserialize;

use crate::{Kind, Mistake, Node, Spanned, read};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct House {
    name: Spanned<Name>,
    #[serde(default)]
    rooms: Vec<Room>,
    heating: Option<Heating>,
    rest: Option<Node>,
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

fn mistakes(text: &str) -> Vec<String> {
    let mistakes = read::<House>(text).unwrap_err();
    mistakes.iter().map(Mistake::to_string).collect()
}

#[test]
fn all_mistakes_have_their_places() {
    let text = "name: [a]
rooms:
  - {name: kitchen, doors: many, windws: 3}
  - {name: '', doors: 1}
  - {name: hall, doors: 300}
heating: {stov: {wood: true}}
garden: large";
    assert_eq!(mistakes(text), ["line 1, column 7: name: expected a text, found a list",]);
    let text = text.replace("[a]", "a");
    assert_eq!(
        mistakes(&text),
        [
            "line 3, column 28: rooms.0.doors: expected a whole number from 0 to 255, found `many`",
            "line 3, column 34: rooms.0.windws: unknown key, expected `name` or `doors`",
            "line 4, column 12: rooms.1.name: found an empty name",
            "line 5, column 25: rooms.2.doors: expected a whole number from 0 to 255, found `300`",
            "line 6, column 11: heating.stov: expected `none` or `stove`, found `stov`; did you mean `stove`?",
            "line 7, column 1: garden: unknown key, expected `name`, `rooms`, `heating` or `rest`",
        ]
    );
}

#[test]
fn a_missing_key_has_the_place_of_its_mapping() {
    assert_eq!(mistakes(""), ["line 1, column 1: name: is missing"]);
    assert_eq!(
        mistakes("name: a\nrooms:\n  - name: b"),
        ["line 3, column 5: rooms.0.doors: is missing"]
    );
}

#[test]
fn a_misspelled_key_is_one_mistake() {
    for value in ["2", "many", "[1]"] {
        assert_eq!(
            mistakes(&format!("name: a\nrooms: [{{name: b, dors: {value}}}]")),
            ["line 2, column 19: rooms.0.dors: unknown key; did you mean `doors`?"]
        );
    }
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
        ("stove", "expected a mapping with this word as its key, found `stove`"),
        ("{none: 1}", "heating.none: expected nothing, found a text"),
        ("{none: , stove: }", "expected one key, `none` or `stove`, found 2"),
        ("[none]", "expected `none` or `stove`, found a list"),
    ] {
        let found = heating(text).unwrap_err()[0].to_string();
        assert!(found.ends_with(message), "{found}");
    }
}

/// Comparing each key with all others would take minutes.
#[test]
fn many_keys_are_read_at_once() {
    use std::collections::BTreeMap;

    let keys = |from: usize| {
        let keys: Vec<_> = (from..from + 60_000).map(|n| format!("k{n}: {n}")).collect();
        keys.join(", ")
    };
    let text = format!("one: &one {{{}}}\ntwo: {{<<: *one, {}}}", keys(0), keys(30_000));
    let read: BTreeMap<String, BTreeMap<String, usize>> = read(&text).unwrap();
    assert_eq!((read["one"].len(), read["two"].len()), (60_000, 90_000));
}

#[test]
fn a_part_is_read_later() {
    let house: House = read("name: a\nrest: {wood: 3}").unwrap();
    assert_eq!((&*house.name.value.0, house.name.position.column), ("a", 7));
    let mut mistakes = Vec::new();
    let rest = house.rest.unwrap();
    let stove: Option<Stove> = rest.read(&mut mistakes);
    // The place is that of the whole document.
    assert_eq!(stove, Some(Stove { wood: false }));
    assert_eq!(
        mistakes[0].to_string(),
        "line 2, column 14: wood: expected `true` or `false`, found `3`"
    );
    let quoted = read::<Stove>("wood: 'true'").unwrap_err();
    assert_eq!(
        quoted[0].to_string(),
        "line 1, column 7: wood: expected `true` or `false`, found the text `true`"
    );
}

#[test]
fn a_merged_mapping_adds_keys() {
    let text = "name: a
rest: &room {name: b, doors: 2}
rooms: [{<<: *room, doors: 3}, {<<: [*room, {doors: 4}]}]";
    let house: House = read(text).unwrap();
    let doors: Vec<_> = house.rooms.iter().map(|room| (&*room.name.0, room.doors)).collect();
    assert_eq!(doors, [("b", 3), ("b", 2)]);
    assert_eq!(
        mistakes("name: a\n<<: 1"),
        ["line 2, column 1: <<: unknown key, expected `name`, `rooms`, `heating` or `rest`"]
    );
}

#[test]
fn a_kind_tells_unknown_keys_from_misspelled_ones() {
    let found = read::<House>("name: a\nroms: []\ngarden: 1\nrooms: 1").unwrap_err();
    let kinds: Vec<_> = found.iter().map(|mistake| mistake.kind).collect();
    assert_eq!(kinds, [Kind::MisspelledKey, Kind::UnknownKey, Kind::Value]);
}

#[test]
fn reading_stops_after_a_hundred_mistakes() {
    let rooms = "{name: a, doors: x}, ".repeat(1_000);
    let found = read::<House>(&format!("name: a\nrooms: [{rooms}]")).unwrap_err();
    assert_eq!(found.len(), 100);
}
