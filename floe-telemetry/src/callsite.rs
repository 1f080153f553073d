//! What is known of an annotated function before it runs.
//!
//! Each `#[traced]` function has one static [`CallSite`]. The linker puts them all into one list,
//! so a program knows what is instrumented without running it.

use std::sync::atomic::AtomicU64;

use opentelemetry::trace::SpanKind;

/// A function with `#[traced]`.
#[derive(Debug)]
pub struct CallSite {
    name: &'static str,
    /// The function's name, and then what it records, with spaces between.
    known: &'static str,
    module: &'static str,
    file: &'static str,
    line: u32,
    kind: SpanKind,
    metrics: bool,
    /// Which rule of the sampling holds for it, once that was asked.
    rule: AtomicU64,
}

impl CallSite {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        name: &'static str,
        known: &'static str,
        module: &'static str,
        file: &'static str,
        line: u32,
        kind: SpanKind,
    ) -> Self {
        Self {
            name,
            known,
            module,
            file,
            line,
            kind,
            metrics: false,
            rule: AtomicU64::new(0),
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_metrics(mut self) -> Self {
        self.metrics = true;
        self
    }

    /// The name of its spans. If the name is an expression, the name of the function.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The name of the function.
    #[must_use]
    pub const fn function(&self) -> &'static str {
        let bytes = self.known.as_bytes();
        let mut end = 0;
        while end < bytes.len() && bytes[end] != b' ' {
            end += 1;
        }
        self.known.split_at(end).0
    }

    /// What its spans carry, as far as the annotation says it: keys, in the order in which they are
    /// recorded. `{Type}` stands for all the keys of a type that derives
    /// [`FloeAttributes`](crate::FloeAttributes), or for that of a constant, and `*` for keys that
    /// are known only when the function runs.
    ///
    /// ```
    /// use floe_telemetry::{callsite, traced};
    ///
    /// #[traced(attributes(table, rows = lines.len()))]
    /// fn load_lines(table: &str, lines: &[&str]) {}
    ///
    /// load_lines("orders", &[]);
    /// let site = callsite::all().find(|site| site.function() == "load_lines").unwrap();
    /// assert_eq!(site.attributes().collect::<Vec<_>>(), ["table", "rows"]);
    /// ```
    pub fn attributes(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.known.split(' ').skip(1)
    }

    /// The path of the module that the function is in.
    #[must_use]
    pub const fn module(&self) -> &'static str {
        self.module
    }

    /// The source file, as the compiler was given it.
    #[must_use]
    pub const fn file(&self) -> &'static str {
        self.file
    }

    /// The line of the function in its file, from 1.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// The kind of its spans.
    #[must_use]
    pub const fn kind(&self) -> &SpanKind {
        &self.kind
    }

    /// Whether it is one of a function, and not one of a span that another library makes.
    pub(crate) const fn is_function(&self) -> bool {
        !self.known.is_empty()
    }

    pub(crate) const fn rule(&self) -> &AtomicU64 {
        &self.rule
    }

    /// Whether its calls, errors and durations are metrics, too.
    #[must_use]
    pub const fn has_metrics(&self) -> bool {
        self.metrics
    }
}

crate::__floe_link_list! {
    /// The call sites of the program.
    #[expect(unsafe_code, reason = "the bounds of the linker's list, see `link_list`")]
    static CALL_SITES: [CallSite] = "fl_site_0_1";
}

/// The static of an annotated function, in the list.
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_callsite {
    ($site:ident, $name:literal, $function:literal, $line:expr, $kind:ident $(, $with:ident)?) => {
        $crate::__floe_linked! {
            "fl_site_0_1"
            static $site: $crate::__private::CallSite = $crate::__private::CallSite::new(
                $name,
                $function,
                ::core::module_path!(),
                ::core::file!(),
                $line,
                $crate::__private::SpanKind::$kind,
            )$(.$with())?;
        }
    };
}

/// Every `#[traced]` function linked into the program, in no particular order.
///
/// A function that the linker removed because nothing calls it may be missing. Empty on WebAssembly
/// and under Miri, where the linker makes no such list.
///
/// ```
/// use floe_telemetry::{callsite, traced};
///
/// #[traced(name = "orders.load")]
/// fn load() {}
///
/// load();
/// assert!(callsite::all().any(|site| site.name() == "orders.load" && site.function() == "load"));
/// ```
pub fn all() -> impl Iterator<Item = &'static CallSite> {
    CALL_SITES.iter()
}

#[cfg(test)]
mod tests {
    /// Two incompatible versions of this crate may be in one program, so their lists differ in name.
    #[test]
    fn the_lists_name_this_version() {
        let (major, minor) = (
            env!("CARGO_PKG_VERSION_MAJOR"),
            env!("CARGO_PKG_VERSION_MINOR"),
        );
        let version = format!("_{major}_{minor}\"");
        let names: Vec<&str> = include_str!("callsite.rs")
            .lines()
            .filter(|line| line.contains("\"fl_") && !line.contains("contains"))
            .collect();
        assert!(names.len() >= 2, "{names:?}");
        for name in names {
            assert!(name.contains(&version), "{name}");
        }
    }
}
