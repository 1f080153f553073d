//! Runs a program with a tracer.

use std::fmt;
use std::mem;

use opentelemetry::trace::{
    Event, Link, Span, SpanBuilder, SpanContext, Status, TraceContextExt as _, Tracer,
};
use opentelemetry::{Context, ContextGuard, KeyValue};

use crate::differences;
use crate::program::{Code, Operation, Parent, Pick, Program, Start, Target, Update};
use crate::text;

/// The observations of a program.
#[derive(Debug, Default)]
pub struct Run {
    /// The contexts of the program's spans, in the order in which they started.
    pub contexts: Vec<SpanContext>,
    /// Values that the program has read from its spans and from the current context.
    pub observations: Vec<String>,
}

/// Runs `program` with these tracers. Calls `before_start` with a span's number before the span starts.
pub fn run<T>(program: &Program, tracers: &[T], before_start: &mut dyn FnMut(usize)) -> Run
where
    T: Tracer,
    T::Span: Send + Sync + 'static,
{
    let mut state = State {
        program,
        position: 0,
        keys: 0,
        spans: Vec::<Handle<T::Span>>::new(),
        guards: Vec::new(),
        run: Run::default(),
    };

    for (position, operation) in program.operations.iter().enumerate() {
        state.position = position;
        state.operation(operation, tracers, before_start);
    }

    let State { spans, mut guards, run, .. } = state;
    if program.drops_spans_first {
        drop(spans);
    }

    while guards.pop().is_some() {}
    run
}

enum Handle<S> {
    Span(S),
    Context(Context),
    Dropped(SpanContext),
}

struct State<'a, S> {
    program: &'a Program,
    position: usize,
    keys: usize,
    spans: Vec<Handle<S>>,
    guards: Vec<ContextGuard>,
    run: Run,
}

/// Applies an update. It is a macro, because a span and the span of a context have the same methods, but no trait.
macro_rules! update {
    ($span:expr, $state:expr, $update:expr) => {{
        let span = $span;
        match $update {
            Update::SetAttribute(attribute) => {
                for attribute in $state.keyed(std::slice::from_ref(attribute)) {
                    span.set_attribute(attribute);
                }
            }
            Update::SetAttributes(attributes) => span.set_attributes($state.keyed(attributes)),
            Update::AddEvent(None, attributes) => {
                span.add_event($state.named("event"), $state.keyed(attributes));
            }
            Update::AddEvent(Some(time), attributes) => {
                let attributes = $state.keyed(attributes);
                span.add_event_with_timestamp($state.named("event"), time.at(), attributes);
            }
            Update::AddLink(target, attributes) => {
                let context = $state.target(target);
                if differences::is_linked(&context, attributes) {
                    span.add_link(context, $state.keyed(attributes));
                }
            }
            Update::RecordError => span.record_error(&std::io::Error::other("out of paper")),
            Update::SetStatus(code) => span.set_status($state.status(*code)),
            Update::UpdateName => span.update_name($state.named("renamed")),
            Update::End => span.end(),
            Update::EndAt(time) => span.end_with_timestamp(time.at()),
            Update::ManyAttributes(number) => {
                let attribute = |n| KeyValue::new(format!("many.{n}"), n);
                let attributes: Vec<_> = numbers(*number).map(attribute).collect();
                span.set_attributes($state.keyed(&attributes));
            }
            Update::ManyEvents(number) => {
                for n in numbers(*number) {
                    span.add_event(format!("event {n}"), Vec::new());
                }
            }
            Update::ManyLinks(number) => {
                for _ in 0..*number {
                    span.add_link($state.target(&Target::Span(Pick(0))), Vec::new());
                }
            }
        }
    }};
}

fn numbers(number: usize) -> impl Iterator<Item = i64> {
    (0..).take(number)
}

impl<S: Span + Send + Sync + 'static> State<'_, S> {
    fn operation<T: Tracer<Span = S>>(
        &mut self,
        operation: &Operation,
        tracers: &[T],
        before_start: &mut dyn FnMut(usize),
    ) {
        match operation {
            Operation::Start(start) => {
                before_start(self.spans.len());
                self.start(start, &tracers[start.tracer % tracers.len()]);
            }
            Operation::Share { span, in_current } => self.share(*span, *in_current),
            Operation::Attach(parent) => {
                if let Some(cx) = self.context(parent) {
                    self.guards.push(cx.attach());
                }

                self.observe_current();
            }
            Operation::Detach(pick) => {
                if let Some(index) = pick.of(self.guards.len()) {
                    drop(self.guards.remove(index));
                }

                self.observe_current();
            }
            Operation::Update(pick, update) => {
                let Some(index) = pick.of(self.spans.len()) else {
                    return;
                };

                self.update(index, update);
                self.observe(index);
            }
            Operation::Drop(pick) => {
                if let Some(index) = pick.of(self.spans.len()) {
                    let context = self.span_context(index);
                    self.spans[index] = Handle::Dropped(context);
                }
            }
        }
    }

