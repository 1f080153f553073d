//! The records of threads, which readers find through the variable [`SYMBOL`].

#[cfg_attr(
    not(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64"),
        not(miri)
    )),
    path = "published/no_slot.rs"
)]
mod slot;

mod clock;
mod open_span;

pub use self::open_span::{OpenSpan, table};

use std::cell::Cell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::marker::PhantomData;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering, compiler_fence};

/// The keys of a record's attributes, to which a record refers by their indexes. The process context contains them as
/// `threadlocal.attribute_key_map`.
pub const KEYS: [&str; 4] =
    ["floe.span.name", "code.function.name", "code.line.number", "code.file.path"];

/// The value of `threadlocal.schema_version` in the process context.
pub const SCHEMA_VERSION: &str = "tlsdesc_v1_dev";

/// The name of the thread-local variable through which readers find records.
pub const SYMBOL: &str = "otel_thread_ctx_v1";

/// Returns the address of this thread's variable; null on systems without one. Each shared library with this crate has
/// its own variable, so comparing addresses tells whether readers find this one.
pub fn variable() -> *const () {
    slot::address()
}

static ON: AtomicBool = AtomicBool::new(false);

/// Starts to publish and list spans if `on` is set. Otherwise, spans that become current later are neither published
/// nor listed, and published spans stay published until they end.
pub fn switch(on: bool) {
    ON.store(on, Ordering::Relaxed);
}

/// Whether spans are published.
#[inline]
pub fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// The number of words of a record after its ids. The first four bytes are the validity of the record, the flags of the
/// trace and, in two bytes, the size of the attributes.
const WORDS: usize = 28;
const HEADER: usize = 4;

/// The attributes of a place in the code, encoded as in a record.
#[derive(Debug)]
#[repr(C)]
pub struct Attributes {
    words: [u64; WORDS],
    used: usize,
    /// The index of the record that contains these attributes, among the records of each depth.
    way: usize,
}

impl Attributes {
    /// No attributes.
    pub const NONE: Self = {
        let mut words = [0; WORDS];
        words[0] = u64::from_ne_bytes([1, 0, 0, 0, 0, 0, 0, 0]); // valid
        Self { words, used: 1, way: 0 }
    };

    /// Creates the attributes of a call: the name of its span, the function, and its place. Empty values, values longer
    /// than 255 bytes, and values that do not fit are left out. The attributes are never freed.
    pub fn of_call(span: &str, function: &str, file: &str, line: u32) -> &'static Self {
        let mut bytes = Vec::with_capacity(WORDS * 8);
        bytes.extend([1, 0, 0, 0]); // valid
        let line = if line == 0 { String::new() } else { line.to_string() };
        for (key, value) in (0..).zip([span, function, &line, file]) {
            if let (1.., Ok(length)) = (value.len(), u8::try_from(value.len()))
                && bytes.len() + 2 + value.len() <= WORDS * 8
            {
                bytes.extend([key, length]);
                bytes.extend(value.as_bytes());
            }
        }

        let size = u16::try_from(bytes.len() - HEADER).unwrap_or_default();
        bytes[2..HEADER].copy_from_slice(&size.to_ne_bytes());
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        let mut words = [0; WORDS];
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
            *word = u64::from_ne_bytes(*bytes);
        }

        let way = NEXT_WAY.fetch_add(1, Ordering::Relaxed) % WAYS;
        Box::leak(Box::new(Self { words, used: bytes.len() / 8, way }))
    }

    /// Returns the attributes of spans with a computed name at a place in the code. `make` creates them for the first
    /// span with this name and place; for other spans after 1,024 calls of `make`, and for a name longer than 255
    /// bytes, the result is [`NONE`](Self::NONE).
    pub fn named(
        name: &str,
        place: *const (),
        make: impl FnOnce() -> &'static Self,
    ) -> &'static Self {
        const NONE: &Attributes = &Attributes::NONE;
        // No record has room for a longer name.
        if name.len() > MAX_VALUE {
            return NONE;
        }

        let place = place.addr();
        let mut hasher = DefaultHasher::new();
        (name, place).hash(&mut hasher);
        let list = &NAMED[usize::from(hasher.finish().to_le_bytes()[0])];
        let mut known = elements(list, |named| &named.next);
        if let Some(known) = known.find(|known| known.place == place && *known.name == *name) {
            return known.attributes;
        }

        if NAMED_COUNT.fetch_add(1, Ordering::Relaxed) >= MAX_NAMED {
            NAMED_COUNT.fetch_sub(1, Ordering::Relaxed);
            return NONE;
        }

        // Two threads may add the same attributes at once. Both entries are valid.
        let attributes = make();
        let new: &'static Named = Box::leak(Box::new(Named {
            name: name.into(),
            place,
            attributes,
            next: AtomicPtr::new(ptr::null_mut()),
        }));

        push(list, new, &new.next);
        attributes
    }
}

