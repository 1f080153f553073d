//! The identity of a call: its service, its name, and the place that it calls.

use rustc_hash::FxHashMap;

use crate::names::normalized;
use crate::span::{Recording, Span};

/// The attributes that state what is called: they distinguish spans of one name.
const PLACES: [&str; 16] = [
    "floe.asset.key",
    "http.route",
    "url.template",
    "db.query.summary",
    "db.query.text",
    "db.statement",
    "db.collection.name",
    "graphql.operation.name",
    "rpc.method",
    "messaging.destination.name",
    "gen_ai.request.model",
    "gen_ai.agent.name",
    "gen_ai.tool.name",
    "faas.invoked_name",
    "server.address",
    "net.peer.name",
];

/// The identity by which spans are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Operation {
    pub(crate) service: String,
    pub(crate) name: String,
    /// The asset, route, statement, model or host, unless the name contains it.
    pub(crate) place: String,
}

#[derive(Debug, Default)]
pub(crate) struct Operations {
    pub(crate) all: Vec<Operation>,
    indices: FxHashMap<Operation, usize>,
}

/// Whether an attribute states what is called.
pub(crate) fn is_place(key: &str) -> bool {
    PLACES.contains(&key)
}

impl Operations {
    /// Returns the index of the operation of each span.
    pub(crate) fn of(&mut self, recording: &Recording) -> Vec<usize> {
        // Texts repeat, and a lookup is quicker than normalizing a text again.
        let mut known: FxHashMap<(&str, &str, Vec<&str>), usize> = FxHashMap::default();
        let spans = recording.spans.iter().map(|span| {
            let texts = (recording.service(span), &*span.name, places(span));
            *known.entry(texts).or_insert_with_key(|texts| self.index_of(texts))
        });
        spans.collect()
    }

    fn index_of(&mut self, (service, name, places): &(&str, &str, Vec<&str>)) -> usize {
        let places: Vec<String> = places.iter().map(|it| without_values(it)).collect();
        let operation = Operation {
            service: (*service).to_owned(),
            name: normalized(name),
            place: places.join(" "),
        };
        *self.indices.entry(operation).or_insert_with_key(|operation| {
            self.all.push(operation.clone());
            self.all.len() - 1
        })
    }
}

fn places(span: &Span) -> Vec<&str> {
    let found = PLACES.iter().filter_map(|key| span.attribute(key)?.as_str());
    found.filter(|place| !span.name.contains(place)).collect()
}

/// Replaces each literal of a statement by `*`, and a list of literals by a single `*`.
fn without_values(text: &str) -> String {
    let parts = text.split('\'').enumerate();
    let plain: String = parts.map(|(at, part)| if at % 2 == 0 { part } else { "*" }).collect();
    let mut plain = normalized(&plain);
    while plain.contains("*, *") {
        plain = plain.replace("*, *", "*");
    }
    plain
}
