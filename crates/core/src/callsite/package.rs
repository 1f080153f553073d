//! The package that contains a place in the source code.
//!
//! A function with `#[track_caller]` gets the file of its caller from the compiler, but not the package. Annotated
//! functions know both, so a place belongs to the package of the annotated functions in its file, or else in the folder
//! `src` around it.

use std::collections::HashMap;
use std::iter;
use std::panic::Location;
use std::sync::OnceLock;

use super::{CallSite, Scope, crate_of};

/// The scope with the name and the version of the package; `None` if the program contains no annotated function of the
/// package.
pub(crate) fn package_of(place: &Location<'static>) -> Option<&'static Scope> {
    static PACKAGES: OnceLock<Packages> = OnceLock::new();
    let packages = PACKAGES.get().unwrap_or_else(|| {
        // Built before the lock is taken, so that no thread waits for it, not even in a fork.
        let packages = Packages::of(super::all());
        PACKAGES.get_or_init(|| packages)
    });
    packages.find(place.file())
}

/// The packages by file, and by folder; `None` for a folder that two packages claim.
struct Packages(HashMap<&'static str, Option<&'static Scope>>);

impl Packages {
    fn of(sites: impl Iterator<Item = &'static CallSite>) -> Self {
        let mut found: HashMap<_, Option<&'static Scope>> = HashMap::new();
        let mut scopes: HashMap<_, &'static Scope> = HashMap::new();
        for site in sites.filter(|site| !site.has_tracer) {
            let package = (site.scope_name(), site.scope_version());
            let scope = *scopes.entry(package).or_insert_with(|| {
                let mut scope = Scope::new(package.0, package.1, site.location());
                scope.target = crate_of(site.location().module());
                Box::leak(Box::new(scope))
            });
            let file = site.location().file();
            for key in iter::once(file).chain(folders(file, &["src"]).take(1)) {
                let known = found.entry(key).or_insert(Some(scope));
                if known.is_some_and(|known| (known.name(), known.version()) != package) {
                    *known = None;
                }
            }
        }
        Self(found)
    }

    fn find(&self, file: &str) -> Option<&'static Scope> {
        if file.is_empty() {
            return None;
        }
        let folders = folders(file, &["src", "tests", "examples", "benches"]);
        iter::once(file).chain(folders).find_map(|key| self.0.get(key).copied())?
    }
}

/// The possible paths of the package: the parent of each folder with one of these names, the innermost first. The path
/// is empty if the package is in the working directory of the compiler.
fn folders<'a>(file: &'a str, names: &'a [&str]) -> impl Iterator<Item = &'a str> {
    let ends = file.rmatch_indices(['/', '\\']).map(|(end, _)| end);
    ends.filter_map(|end| {
        let start = file[..end].rfind(['/', '\\']).map_or(0, |at| at + 1);
        names.contains(&&file[start..end]).then_some(&file[..start])
    })
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::SpanKind;

    use super::*;

    fn packages(sites: &[(&'static str, &'static str)]) -> Packages {
        Packages::of(sites.iter().map(|&(package, file)| {
            let version = Some("1.0.0");
            let site =
                CallSite::new("f", "f", "m", file, 1, SpanKind::Internal, Some(package), version);
            &*Box::leak(Box::new(site))
        }))
    }

    #[test]
    fn a_place_is_in_the_package_of_the_functions_around_it() {
        let registry = "/home/me/src/registry/queue-1.2.0";
        let packages = packages(&[
            ("shop", "src/orders.rs"),
            ("mail", "crates/mail/src/lib.rs"),
            ("tool", r"crates\tool\src\lib.rs"),
            ("tour", "examples/tour/main.rs"),
            ("queue", "/home/me/src/registry/queue-1.2.0/src/lib.rs"),
            ("one", "twice/src/one.rs"),
            ("two", "twice/src/two.rs"),
        ]);
        for (file, expected) in [
            ("src/main.rs", Some("shop")),
            ("tests/it/main.rs", Some("shop")),
            ("examples/tour/main.rs", Some("tour")),
            ("crates/mail/src/generated/src/lib.rs", Some("mail")),
            ("crates/mail/benches/send.rs", Some("mail")),
            (r"crates\tool\src\deep\more.rs", Some("tool")),
            ("twice/src/one.rs", Some("one")),
            ("twice/src/three.rs", None),
            ("crates/else/src/lib.rs", None),
            ("build.rs", None),
            ("", None),
        ] {
            let found = packages.find(file).map(Scope::name);
            assert_eq!(found, expected, "{file}");
        }
        let dependency = packages.find(&format!("{registry}/src/deep/mod.rs"));
        assert_eq!(dependency.map(Scope::name), Some("queue"));
        assert_eq!(dependency.and_then(Scope::version), Some("1.0.0"));
    }

    #[test]
    fn the_name_of_a_tracer_is_no_package() {
        let site =
            CallSite::new("f", "f", "m", "src/a.rs", 1, SpanKind::Internal, Some("shop"), None);
        let site = Box::leak(Box::new(site.with_tracer("acme.mail")));
        assert!(Packages::of([&*site].into_iter()).find("src/a.rs").is_none());
    }
}