    fn start<T: Tracer<Span = S>>(&mut self, start: &Start, tracer: &T) {
        let mut builder = SpanBuilder::from_name(format!("span {}", self.spans.len()));
        builder.span_kind.clone_from(&start.kind);
        if let Some(time) = start.time {
            builder = builder.with_start_time(time.at());
        }

        if let Some(attributes) = &start.attributes {
            builder = builder.with_attributes(self.keyed(attributes));
        }

        if let Some(events) = &start.events {
            let event = |(time, attributes): &(_, Vec<_>)| {
                let time: crate::program::Time = *time;
                Event::new(self.named("event"), time.at(), self.keyed(attributes), 0)
            };

            builder.events = Some(events.iter().map(event).collect());
        }

        if let Some(links) = &start.links {
            let link = |(target, attributes): &(_, Vec<_>)| {
                Link::new(self.target(target), self.keyed(attributes), 0)
            };

            let links = links.iter().map(link).collect();
            builder = builder.with_links(links);
        }

        let span = match self.context(&start.parent) {
            Some(cx) => tracer.build_with_context(builder, &cx),
            None => tracer.build(builder),
        };

        self.run.contexts.push(span.span_context().clone());
        self.spans.push(Handle::Span(span));
        self.observe(self.spans.len() - 1);
    }

    fn share(&mut self, span: Pick, in_current: bool) {
        let Some(index) = span.of(self.spans.len()) else {
            return;
        };

        let below = if in_current { Context::current() } else { Context::new() };
        let context = self.span_context(index);
        let handle = &mut self.spans[index];
        *handle = match mem::replace(handle, Handle::Dropped(context)) {
            Handle::Span(span) => Handle::Context(below.with_span(span)),
            other => other,
        };
    }

    fn update(&mut self, index: usize, update: &Update) {
        let context = self.span_context(index);
        // The span is taken out of the list, because the links of the update refer to other spans of the list.
        let mut handle = mem::replace(&mut self.spans[index], Handle::Dropped(context));
        match &mut handle {
            Handle::Span(span) => update!(span, self, update),
            Handle::Context(cx) => update!(cx.span(), self, update),
            Handle::Dropped(_) => {}
        }

        self.spans[index] = handle;
    }

    fn span_context(&self, index: usize) -> SpanContext {
        match &self.spans[index] {
            Handle::Span(span) => span.span_context().clone(),
            Handle::Context(cx) => cx.span().span_context().clone(),
            Handle::Dropped(context) => context.clone(),
        }
    }

    fn context(&self, parent: &Parent) -> Option<Context> {
        let with = |context| Context::new().with_remote_span_context(context);
        match parent {
            Parent::Current => None,
            Parent::Empty => Some(Context::new()),
            Parent::Remote(remote) => Some(with(differences::parent(remote))),
            Parent::Of(pick) => {
                let index = pick.of(self.spans.len())?;
                Some(match &self.spans[index] {
                    Handle::Context(cx) => cx.clone(),
                    _ => with(self.span_context(index)),
                })
            }
        }
    }

    fn target(&self, target: &Target) -> SpanContext {
        match target {
            Target::Remote(remote) => remote.clone(),
            Target::Span(pick) => match pick.of(self.spans.len()) {
                Some(index) => self.span_context(index),
                None => SpanContext::empty_context(),
            },
        }
    }

    fn keyed(&mut self, attributes: &[KeyValue]) -> Vec<KeyValue> {
        let mut attributes = attributes.to_vec();
        if self.program.numbers_keys {
            for attribute in &mut attributes {
                attribute.key = format!("{}.{}", attribute.key, self.keys).into();
                self.keys += 1;
            }
        }
        attributes
    }

    fn named(&self, what: &str) -> String {
        format!("{what} {}", self.position)
    }

    fn status(&self, code: Code) -> Status {
        match code {
            Code::Unset => Status::Unset,
            Code::Ok => Status::Ok,
            Code::Error => Status::error(differences::description(self.position)),
            Code::ErrorWithoutDescription => Status::error(""),
        }
    }

    fn observe(&mut self, index: usize) {
        let is_recording = match &self.spans[index] {
            Handle::Span(span) => span.is_recording(),
            Handle::Context(cx) => cx.span().is_recording(),
            Handle::Dropped(_) => return,
        };

        let own = self.span_context(index);
        let context = text::context(&own);
        self.note(&format_args!("recording {is_recording}, {context}"));
    }

    fn observe_current(&mut self) {
        let current = Context::map_current(|cx| text::context(cx.span().span_context()));
        self.note(&format_args!("current {current}"));
    }

    fn note(&mut self, observed: &dyn fmt::Display) {
        let note = format!("operation {}: {observed}", self.position);
        self.run.observations.push(note);
    }
}
