//! Dependencies between modules, called arrows, form no circle, neither between files nor between folders of `src`. Arrows
//! between crates lead upward in the list of `ARCHITECTURE.md`.
//!
//! Here, a module is a file. A path outside of tests that leads from `crate`, `super` or `self` to another file of the
//! crate is an arrow, unless it connects a module with one of its own submodules.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use floe_house::{files, root};
use syn::visit::{self, Visit};
use syn::{Attribute, File, Item, UseTree};

/// Modules that re-export or call the other modules of a crate, and that only later ones of this list use.
const FACADES: [&str; 3] = ["prelude", "lib", "main"];

/// The path of a file below `src`, without its extension.
type Module = Vec<String>;

type Arrows = BTreeMap<Module, BTreeSet<Module>>;

/// The arrows of each crate.
static ARROWS: LazyLock<Vec<(String, Arrows)>> = LazyLock::new(|| {
    let arrows = |name: String| (name.clone(), Crate::read(&name).arrows());
    crates().into_iter().map(arrows).collect()
});

struct Crate {
    modules: BTreeMap<Module, File>,
    /// Maps the name of each re-exported item to its path below the root, and the name of each macro to its module.
    exports: BTreeMap<String, Vec<String>>,
    /// The items of the root that are neither modules nor re-exports.
    of_root: BTreeSet<String>,
}

impl Crate {
    fn new(modules: BTreeMap<Module, File>) -> Self {
        let mut paths = Paths::default();
        if let Some(file) = modules.get(&["lib".to_owned()][..]) {
            for item in &file.items {
                if let Item::Use(item) = item {
                    paths.visit_item_use(item);
                }
            }
        }

        let below_root = |path: Vec<String>| {
            let path = match path.first().map(String::as_str) {
                Some("self" | "crate") => path[1..].to_vec(),
                _ => return None,
            };

            Some((path.last()?.clone(), path))
        };

        let mut exports: BTreeMap<_, _> = paths.0.into_iter().filter_map(below_root).collect();
        for (module, file) in &modules {
            // Macros are exported at the root.
            exports.extend(file.items.iter().filter_map(|item| match item {
                Item::Macro(item) => Some((item.ident.as_ref()?.to_string(), module.clone())),
                _ => None,
            }));
        }

        let mut of_root: BTreeSet<String> = modules
            .get(&["lib".to_owned()][..])
            .map(|file| file.items.iter().filter_map(name_of).collect())
            .unwrap_or_default();
        of_root.retain(|name| !modules.contains_key(&[name.clone()][..]));
        Self { modules, exports, of_root }
    }

    fn read(name: &str) -> Self {
        let source = root().join(name).join("src");
        let mut modules = BTreeMap::new();
        let mut folders = vec![source.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let relative = path.strip_prefix(&source).unwrap().with_extension("");
                    let module = relative.iter().map(|part| part.to_str().unwrap().to_owned());
                    let file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
                    modules.insert(module.collect(), file);
                }
            }
        }

        let for_tests: Vec<Module> =
            modules.iter().flat_map(|(module, file)| modules_for_tests(module, file)).collect();
        modules.retain(|module, _| !for_tests.iter().any(|parent| module.starts_with(parent)));
        Self::new(modules)
    }

    fn arrows(&self) -> Arrows {
        let mut arrows = Arrows::new();
        for (module, file) in &self.modules {
            let mut paths = Paths::default();
            paths.visit_file(file);
            let targets = paths
                .0
                .iter()
                .filter_map(|path| self.resolve(module, path))
                .filter(|target| !target.starts_with(module) && !module.starts_with(target));
            arrows.insert(module.clone(), targets.collect());
        }
        arrows
    }

    /// Returns the module to which a path leads, or `None` if it leads to no file of the crate.
    fn resolve(&self, from: &[String], path: &[String]) -> Option<Module> {
        let (first, mut rest) = path.split_first()?;
        let mut at: Module = match first.as_str() {
            "crate" => Vec::new(),
            "self" if is_root(from) => Vec::new(),
            "self" => from.to_vec(),
            "super" => from[..from.len() - 1].to_vec(),
            _ => return None,
        };

        while let Some((next, after)) = rest.split_first()
            && next == "super"
        {
            at.pop();
            rest = after;
        }

        if at.is_empty() && rest.first().is_some_and(|name| self.of_root.contains(name)) {
            return Some(vec!["lib".to_owned()]);
        }

        match rest.first().and_then(|name| self.exports.get(name)) {
            Some(path) if at.is_empty() => at.extend(path.iter().cloned()),
            _ => at.extend(rest.iter().cloned()),
        }

        while !at.is_empty() && !self.modules.contains_key(&at) {
            at.pop();
        }

        (!at.is_empty()).then_some(at)
    }
}

fn is_root(module: &[String]) -> bool {
    module.len() == 1 && ["lib", "main"].contains(&module[0].as_str())
}

/// Returns the name of an item, except of a module, an import, an `impl` or a macro.
fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };

    Some(name.to_string())
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