/// The static attributes that a caller of [`attach`] keeps.
#[doc(hidden)]
pub type StaticAttributes = &'static Attributes;

/// [`Attributes::NONE`].
#[doc(hidden)]
pub const NO_ATTRIBUTES: StaticAttributes = &Attributes::NONE;

/// Adds `new` to the front of a list; `next` is the link in `new`. There is no lock, because a fork could inherit a
/// lock whose owner does not exist in the fork.
fn push<T>(last: &AtomicPtr<T>, new: &'static T, next: &AtomicPtr<T>) {
    let new = ptr::from_ref(new).cast_mut();
    let _ = last.fetch_update(Ordering::Release, Ordering::Relaxed, |last| {
        next.store(last, Ordering::Relaxed);
        Some(new)
    });
}

fn elements<T: 'static>(
    last: &AtomicPtr<T>,
    next: impl Fn(&'static T) -> &'static AtomicPtr<T>,
) -> impl Iterator<Item = &'static T> {
    let mut at = last.load(Ordering::Acquire);
    std::iter::from_fn(move || {
        #[expect(unsafe_code, reason = "the pointers were references when they were stored")]
        // SAFETY: `push` stores static references.
        let element = unsafe { at.cast_const().as_ref() }?;
        at = next(element).load(Ordering::Relaxed);
        Some(element)
    })
}

#[derive(Debug)]
struct Named {
    name: Box<str>,
    place: usize,
    attributes: &'static Attributes,
    next: AtomicPtr<Named>,
}

/// The lists of named attributes, by the hash of name and place.
static NAMED: [AtomicPtr<Named>; LISTS] = [const { AtomicPtr::new(ptr::null_mut()) }; LISTS];
const LISTS: usize = 1 << u8::BITS;

/// The number of named attributes. It is bounded, so equal hashes do no harm.
static NAMED_COUNT: AtomicUsize = AtomicUsize::new(0);
const MAX_NAMED: usize = 1024;

/// The maximum length of a value, in bytes.
const MAX_VALUE: usize = 255;

static NEXT_WAY: AtomicUsize = AtomicUsize::new(0);

/// A span's record for readers. Its words are atomic, because a thread may reuse the records of an ended thread.
/// Readers stop the thread, or read the record twice.
#[derive(Debug, Default)]
#[repr(C, align(64))]
struct Record {
    trace_id: [AtomicU64; 2],
    span_id: AtomicU64,
    words: [AtomicU64; WORDS],
    /// The attributes of the record, which readers do not use.
    attributes: AtomicPtr<Attributes>,
}

impl Record {
    #[inline]
    fn write(&self, trace_id: [u8; 16], span_id: [u8; 8], flags: u8, of: &'static Attributes) {
        for (word, bytes) in self.trace_id.iter().zip(trace_id.as_chunks().0) {
            word.store(u64::from_ne_bytes(*bytes), Ordering::Relaxed);
        }
        let span_id = u64::from_ne_bytes(span_id);
        self.span_id.store(span_id, Ordering::Relaxed);
        let flags = u64::from_ne_bytes([0, flags, 0, 0, 0, 0, 0, 0]);
        self.words[0].store(of.words[0] | flags, Ordering::Relaxed);
        if !ptr::eq(self.attributes.load(Ordering::Relaxed), of) {
            self.describe(of);
        }
    }

