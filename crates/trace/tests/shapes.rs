//! Measures which causes are named in the traces of healthy and of troubled systems. With `-- --nocapture`, the tests
//! print a table; `FLOE_TRACE_FILES=300` measures more files than the usual test.

#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "tests")]

mod runs;
mod systems;
mod text;

use std::collections::BTreeMap;

use floe_trace::{Forest, Recording, causes, diff};

use self::systems::{SYSTEMS, TROUBLES, recording};

fn messages(recording: &Recording) -> Vec<String> {
    causes(&Forest::new(recording)).into_iter().map(|it| it.message).collect()
}

fn files() -> u64 {
    std::env::var("FLOE_TRACE_FILES").map_or(24, |it| it.parse().unwrap())
}

#[test]
fn healthy_systems_are_not_accused() {
    let mut accused: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for file in 0..files() {
        let system = usize::try_from(file).unwrap() % SYSTEMS.len();
        let found = messages(&recording(system, "", 1000 + file));
        if let Some(first) = found.into_iter().next() {
            accused.entry(SYSTEMS[system].0).or_default().push(first);
        }
    }
    for (system, sentences) in &accused {
        println!("{system}: {} accused, as in {}", sentences.len(), sentences[0]);
    }
    let all: usize = accused.values().map(Vec::len).sum();
    assert!(all as u64 * 100 <= files(), "{all} of {} files", files());
}

#[test]
fn troubled_systems_are_named() {
    let mut first = 0_usize;
    let mut three = 0_usize;
    let mut all = 0_usize;
    for (trouble, words) in TROUBLES {
        let mut row = [0; 4];
        let mut others = Vec::new();
        for file in 0..(files() / 24).clamp(1, 4) {
            let system =
                usize::try_from(file).unwrap() * 2 % 8 + usize::from(trouble.len() % 2 == 1);
            let found = messages(&recording(system, trouble, 7 + file));
            let is_it = |it: &String| match words {
                ["", word] => it.contains(word),
                words => words.iter().all(|word| it.contains(word)),
            };
            let at = match found.iter().position(is_it) {
                Some(0) => 0,
                None if found.is_empty() && words[0].is_empty() => 0,
                Some(1 | 2) => 1,
                Some(_) => 2,
                None => 3,
            };
            row[at] += 1;
            if at > 0 {
                others.push(format!(
                    "{}: {}",
                    SYSTEMS[system].0,
                    found.first().map_or("-", |it| it)
                ));
            }
        }
        println!(
            "{trouble:22} {row:?} {}",
            others.join("\n                                      ")
        );
        first += row[0];
        three += row[0] + row[1];
        all += row.iter().sum::<usize>();
    }
    println!("first {first}, in three {three}, of {all}");
    assert!(first * 156 >= 130 * all, "{first}, {three} of {all}");
    assert!(three * 156 >= 145 * all, "{first}, {three} of {all}");
}

/// Two recordings of one system differ in their mix of requests and in their times, but not in the program.
#[test]
fn equal_systems_do_not_differ() {
    for file in 0..files() {
        let system = usize::try_from(file).unwrap() % SYSTEMS.len();
        let [before, after] = [3000, 9000].map(|seed| [recording(system, "", seed + file)]);
        assert_eq!(diff(&before, &after).changes, [], "{}, {file}", SYSTEMS[system].0);
    }
}