fn modules_for_tests(module: &Module, file: &File) -> Vec<Module> {
    let parent = if is_root(module) { &[] } else { &module[..] };
    let declared = file.items.iter().filter_map(|item| match item {
        Item::Mod(item) if is_for_tests(&item.attrs) => Some(item.ident.to_string()),
        _ => None,
    });

    declared.map(|name| [parent, &[name]].concat()).collect()
}

/// Collects the paths of a file, except in tests.
#[derive(Default)]
struct Paths(Vec<Vec<String>>);

impl Paths {
    fn add_tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.add_tree(&with(&path.ident), &path.tree),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_tree(before, tree);
                }
            }
            UseTree::Name(name) => self.0.push(with(&name.ident)),
            UseTree::Rename(rename) => self.0.push(with(&rename.ident)),
            UseTree::Glob(_) => self.0.push(before.to_vec()),
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(item) => &item.attrs[..],
            Item::Fn(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            _ => &[],
        };

        if !is_for_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add_tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path.segments.iter();
        let names = segments.map(|segment| segment.ident.to_string());
        self.0.push(names.collect());
        visit::visit_path(self, path);
    }
}

/// Joins the modules of each folder of `src`, the file of its name included.
fn folders(arrows: &Arrows) -> Arrows {
    let folder = |module: &Module| vec![module[0].clone()];
    let mut joined = Arrows::new();
    for (from, to) in arrows {
        let from = folder(from);
        let others = to.iter().map(folder).filter(|to| *to != from);
        joined.entry(from.clone()).or_default().extend(others);
    }
    joined
}

/// Returns the arrows of circles and between circles. Repeatedly removes the modules that use none of the remaining
/// modules, and those that none of them uses, because they are in no circle.
fn circles(mut arrows: Arrows) -> Vec<String> {
    loop {
        let used: BTreeSet<Module> = arrows.values().flatten().cloned().collect();
        let before = arrows.len();
        arrows.retain(|module, _| used.contains(module));
        let remaining: BTreeSet<Module> = arrows.keys().cloned().collect();
        arrows.retain(|_, to| {
            to.retain(|module| remaining.contains(module));
            !to.is_empty()
        });

        if arrows.len() == before {
            return arrows
                .iter()
                .flat_map(|(from, to)| to.iter().map(|to| uses(from, to)))
                .collect();
        }
    }
}

fn uses(from: &Module, to: &Module) -> String {
    format!("`{}` uses `{}`", from.join("::"), to.join("::"))
}

/// Returns the folders of the crates in `ARCHITECTURE.md`, in the listed order.
fn crates() -> Vec<String> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let folders = text.lines().filter_map(|line| {
        let (folder, _) = line.strip_prefix("- **`")?.split_once("`**, ")?;
        Some(folder.to_owned())
    });

    folders.collect()
}

#[test]
fn the_architecture_lists_each_crate() {
    let manifests = files("Cargo.toml").into_iter().map(|(path, _)| path);
    let folders = manifests.filter(|path| {
        let houses = ["crates/", "floe-telemetry", "integrations/", "platform/"];
        houses.iter().any(|house| path.starts_with(house))
    });

    let folders = folders.map(|path| path.trim_end_matches("/Cargo.toml").to_owned());
    assert_eq!(crates().into_iter().collect::<BTreeSet<_>>(), folders.collect());
}

#[test]
fn no_modules_form_a_circle() {
    for (name, arrows) in &*ARROWS {
        for arrows in [folders(arrows), arrows.clone()] {
            let found = circles(arrows);
            assert!(found.is_empty(), "{name}: expected no circle, found {found:#?}");
        }
    }
}

#[test]
fn no_module_uses_the_root_of_its_crate() {
    for (name, arrows) in &*ARROWS {
        let facade = |module: &Module| FACADES.iter().position(|name| module[0] == *name);
        for (from, to) in arrows.iter().flat_map(|(from, to)| to.iter().map(move |to| (from, to))) {
            assert!(
                facade(to) <= facade(from),
                "{name}: {}: move the item to a file",
                uses(from, to)
            );
        }
    }
}

#[test]
fn crates_use_what_stands_above_them_in_the_architecture() {
    let crates: Vec<_> = crates().iter().map(|folder| name_and_dependencies(folder)).collect();
    let mut above = BTreeSet::new();
    for (name, dependencies) in &crates {
        for used in dependencies.iter().filter(|used| crates.iter().any(|(it, _)| it == *used)) {
            assert!(above.contains(used), "{name} uses {used}, which is not above {name}");
        }

        above.insert(name);
    }
}

/// Reads the name of a package and the dependencies of its section `[dependencies]`.
fn name_and_dependencies(folder: &str) -> (String, Vec<String>) {
    let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
    let name = manifest.lines().find_map(|line| line.strip_prefix("name = "));
    let (_, dependencies) = manifest.split_once("\n[dependencies]\n").unwrap_or_default();
    let dependencies = dependencies
        .lines()
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .map(str::to_owned);
    (name.unwrap().trim_matches('"').to_owned(), dependencies.collect())
}
