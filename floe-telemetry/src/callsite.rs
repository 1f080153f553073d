//! What is known about the instrumentation of a program before it runs.
//!
//! Each `#[traced]` function has one static [`CallSite`], and each use of
//! [`tracer!`](crate::tracer) one static [`Scope`]. The linker collects both into lists, so a program
//! can report what is instrumented without running it.

use std::sync::atomic::{AtomicU32, AtomicU64};

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
    scope_name: &'static str,
    scope_version: Option<&'static str>,
    kind: SpanKind,
    level: Level,
    metrics: bool,
    /// Which rule of the sampling holds for it, once that was asked.
    rule: AtomicU64,
    /// Whether the filter excludes it, and which filter decided that.
    filter_cache: AtomicU32,
}

impl CallSite {
    #[doc(hidden)]
    #[must_use]
    #[expect(
        clippy::too_many_arguments,
        reason = "expansions call it, and a call of a constructor is quick to compile"
    )]
    pub const fn new(
        name: &'static str,
        known: &'static str,
        module: &'static str,
        file: &'static str,
        line: u32,
        kind: SpanKind,
        package: Option<&'static str>,
        package_version: Option<&'static str>,
    ) -> Self {
        Self {
            name,
            known,
            module,
            file,
            line,
            scope_name: match package {
                Some(package) => package,
                None => crate_of(module),
            },
            scope_version: package_version,
            kind,
            level: Level::Info,
            metrics: false,
            rule: AtomicU64::new(0),
            filter_cache: AtomicU32::new(0),
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_tracer(mut self, name: &'static str) -> Self {
        assert!(
            !name.is_empty(),
            "a tracer needs a name, and this one is empty"
        );
        self.scope_name = name;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_level(mut self, level: Level) -> Self {
        self.level = level;
        self
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

    /// The name of the instrumentation scope of its spans: the `tracer` of the annotation, or else
    /// the package that contains the function.
    ///
    /// ```
    /// use floe_telemetry::{callsite, traced};
    ///
    /// #[traced(tracer = "floe.alert.slack")]
    /// fn notify() {}
    ///
    /// notify();
    /// let site = callsite::all().find(|site| site.function() == "notify").unwrap();
    /// assert_eq!(site.scope_name(), "floe.alert.slack");
    /// ```
    #[must_use]
    pub const fn scope_name(&self) -> &'static str {
        self.scope_name
    }

    /// The version of the instrumentation scope of its spans: that of the package that contains the
    /// function. `None` if the package was not built by Cargo.
    #[must_use]
    pub const fn scope_version(&self) -> Option<&'static str> {
        self.scope_version
    }

    /// The level of its spans.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// What filters compare with, as the target of a `tracing` span: the path of the module.
    #[must_use]
    pub const fn target(&self) -> &'static str {
        self.module
    }

    /// Whether it is one of a function, and not one of a span that another library makes.
    pub(crate) const fn is_function(&self) -> bool {
        !self.known.is_empty()
    }

    pub(crate) const fn filter_cache(&self) -> &AtomicU32 {
        &self.filter_cache
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

/// The first segment of a module's path.
const fn crate_of(module: &'static str) -> &'static str {
    let bytes = module.as_bytes();
    let mut end = 0;
    while end < bytes.len() && bytes[end] != b':' {
        end += 1;
    }
    module.split_at(end).0
}

/// How important a span is. Ordered as the levels of `tracing` are: the more verbose, the greater.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq, PartialOrd, Ord)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the five levels of `tracing` and `log`"
)]
pub enum Level {
    /// Serious faults.
    Error = 1,
    /// Situations that deserve attention.
    Warn,
    /// Useful information. The default.
    #[default]
    Info,
    /// What helps to find a fault.
    Debug,
    /// Very much detail.
    Trace,
}

/// An instrumentation scope that the program names with [`tracer!`](crate::tracer).
#[derive(Debug)]
pub struct Scope {
    name: &'static str,
    version: Option<&'static str>,
    module: &'static str,
    file: &'static str,
    line: u32,
    /// Whether the filter excludes its spans, and which filter decided that.
    filter_cache: AtomicU32,
}

impl Scope {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        name: &'static str,
        version: Option<&'static str>,
        module: &'static str,
        file: &'static str,
        line: u32,
    ) -> Self {
        assert!(
            !name.is_empty(),
            "a tracer needs a name, and this one is empty"
        );
        Self {
            name,
            version,
            module,
            file,
            line,
            filter_cache: AtomicU32::new(0),
        }
    }

    /// The name of the tracer.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The version of the package that uses the macro. `None` if it was not built by Cargo.
    #[must_use]
    pub const fn version(&self) -> Option<&'static str> {
        self.version
    }

    /// The path of the module that uses the macro.
    #[must_use]
    pub const fn module(&self) -> &'static str {
        self.module
    }

    /// The source file, as it was passed to the compiler.
    #[must_use]
    pub const fn file(&self) -> &'static str {
        self.file
    }

    /// The line in the file, from 1.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.line
    }

    pub(crate) const fn filter_cache(&self) -> &AtomicU32 {
        &self.filter_cache
    }
}

