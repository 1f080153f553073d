//! The walks of `tests/walks`: a datum on its way through the functions that do something with it, in order.
//!
//! After its title, a walk has a stop in each line, `path/of/file function`, with the type before a method, as in
//! `Type::method`. Each function names the next one, or a line between the two says how the datum gets there: by
//! `<- function` it is back in an earlier stop, or in a closure of it, which names the next one; by `-- reason` it
//! changes hands without a call, through a ring, a process, an expansion. So a function in between lengthens the file.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::buffer::{Cursor, TokenBuffer};
use syn::visit::{self, Visit};
use syn::{Block, Ident, ImplItemFn, ItemFn, ItemImpl, Macro, Type};

/// What is wrong with a walk. `read` returns the text of a file.
fn faults(walk: &str, read: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut files = BTreeMap::new();
    let mut stops: Vec<(&str, &str, Names)> = Vec::new();
    // The stop that has the datum, unless it changes hands.
    let mut at = None;
    for line in walk.lines().skip(1) {
        if line.starts_with("-- ") {
            at = None;
            continue;
        }
        if let Some(name) = line.strip_prefix("<- ") {
            let name = name.split(',').next().unwrap();
            at = stops.iter().rposition(|(_, stop, _)| *stop == name);
            if at.is_none() {
                faults.push(format!("`{line}`: expected an earlier stop, found none"));
            }
            continue;
        }
        let (path, name) = line.split_once(' ').unwrap_or((line, ""));
        let file = files.entry(path);
        let file = file.or_insert_with(|| read(path).map(|text| functions(path, &text)));
        let all = file.iter().flatten();
        let found: Vec<_> = all.filter(|(function, _)| function == name).collect();
        let [(_, own)] = found[..] else {
            let found = file.as_ref().map(|_| found.len().to_string());
            let found = found.unwrap_or_else(|| "no such file".to_owned());
            faults.push(format!("expected one function `{name}` in {path}, found {found}"));
            at = None;
            continue;
        };
        if let Some((path, before, names)) = at.and_then(|at: usize| stops.get(at))
            && !names.contains(name.rsplit(':').next().unwrap())
        {
            faults.push(format!(
                "`{before}` in {path} no longer names `{name}`: expected a stop for each function that the datum \
                 passes, found neither one between the two nor a line with `<-` or `--`"
            ));
        }
        at = Some(stops.len());
        stops.push((path, name, own.clone()));
    }
    faults
}

/// The identifiers in the body of a function.
type Names = BTreeSet<String>;

/// The functions of a file, formatted as ours are.
fn functions(path: &str, text: &str) -> Vec<(String, Names)> {
    if Path::new(path).extension().is_some_and(|end| end == "rs") {
        let mut functions = Functions::default();
        functions.visit_file(&syn::parse_file(text).unwrap());
        return functions.found;
    }
    let of_script = text.replace("\nasync ", "\n");
    let functions = of_script.split("\nfunction ").skip(1).map(|function| {
        let (name, body) = function.split_once('(').unwrap();
        let lines = body.split("\n}").next().unwrap().lines();
        let code = lines.filter_map(|line| line.split("//").next());
        let names = code.flat_map(|code| code.split(|c: char| !c.is_alphanumeric()));
        (name.to_owned(), names.map(str::to_owned).collect())
    });
    functions.collect()
}

#[derive(Default)]
struct Functions {
    /// The type of the block, with `::`.
    of: String,
    found: Vec<(String, Names)>,
}

impl Functions {
    fn add(&mut self, name: &Ident, body: &Block) {
        let mut names = Identifiers::default();
        names.visit_block(body);
        self.found.push((format!("{}{name}", self.of), names.0));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if let Type::Path(path) = &*item.self_ty {
            self.of = format!("{}::", path.path.segments.last().unwrap().ident);
        }
        visit::visit_item_impl(self, item);
        self.of.clear();
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.add(&item.sig.ident, &item.block);
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.add(&item.sig.ident, &item.block);
    }
}

/// Collects the identifiers of code, also those in macros.
#[derive(Default)]
struct Identifiers(Names);

impl Identifiers {
    fn add(&mut self, mut at: Cursor<'_>) {
        while let Some((_, next)) = at.token_tree() {
            if let Some((inside, ..)) = at.any_group() {
                self.add(inside);
            } else if let Some((name, _)) = at.ident() {
                self.0.insert(name.to_string());
            }
            at = next;
        }
    }
}

impl<'ast> Visit<'ast> for Identifiers {
    fn visit_ident(&mut self, name: &'ast Ident) {
        self.0.insert(name.to_string());
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        self.add(TokenBuffer::new2(item.tokens.clone()).begin());
    }
}

#[test]
fn each_function_names_the_next_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| fs::read_to_string(root.join(path)).ok();
    let walks = ["attribute", "error", "variable", "dbt_node", "why_slow"];
    let found = walks.into_iter().flat_map(|walk| {
        let walk = format!("tests/walks/{walk}.txt");
        let faults = faults(&read(&walk).unwrap(), read).into_iter();
        faults.map(move |fault| format!("{walk}: {fault}\n"))
    });
    let found = found.collect::<String>();
    assert!(found.is_empty(), "{found}");
}

#[test]
fn a_function_in_between_is_found() {
    let read = |path: &str| {
        let text = match path {
            "a.rs" => "fn a() { b(|| T::c()); /* d() */ } fn b() { \"c\" }",
            "c.rs" => "impl T { fn c() { json!({\"e\": [d()]}) } } fn d() {}",
            "e.js" => {
                "\nfunction e() {\n  f(); // g()\n}\nfunction f() {\n}\nasync function g() {\n}\n"
            }
            _ => return None,
        };
        Some(text.to_owned())
    };
    let walk = "…\na.rs a\na.rs b\n<- a, its closure\nc.rs T::c\nc.rs d\n-- a page\ne.js e\ne.js f";
    assert_eq!(faults(walk, read), [""; 0]);
    let walk =
        "…\na.rs a\nc.rs d\n<- e\na.rs b\nc.rs T::c\nf.rs f\nc.rs f\n-- a page\ne.js e\ne.js g";
    let expected = [
        "`a` in a.rs no longer names `d`",
        "`<- e`",
        "`b` in a.rs no longer names `T::c`",
        "expected one function `f` in f.rs, found no such file",
        "expected one function `f` in c.rs, found 0",
        "`e` in e.js no longer names `g`",
    ];
    let found = faults(walk, read).into_iter();
    let found: Vec<_> = found.map(|it| it.split(": expected").next().unwrap().to_owned()).collect();
    assert_eq!(found, expected);
}
