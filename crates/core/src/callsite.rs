//! The instrumentation of a program, as lists that the linker collects.
//!
//! Each `#[traced]` function has one static [`CallSite`], and each use of [`tracer!`](crate::tracer) one static
//! [`Scope`]. The linker collects both into lists, so a program can report all its instrumentation, even functions that
//! have not run.

use std::any::type_name;
use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::AtomicU64;

use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;

use crate::keys;

/// The call site of a function with `#[traced]`, or of a span of `tracing`.
#[derive(Debug)]
pub struct CallSite {
    name: &'static str,
    /// The path of the function, with its type if the macro knows it, and the keys of its attributes, separated by
    /// spaces. Empty for a span of `tracing`.
    known: &'static str,
    /// Returns the path with the type of the method, if the macro does not know the type.
    typed_path: Option<fn(&Self) -> String>,
    location: SourceLocation,
    scope_name: &'static str,
    scope_version: Option<&'static str>,
    kind: SpanKind,
    level: Level,
    metrics: bool,
    /// The number of the sampling rule for this call site, and the generation of the rules.
    rule_cache: AtomicU64,
}

impl CallSite {
    #[doc(hidden)]
    #[expect(
        clippy::too_many_arguments,
        reason = "only macro expansions call it, and a single call compiles quickly"
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
            typed_path: None,
            location: SourceLocation { file, line, module },
            scope_name: match package {
                Some(package) => package,
                None => crate_of(module),
            },
            scope_version: package_version,
            kind,
            level: Level::Info,
            metrics: false,
            // Evaluated once, not for each call site, as everything that the compiler evaluates here takes its time.
            rule_cache: const { AtomicU64::new(0) },
        }
    }

    #[doc(hidden)]
    #[must_use]
    #[track_caller] // the compiler's message about an empty name is at the attribute
    pub const fn with_tracer(mut self, name: &'static str) -> Self {
        assert!(!name.is_empty(), "a tracer needs a name, and this one is empty");
        self.scope_name = name;
        self
    }

    /// Sets the function that returns the path with the type of the method.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_typed_path(mut self, path: fn(&Self) -> String) -> Self {
        self.typed_path = Some(path);
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

    /// Returns the target of a `tracing` call site, which is an attribute of its spans and the name of their scope.
    #[doc(hidden)]
    pub fn tracing_target(&self) -> Option<&'static str> {
        (!self.is_function()).then_some(self.scope_name)
    }

    /// Returns the name of the spans, or the name of the function if the name of the spans is an expression.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the name of the function.
    pub const fn function(&self) -> &'static str {
        let path = self.path();
        let mut start = path.len();
        while start > 0 && path.as_bytes()[start - 1] != b':' {
            start -= 1;
        }

        path.split_at(start).1
    }

    const fn path(&self) -> &'static str {
        let mut end = 0;
        while end < self.known.len() && self.known.as_bytes()[end] != b' ' {
            end += 1;
        }

        self.known.split_at(end).0
    }

    /// Returns the path of the function, such as `catalog::Table::rows`.
    #[doc(hidden)]
    pub fn function_path(&self) -> Cow<'static, str> {
        match self.typed_path {
            Some(typed_path) => typed_path(self).into(),
            None => self.path().into(),
        }
    }

    /// Returns the attribute that names the function, or for a span of `tracing`, whose function is unknown, the
    /// module.
    #[doc(hidden)]
    pub fn function_or_module(&self) -> Option<KeyValue> {
        let module = self.location.module;
        if self.is_function() {
            return Some(KeyValue::new(keys::CODE_FUNCTION_NAME, self.function_path()));
        }

        (!module.is_empty()).then(|| KeyValue::new(keys::CODE_MODULE_NAME, module))
    }

    /// Returns the keys of the attributes in the annotation, in the order in which they are recorded.
    ///
    /// `*` stands for keys that are not written in the annotation: those of a type that derives
    /// [`FloeAttributes`](crate::FloeAttributes), of a constant, or of a function.
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

    /// Returns the place where the function is defined.
    pub const fn location(&self) -> SourceLocation {
        self.location
    }

    /// Returns the kind of the spans.
    pub const fn kind(&self) -> &SpanKind {
        &self.kind
    }

    /// Returns the name of the spans' instrumentation scope: the `tracer` of the annotation, or the name of
    /// the package that contains the function. If Cargo did not build the package, the name of the crate.
    ///
    /// ```
    /// use floe_telemetry::{callsite, traced};
    ///
    /// #[traced(tracer = "acme.mail")]
    /// fn notify() {}
    ///
    /// notify();
    /// let site = callsite::all().find(|site| site.function() == "notify").unwrap();
    /// assert_eq!(site.scope_name(), "acme.mail");
    /// ```
    pub const fn scope_name(&self) -> &'static str {
        self.scope_name
    }

    /// Returns the version of the spans' instrumentation scope: the version of the package that contains the function,
    /// or `None` if Cargo did not build the package.
    pub const fn scope_version(&self) -> Option<&'static str> {
        self.scope_version
    }

    /// Returns the level of the spans.
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Returns the path of the function's module, which rules match like the target of a `tracing` span.
    pub const fn target(&self) -> &'static str {
        self.location.module
    }

    /// Whether this is the call site of a function, rather than of a span of the `tracing` bridge.
    #[doc(hidden)]
    pub const fn is_function(&self) -> bool {
        !self.known.is_empty()
    }

    pub(crate) const fn rule_cache(&self) -> &AtomicU64 {
        &self.rule_cache
    }

    /// Whether metrics of calls, errors and durations are recorded, see `#[traced(metrics)]`.
    pub const fn has_metrics(&self) -> bool {
        self.metrics
    }
}