    fn is_of(&self, trace_id: [u8; 16], span_id: [u8; 8]) -> bool {
        let mut words = self.trace_id.iter().zip(trace_id.as_chunks().0);
        words.all(|(word, bytes)| word.load(Ordering::Relaxed) == u64::from_ne_bytes(*bytes))
            && self.span_id.load(Ordering::Relaxed) == u64::from_ne_bytes(span_id)
    }

    #[cold]
    #[inline(never)]
    fn describe(&self, of: &'static Attributes) {
        let attributes = ptr::from_ref(of).cast_mut();
        self.attributes.store(attributes, Ordering::Relaxed);
        for (word, value) in self.words.iter().zip(&of.words).take(of.used).skip(1) {
            word.store(*value, Ordering::Relaxed);
        }
    }
}

/// The maximum number of published spans of a thread.
const DEPTH: usize = 64;

/// The number of records at each depth. Alternating places in the code usually use different records, so that their
/// attributes are written once.
const WAYS: usize = 4;

/// The records of a thread. Another thread reuses them when the thread has ended; they are never freed. Readers find
/// all stacks from the address of the newest one.
#[derive(Debug)]
#[repr(C)]
struct Stack {
    /// A bit for each depth with an open span; the highest one is current.
    open: AtomicU64,
    /// The number of open spans without a record.
    deeper: AtomicU64,
    /// The stack that was created before this one.
    next: AtomicPtr<Stack>,
    /// The system's id of the owning thread; zero without an owner.
    thread: AtomicU64,
    /// The record in use at each depth.
    used: [AtomicPtr<Record>; DEPTH],
    /// The records of each depth, created when the depth is reached.
    records: [OnceLock<Box<[Record; WAYS]>>; DEPTH],
    is_owned: AtomicBool,
}

static LAST: AtomicPtr<Stack> = AtomicPtr::new(ptr::null_mut());

thread_local! {
    static STACK: Cell<Option<&'static Stack>> = const { Cell::new(None) };
    /// Releases the stack when the thread ends.
    static OWNER: Owner = const { Owner };
}

struct Owner;

impl Drop for Owner {
    fn drop(&mut self) {
        slot::set(ptr::null());
        if let Some(stack) = STACK.take() {
            stack.thread.store(0, Ordering::Relaxed);
            stack.is_owned.store(false, Ordering::Release);
        }
    }
}

#[cold]
fn first() -> Option<&'static Stack> {
    // This fails on a thread that is ending.
    OWNER.try_with(|_| ()).ok()?;
    let stack = Stack::free().unwrap_or_else(Stack::more);
    stack.open.store(0, Ordering::Relaxed);
    stack.deeper.store(0, Ordering::Relaxed);
    stack.thread.store(thread(), Ordering::Relaxed);
    STACK.set(Some(stack));
    Some(stack)
}

/// Returns the address of a pointer to the newest stack.
pub fn stacks() -> *const () {
    ptr::from_ref(&LAST).cast()
}

#[cfg(target_os = "linux")]
fn thread() -> u64 {
    u64::try_from(rustix::thread::gettid().as_raw_nonzero().get()).unwrap_or_default()
}

#[cfg(not(target_os = "linux"))]
const fn thread() -> u64 {
    0
}

/// Forgets the parent's spans in a fork, except on the forking thread. It runs before `fork` returns, so it uses
/// only atomics and the id of the thread.
pub fn forked() {
    let own = STACK.get();
    for stack in Stack::all() {
        if own.is_some_and(|own| ptr::eq(own, stack)) {
            stack.thread.store(thread(), Ordering::Relaxed);
        } else {
            stack.thread.store(0, Ordering::Relaxed);
            stack.open.store(0, Ordering::Relaxed);
            stack.deeper.store(0, Ordering::Relaxed);
            stack.is_owned.store(false, Ordering::Relaxed);
        }
    }

    open_span::forked();
}