crate::__floe_link_list! {
    /// The scopes of all tracers of the program.
    #[allow(unsafe_code, reason = "the bounds of the list, where a linker makes one: see `link_list`")]
    static SCOPES: [Scope] = "fl_scope_0_1";
}

/// A [`Tracer`](crate::Tracer) with a name, which becomes the instrumentation scope of its spans. The
/// scope's version is that of the package that uses the macro.
///
/// The name is text that is known at compile time and not empty. The result can be the value of a
/// `static`. [`callsite::tracers`](crate::callsite::tracers) lists all of a program.
///
/// ```
/// use floe_telemetry::{Tracer, testing};
///
/// static TRACER: Tracer = floe_telemetry::tracer!("acme.billing");
///
/// let spans = testing::capture(|| {
///     let span = TRACER.span("invoice.send").attribute("invoice.lines", 3).start();
///     span.set_attribute("invoice.delivered", true);
/// });
/// let span = spans.single("invoice.send");
/// assert_eq!(span.scope(), "acme.billing");
/// span.assert_ok().assert_attribute("invoice.lines", 3);
/// ```
#[macro_export]
macro_rules! tracer {
    ($name:expr $(,)?) => {{
        $crate::__floe_linked! {
            "fl_scope_0_1"
            static __FLOE_SCOPE: $crate::callsite::Scope = $crate::callsite::Scope::new(
                $name,
                ::core::option_env!("CARGO_PKG_VERSION"),
                ::core::module_path!(),
                ::core::file!(),
                ::core::line!(),
            );
        }
        $crate::Tracer::new(&__FLOE_SCOPE)
    }};
}

/// The scope of every [`tracer!`](crate::tracer) linked into the program, in no particular order.
///
/// Empty on WebAssembly and under Miri, where the linker makes no such list.
///
/// ```
/// use floe_telemetry::{Tracer, callsite};
///
/// static TRACER: Tracer = floe_telemetry::tracer!("acme.shipping");
///
/// assert_eq!(TRACER.name(), "acme.shipping");
/// assert!(callsite::tracers().any(|scope| scope.name() == "acme.shipping"));
/// ```
pub fn tracers() -> impl Iterator<Item = &'static Scope> {
    SCOPES.iter()
}

crate::__floe_link_list! {
    /// The call sites of the program.
    #[allow(unsafe_code, reason = "the bounds of the list, where a linker makes one: see `link_list`")]
    static CALL_SITES: [CallSite] = "fl_site_0_1";
}

/// The static of an annotated function, in the list.
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_callsite {
    ($site:ident, $name:literal, $function:literal, $line:expr, $kind:ident $(, $with:ident $value:tt)*) => {
        $crate::__floe_linked! {
            "fl_site_0_1"
            static $site: $crate::__private::CallSite = $crate::__private::CallSite::new(
                $name,
                $function,
                ::core::module_path!(),
                ::core::file!(),
                $line,
                $crate::__private::SpanKind::$kind,
                ::core::option_env!("CARGO_PKG_NAME"),
                ::core::option_env!("CARGO_PKG_VERSION"),
            )$(.$with $value)*;
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