/// Returns the path of the method whose body declares the type `Here`.
#[doc(hidden)]
pub fn typed_path<Here>(site: &CallSite) -> String {
    let module = site.location.module;
    let method = site.path().get(module.len()..).unwrap_or_default();
    let of_type = type_around(type_name::<Here>()).map(|name| format!("::{name}"));
    [module, &of_type.unwrap_or_default(), method].concat()
}

/// Returns the type `Cart` in `shop::Cart<_>::add::Here`, `<shop::Cart as shop::List>::add::Here` or `shop::list::<impl
/// shop::Cart>::add::Here`.
fn type_around(here: &str) -> Option<&str> {
    let around = without_last(without_last(here)?)?;

    let inside = around.strip_suffix('>').map_or(around, |path| {
        let of_impl = path.rsplit_once("<impl ").map(|(_, of)| of);
        let of_trait = path.strip_prefix('<').and_then(|path| path.split(" as ").next());
        of_impl.or(of_trait).unwrap_or(path)
    });

    let implementing = inside.rsplit(" for ").next()?;
    let without_generics = implementing.split('<').next()?;
    let name = without_generics.rsplit("::").next()?;
    Some(name).filter(|name| !name.is_empty())
}

fn without_last(path: &str) -> Option<&str> {
    path.rsplit_once("::").map(|(before, _)| before)
}

const fn crate_of(module: &'static str) -> &'static str {
    let bytes = module.as_bytes();
    let mut end = 0;
    while end < bytes.len() && bytes[end] != b':' {
        end += 1;
    }

    module.split_at(end).0
}

/// The place in the source code where an element of a link-time list is defined.
///
/// It is displayed as `file:line`, and ordered by file and line.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SourceLocation {
    file: &'static str,
    line: u32,
    module: &'static str,
}

impl SourceLocation {
    #[doc(hidden)]
    pub const fn new(module: &'static str, file: &'static str, line: u32) -> Self {
        Self { file, line, module }
    }

    /// Returns the source file, as passed to the compiler.
    pub const fn file(&self) -> &'static str {
        self.file
    }

    /// Returns the line in the file, counted from 1.
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// Returns the path of the module.
    pub const fn module(&self) -> &'static str {
        self.module
    }
}

impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Expands to the [`SourceLocation`](crate::callsite::SourceLocation) of the outermost macro call.
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_location {
    () => {
        $crate::callsite::SourceLocation::new(
            ::core::module_path!(),
            ::core::file!(),
            ::core::line!(),
        )
    };
}