impl Stack {
    fn all() -> impl Iterator<Item = &'static Self> {
        elements(&LAST, |stack| &stack.next)
    }

    /// Takes over a stack of an ended thread, if there is one.
    fn free() -> Option<&'static Self> {
        Self::all().find(|stack| {
            !stack.is_owned.load(Ordering::Relaxed) && !stack.is_owned.swap(true, Ordering::Acquire)
        })
    }

    fn more() -> &'static Self {
        let stack: &'static Self = Box::leak(Box::new(Self {
            open: AtomicU64::new(0),
            deeper: AtomicU64::new(0),
            next: AtomicPtr::new(ptr::null_mut()),
            thread: AtomicU64::new(0),
            used: [const { AtomicPtr::new(ptr::null_mut()) }; DEPTH],
            records: [const { OnceLock::new() }; DEPTH],
            is_owned: AtomicBool::new(true),
        }));

        push(&LAST, stack, &stack.next);
        stack
    }

    /// Returns the record of the innermost open span, or null if no span is open.
    #[inline]
    fn highest(&self, open: u64) -> *const Record {
        match open.checked_ilog2() {
            Some(at) => self.used[at as usize].load(Ordering::Relaxed),
            None => ptr::null(),
        }
    }
}

/// Makes a record visible to readers. A null pointer hides the visible record.
#[inline]
fn publish(record: *const Record) {
    // A reader interrupts this thread as a signal handler does, so only the compiler could reorder the stores.
    compiler_fence(Ordering::SeqCst);
    slot::set(record.cast());
    compiler_fence(Ordering::SeqCst);
}

/// A span that is published as this thread's current one until this value is dropped.
#[derive(Debug)]
#[must_use = "the span is published until this value is dropped"]
pub struct Attached {
    /// The position: 1 for the first record, 0 for none, [`DEEPER`] for a span without a record.
    at: u8,
    not_send: PhantomData<*const ()>,
}

const DEEPER: u8 = u8::MAX;

impl Attached {
    /// A value that publishes no span.
    pub const NONE: Self = Self::at(0);

    #[inline]
    const fn at(at: u8) -> Self {
        Self { at, not_send: PhantomData }
    }
}

/// Publishes a span as the current one of this thread. `trace_id` and `span_id` have the byte order of W3C Trace
/// Context; zeros mean no current span.
///
/// Does nothing unless [`switch`] has turned publishing on.
#[inline]
pub fn attach(
    trace_id: [u8; 16],
    span_id: [u8; 8],
    flags: u8,
    attributes: &'static Attributes,
) -> Attached {
    if !is_on() || !slot::EXISTS {
        return Attached::NONE;
    }
    let Some(stack) = STACK.get().or_else(first) else {
        return Attached::NONE;
    };
    let open = stack.open.load(Ordering::Relaxed);
    let at = open.checked_ilog2().map_or(0, |highest| highest + 1);
    let Some(records) = stack.records.get(at as usize) else {
        let deeper = stack.deeper.load(Ordering::Relaxed);
        stack.deeper.store(deeper + 1, Ordering::Relaxed);
        publish(ptr::null());
        return Attached::at(DEEPER);
    };
    let records = records.get_or_init(Box::default);
    let record = &records[attributes.way % WAYS];
    record.write(trace_id, span_id, flags, attributes);
    let record = ptr::from_ref(record);
    stack.used[at as usize].store(record.cast_mut(), Ordering::Relaxed);
    // The bit is set after the record is written, for readers that do not stop the thread.
    stack.open.store(open | 1 << at, Ordering::Release);
    publish(record);
    #[expect(clippy::cast_possible_truncation, reason = "the position is below `DEPTH`")]
    Attached::at(at as u8 + 1)
}

impl Drop for Attached {
    #[inline]
    fn drop(&mut self) {
        if self.at != 0 {
            detach(self.at);
        }
    }
}

