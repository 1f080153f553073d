//! Opening a span: decide, fill in its attributes, put it into a `Context`.

use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, Key};

use super::alive::context_is_alive;
use super::buffer;
use super::failure::panic_message;
use super::parent::{self, Parent, ToLinks};
use super::record::{Origin, SpanRecord};
use super::sampling::{self, Decision, Start};
use super::span::RecordedSpan;
use crate::attributes::{AttributeValue, FloeAttributes, IntoAttributes, ToAttributeValue};
use crate::callsite::CallSite;
use crate::clock::Moment;
use crate::keys;

/// A span that is about to be run.
#[derive(Debug)]
pub struct OpenSpan(pub(super) State);

#[derive(Debug)]
pub(super) enum State {
    /// No span: the body runs as it was written.
    Off,
    /// A root that sampling left out. The body runs with a context that says so.
    LeftOut(Context),
    /// The body runs with the span in its context.
    Recording(Context),
}

/// What can be said about a span before it starts. Expansions of `#[traced]` write to it.
#[derive(Debug)]
pub struct Opening(Box<SpanRecord>);

/// Text that a span can be called by.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the name of a span",
    label = "not text",
    note = "write for example `name = format!(\"stage.{{number}}\")`"
)]
pub trait ToName {
    /// A copy of the text.
    fn to_name(&self) -> String;

    /// The text itself, if it is nobody else's.
    fn into_name(self) -> String
    where
        Self: Sized,
    {
        self.to_name()
    }
}

impl ToName for str {
    fn to_name(&self) -> String {
        self.to_owned()
    }
}

impl ToName for String {
    fn to_name(&self) -> String {
        self.clone()
    }

    fn into_name(self) -> String {
        self
    }
}

impl ToName for Cow<'_, str> {
    fn to_name(&self) -> String {
        self.as_ref().to_owned()
    }

    fn into_name(self) -> String {
        self.into_owned()
    }
}

/// Pointers to text.
macro_rules! pointers {
    ($($pointer:ty),+) => {$(
        impl<T: ToName + ?Sized> ToName for $pointer {
            fn to_name(&self) -> String {
                T::to_name(self)
            }
        }
    )+};
}

pointers!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

/// Writes what a span is to have from its start.
pub(super) type Fill<'a> = &'a mut dyn FnMut(&mut Opening);

impl Opening {
    /// Sets the name to a copy of the text.
    #[inline]
    pub fn name(&mut self, name: &(impl ToName + ?Sized)) {
        self.0.name = Some(Cow::Owned(name.to_name()));
    }

    /// Sets the name to text that is made for it, which is taken if it can be.
    #[inline]
    pub fn name_from(&mut self, name: impl ToName) {
        self.0.name = Some(Cow::Owned(name.into_name()));
    }

    /// Sets the name to that of a constant.
    #[inline]
    pub fn name_const(&mut self, name: impl Into<Cow<'static, str>>) {
        self.0.name = Some(name.into());
    }

    /// Sets an attribute.
    #[inline]
    pub fn attribute(&mut self, key: impl Into<Key>, value: &(impl ToAttributeValue + ?Sized)) {
        self.0.attributes.set(key, value);
    }

    /// Sets an attribute to a value that is made for it, which is taken and not copied.
    #[inline]
    pub fn attribute_from(&mut self, key: impl Into<Key>, value: impl ToAttributeValue) {
        if let Some(value) = value.into_attribute_value() {
            self.0.attributes.push(key.into(), value);
        }
    }

    /// Sets an attribute to text that is known at compile time.
    #[inline]
    pub fn attribute_static(&mut self, key: impl Into<Key>, value: &'static str) {
        self.0
            .attributes
            .push(key.into(), AttributeValue::Static(value));
    }

    /// Sets an attribute to the `Display` text of a value.
    pub fn display(&mut self, key: impl Into<Key>, value: &(impl Display + ?Sized)) {
        self.0.attributes.set(key, &value.to_string());
    }

    /// Sets an attribute to the `Debug` text of a value.
    pub fn debug(&mut self, key: impl Into<Key>, value: &(impl Debug + ?Sized)) {
        self.0.attributes.set(key, &format!("{value:?}"));
    }

    /// Sets the attributes of a derived type.
    #[inline]
    pub fn floe_attributes(&mut self, attributes: &impl FloeAttributes) {
        attributes.record(&mut self.0.attributes);
    }