/// The level of a span. As in `tracing`, a more verbose level is greater.
// Hidden, because its variant `Debug` would make the compiler write `std::fmt::Debug` in the messages of every crate
// that uses this crate.
#[cfg_attr(not(doc), doc(hidden))]
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Errors.
    Error = 1,
    /// Situations that deserve attention.
    Warn,
    /// Useful information, the default level.
    #[default]
    Info,
    /// Information for debugging.
    Debug,
    /// Very detailed information.
    Trace,
}

/// An instrumentation scope that is created by [`tracer!`](crate::tracer).
#[derive(Debug)]
pub struct Scope {
    name: &'static str,
    version: Option<&'static str>,
    location: SourceLocation,
}

impl Scope {
    #[doc(hidden)]
    #[track_caller] // the compiler's message about an empty name is at the use of the macro
    pub const fn new(
        name: &'static str,
        version: Option<&'static str>,
        location: SourceLocation,
    ) -> Self {
        assert!(!name.is_empty(), "a tracer needs a name, and this one is empty");
        Self { name, version, location }
    }

    /// Returns the name of the tracer.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the version of the package that uses the macro, or `None` if Cargo did not build the package.
    pub const fn version(&self) -> Option<&'static str> {
        self.version
    }

    /// Returns the place where the macro is used.
    pub const fn location(&self) -> SourceLocation {
        self.location
    }
}

crate::__floe_link_list! {
    #[allow(unsafe_code, reason = "the linker defines the bounds of the list, see `link_list`")]
    static SCOPES: [Scope] = "fl_scope_0_1";
}

/// Creates a [`Tracer`](crate::Tracer) whose name becomes the instrumentation scope of its spans. The
/// version of the scope is the version of the package that uses the macro.
///
/// The name must be a constant expression and must not be empty. The tracer can be the value of a
/// `static`. [`callsite::tracers`](crate::callsite::tracers) lists the tracers of a program.
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
                $crate::__floe_location!(),
            );
        }
        $crate::Tracer::new(&__FLOE_SCOPE)
    }};
}

/// Returns the scope of every [`tracer!`](crate::tracer) linked into the program, in no particular order.
///
/// The list is empty on targets without link-time lists, such as WebAssembly, and under Miri.
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
    #[allow(unsafe_code, reason = "the linker defines the bounds of the list, see `link_list`")]
    static CALL_SITES: [CallSite] = "fl_site_0_1";
}

/// Adds the call site of an annotated function to the list of call sites, and returns a reference to it.
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_callsite {
    ($site:ident, $name:literal, $function:literal, $line:expr, $kind:ident $(, $with:ident $value:tt)*) => {{
        $crate::__floe_linked! {
            "fl_site_0_1"
            static $site: $crate::callsite::CallSite = $crate::callsite::CallSite::new(
                $name,
                ::core::concat!(::core::module_path!(), "::", $function),
                ::core::module_path!(),
                ::core::file!(),
                $line,
                $crate::SpanKind::$kind,
                ::core::option_env!("CARGO_PKG_NAME"),
                ::core::option_env!("CARGO_PKG_VERSION"),
            )$(.$with $value)*;
        }
        &$site
    }};
}

/// Returns the call site of every `#[traced]` function linked into the program, in no particular order.
///
/// A function that is never called may be missing, because the linker removes it. The list is empty on targets
/// without link-time lists, such as WebAssembly, and under Miri.
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
    use super::type_around;

    #[test]
    fn the_type_around_a_method_is_found() {
        for (here, expected) in [
            ("shop::Cart::add::Here", Some("Cart")),
            ("shop::Cart<_>::add::Here", Some("Cart")),
            ("<shop::Cart as shop::List>::add::Here", Some("Cart")),
            ("<alloc::vec::Vec<_> as shop::List<_>>::add::Here", Some("Vec")),
            ("shop::list::<impl shop::Cart>::add::Here", Some("Cart")),
            ("shop::list::<impl shop::List for shop::Cart<_>>::add::Here", Some("Cart")),
            ("shop::List::add::Here", Some("List")),
            ("add::Here", None),
        ] {
            assert_eq!(type_around(here), expected, "{here}");
        }
    }
}