#[inline]
fn detach(at: u8) {
    // The thread is ending if it has no stack.
    let Some(stack) = STACK.get() else { return };
    let mut open = stack.open.load(Ordering::Relaxed);
    let mut deeper = stack.deeper.load(Ordering::Relaxed);
    if at == DEEPER {
        deeper = deeper.saturating_sub(1);
        stack.deeper.store(deeper, Ordering::Relaxed);
    } else {
        open &= !(1 << (at - 1));
        stack.open.store(open, Ordering::Relaxed);
    }

    publish(if deeper == 0 { stack.highest(open) } else { ptr::null() });
}

/// Returns the attributes of the span with these ids if it is the last open span of this thread with a record. The
/// caller needs them to publish the span again elsewhere.
pub fn attributes_of(trace_id: [u8; 16], span_id: [u8; 8]) -> Option<&'static Attributes> {
    let stack = STACK.get()?;
    let record = stack.highest(stack.open.load(Ordering::Relaxed));
    #[expect(unsafe_code, reason = "the pointers were references when they were stored")]
    // SAFETY: `attach` stores a reference to a record of this stack, which is never freed, and `Record::describe`
    // stores one to static attributes.
    unsafe {
        let record = record.as_ref()?;
        let attributes = record.attributes.load(Ordering::Relaxed);
        attributes.as_ref().filter(|_| record.is_of(trace_id, span_id))
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

    #[test]
    fn a_record_has_the_layout_that_readers_expect() {
        // The layout is in `oteps/profiles/4947-thread-ctx.md`, "Thread-Local Context Record".
        assert_eq!(offset_of!(Record, trace_id), 0);
        assert_eq!(offset_of!(Record, span_id), 16);
        assert_eq!(offset_of!(Record, words), 24);
        assert!(offset_of!(Record, words) + WORDS * 8 <= 640);
    }

    fn bytes(of: &Attributes) -> Vec<u8> {
        let bytes: Vec<_> = of.words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let size = usize::from(u16::from_ne_bytes([bytes[2], bytes[3]]));
        assert_eq!(bytes[..2], [1, 0]);
        assert_eq!((HEADER + size).div_ceil(8), of.used);
        bytes[HEADER..HEADER + size].to_vec()
    }

    #[test]
    fn attributes_are_packed() {
        assert_eq!(
            bytes(Attributes::of_call("pay", "shop::pay", "src/pay.rs", 42)),
            b"\x00\x03pay\x01\x09shop::pay\x02\x0242\x03\x0asrc/pay.rs"
        );

        assert_eq!(bytes(const { &Attributes::NONE }), b"");
    }

    #[test]
    fn a_value_without_room_is_left_out_whole() {
        let long = "x".repeat(256);
        assert_eq!(bytes(Attributes::of_call("", &long, "a.rs", 1)), b"\x02\x011\x03\x04a.rs");
        // The maximum is 224 bytes: 4 precede the attributes, 3 belong to the line, and 2 to the key and the length.
        let exact = "y".repeat(215);
        assert_eq!(bytes(Attributes::of_call("", &exact, "a.rs", 1)).len(), 220);
        let more = "y".repeat(216);
        assert_eq!(bytes(Attributes::of_call("", &more, "", 1)).len(), 218);
        assert_eq!(
            bytes(Attributes::of_call("", &"y".repeat(222), "a.rs", 1)),
            b"\x02\x011\x03\x04a.rs"
        );
    }

    #[test]
    fn names_are_added_by_many_threads_at_once_up_to_a_bound() {
        let attributes = |name: &str| {
            Attributes::named(name, ptr::null(), || Attributes::of_call(name, "", "", 0))
        };

        let names: Vec<_> = (0..32).map(|name| format!("of many {name}")).collect();
        let begin = std::sync::Barrier::new(8);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    begin.wait();
                    for name in &names {
                        assert!(bytes(attributes(name)).ends_with(name.as_bytes()), "{name}");
                    }
                });
            }
        });

        assert!(ptr::eq(attributes(&names[0]), attributes(&names[0])));

        let more = (0..MAX_NAMED).map(|name| format!("too many {name}"));
        let known = more.filter(|name| attributes(name).used > 1).count();
        assert!((1..=MAX_NAMED - names.len()).contains(&known), "{known}");
        assert!(ptr::eq(attributes(&names[0]), attributes(&names[0])));
    }

    /// The condition is the one above `mod slot`, which writes the variable.
    #[cfg(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64"),
        not(miri)
    ))]
    mod variable {
        use std::collections::HashSet;
        use std::mem;

        use super::*;

        /// Returns the number of the span whose record readers see on this thread; `None` without one.
        fn seen() -> Option<u8> {
            let stack = STACK.get()?;
            let innermost = stack.highest(stack.open.load(Ordering::Relaxed));
            let record = if slot::get().is_null() { ptr::null() } else { innermost };
            assert_eq!(slot::get(), record.cast());
            let rows = stack.records.iter().filter_map(OnceLock::get);
            let found = rows.flat_map(|row| row.iter()).find(|&of| ptr::eq(of, record))?;
            assert_eq!(found.words[0].load(Ordering::Relaxed).to_ne_bytes()[..2], [1, 3]);
            let trace_id = found.trace_id.each_ref().map(|word| word.load(Ordering::Relaxed));
            assert_eq!(trace_id, [u64::from_ne_bytes([7; 8]); 2]);
            Some(found.span_id.load(Ordering::Relaxed).to_ne_bytes()[7])
        }

        fn enter(span: u8) -> Attached {
            switch(true);
            attach([7; 16], [0, 0, 0, 0, 0, 0, 0, span], 3, const { &Attributes::NONE })
        }

        #[test]
        fn deeper_spans_hide_the_others_until_they_end() {
            let mut spans: Vec<_> = (0..70).map(enter).collect();
            assert_eq!(seen(), None);
            spans.truncate(65);
            assert_eq!(seen(), None);
            spans.truncate(64);
            assert_eq!(seen(), Some(63));
            // A deeper span outlives another one.
            let deeper = enter(64);
            drop(spans.pop());
            assert_eq!(seen(), None);
            let next = enter(65);
            assert_eq!(seen(), Some(65));
            drop(next);
            assert_eq!(seen(), None);
            drop(deeper);
            assert_eq!(seen(), Some(62));
        }

        #[test]
        fn a_thread_takes_the_records_of_one_that_has_ended() {
            let threads = (0..50).map(|_| {
                let used = std::thread::spawn(|| {
                    assert_eq!(seen(), None);
                    mem::forget(enter(1));
                    assert_eq!(seen(), Some(1));
                    STACK.get().map(|stack| ptr::from_ref(stack).addr())
                });

                used.join().expect("it does not panic")
            });

            let used: HashSet<_> = threads.collect();
            assert!(used.len() < 50, "{}", used.len());
        }

        #[test]
        fn attributes_are_those_of_the_current_span() {
            switch(true);
            // There are more places than records of a depth.
            for line in 0..5 {
                let place = Attributes::of_call("f", "f", "a.rs", line);
                let _span = attach([7; 16], [1; 8], 3, place);
                assert!(attributes_of([7; 16], [1; 8]).is_some_and(|of| ptr::eq(of, place)));
                // These ids are of other spans, which are not published.
                assert!(attributes_of([7; 16], [2; 8]).is_none());
                assert!(attributes_of([8; 16], [1; 8]).is_none());
                let stack = STACK.get().expect("it was attached");
                let record = stack.highest(1);
                let row = stack.records[0].get().expect("it was attached");
                let found =
                    row.iter().find(|&of| ptr::eq(of, record)).expect("it is of this depth");
                let words = found.words.each_ref().map(|word| word.load(Ordering::Relaxed));
                assert_eq!(words[1..place.used], place.words[1..place.used]);
            }

            assert!(attributes_of([7; 16], [1; 8]).is_none());
        }
    }
}