    /// Links to other spans.
    pub fn links(&mut self, links: &(impl ToLinks + ?Sized)) {
        links.each_link(&mut |link| self.0.add_link(link));
    }

    /// Calls an attributes function. If it fails, the span gets a warning instead.
    pub fn attributes_fn<A: IntoAttributes>(&mut self, make: impl FnOnce() -> A) {
        match catch_unwind(AssertUnwindSafe(|| {
            make().into_attributes(&mut self.0.attributes)
        })) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.warn(&format!("attributes_fn failed: {error}")),
            Err(payload) => self.warn(&format!(
                "attributes_fn panicked: {}",
                panic_message(&*payload)
            )),
        }
    }

    #[cold]
    fn warn(&mut self, warning: &str) {
        self.0.attributes.set(keys::FLOE_WARNING, warning);
    }
}

/// Opens the span of a call site with what `fill` writes to it, which runs only if the span is
/// recorded. It is a trait object so that there is one copy of this code, and not one for each
/// annotated function.
#[inline]
pub fn enter(callsite: &'static CallSite, fill: Fill<'_>) -> OpenSpan {
    if sampling::is_off() {
        return OpenSpan(State::Off);
    }
    open(Origin::CallSite(callsite), &parent::current(), Some(fill))
}

/// The same below `parent`, which runs only if someone listens.
#[inline]
pub fn enter_below(
    callsite: &'static CallSite,
    parent: impl FnOnce() -> Parent,
    fill: Fill<'_>,
) -> OpenSpan {
    // What the parent is made from may be the current context.
    if sampling::is_off() || !context_is_alive() {
        return OpenSpan(State::Off);
    }
    open(Origin::CallSite(callsite), &parent(), Some(fill))
}

/// Opens the span of a call site that has nothing to say.
#[inline]
pub fn enter_plain(callsite: &'static CallSite) -> OpenSpan {
    if sampling::is_off() {
        return OpenSpan(State::Off);
    }
    open(Origin::CallSite(callsite), &parent::current(), None)
}

/// Opens a span that has no call site.
pub(super) fn enter_here(
    name: Cow<'static, str>,
    location: &'static Location<'static>,
) -> OpenSpan {
    if sampling::is_off() {
        return OpenSpan(State::Off);
    }
    let mut name = Some(name);
    open(
        Origin::Here(location),
        &parent::current(),
        Some(&mut |opening| opening.0.name = name.take()),
    )
}

#[inline(never)]
fn open(origin: Origin, parent: &Parent, fill: Option<Fill<'_>>) -> OpenSpan {
    if !context_is_alive() {
        return OpenSpan(State::Off);
    }
    match parent.map(sampling::decide) {
        Decision::Skip => OpenSpan(parent.given().map_or(State::Off, State::LeftOut)),
        Decision::LeaveOut(context) => OpenSpan(State::LeftOut(
            parent.map(|cx| cx.with_remote_span_context(context)),
        )),
        Decision::Record(from) => {
            let mut opening = Opening(blank(&from, origin, Moment::now()));
            if let Some(fill) = fill {
                fill_in(&mut opening, fill);
            }
            let span = RecordedSpan::recording(opening.0, from.context);
            OpenSpan(State::Recording(parent.map(|cx| cx.with_span(span))))
        }
    }
}

/// Runs the user's attribute expressions. A panic in them becomes a warning on the span.
#[inline]
fn fill_in(opening: &mut Opening, fill: Fill<'_>) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| fill(opening))) {
        opening.warn(&format!(
            "attributes panicked: {}",
            panic_message(&*payload)
        ));
    }
}

/// A record that knows where it comes from and what is above it.
pub(super) fn blank(from: &Start, origin: Origin, start: Moment) -> Box<SpanRecord> {
    let mut record = buffer::blank();
    record.kind = match &origin {
        Origin::CallSite(callsite) => callsite.kind().clone(),
        Origin::Nowhere | Origin::Here(_) | Origin::Scope(_) => SpanKind::Internal,
    };
    record.context = from.context.clone();
    record.parent = from.parent;
    record.parent_is_remote = from.parent_is_remote;
    record.identity.clone_from(&from.identity);
    record.origin = origin;
    #[cfg(feature = "testing")]
    {
        record.capture = from.capture;
    }
    record.start = start;
    record
}
