//! What a span records about its time: the polls of a future, and the processor time of a thread.
//!
//! The future is polled with a waker of its own, which notes when it is woken and wakes the task. It is made by the
//! first poll, and again only when the future is polled with the waker of another task, so a future that compares wakers
//! finds the same one as long as its task is the same.

use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread::{self, ThreadId};
use std::time::Duration;

use super::listeners::{self, CPU, POLLS};
use super::record::SpanRecord;
use crate::attributes::AttributeValue;
use crate::clock::{AtomicTicks, Ticks};
use crate::keys;
use crate::system::thread_cpu_time;

/// What a span records about its time.
#[derive(Debug, Default)]
pub(super) struct Profile {
    polls: Option<Polls>,
    cpu: Option<Cpu>,
}

/// The polls of a future.
#[derive(Debug, Default)]
struct Polls {
    /// When the future was created, if that is known.
    created: Option<Ticks>,
    count: u64,
    busy: Duration,
    longest: Duration,
    scheduled: Duration,
    longest_scheduled: Duration,
    began: Ticks,
    ended: Ticks,
    waker: Option<NotingWaker>,
}

/// A waker, and what it notes.
#[derive(Debug)]
struct NotingWaker {
    waker: Waker,
    noted: Arc<Noted>,
}

/// Wakes a task, and notes when it did so first since the last poll.
#[derive(Debug)]
struct Noted {
    task: Waker,
    woken: AtomicTicks,
}

impl Wake for Noted {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.set_now_if_none();
        self.task.wake_by_ref();
    }
}

/// Processor time, up to now or since a reading on a thread.
#[derive(Debug)]
struct Cpu {
    used: Duration,
    since: Option<(Duration, ThreadId)>,
}

impl Cpu {
    fn since_now() -> Self {
        let mut cpu = Self { used: Duration::ZERO, since: None };
        cpu.start();
        cpu
    }

    fn start(&mut self) {
        self.since = thread_cpu_time().map(|time| (time, thread::current().id()));
    }

    /// Adds the time since the start. `None` on another thread than that.
    fn stop(&mut self) -> Option<()> {
        let (since, thread) = self.since.take()?;
        if thread != thread::current().id() {
            return None;
        }
        self.used += thread_cpu_time()?.saturating_sub(since);
        Some(())
    }
}

impl Profile {
    /// The profile of a span that is not that of a future.
    pub(super) fn of_thread() -> Self {
        Self { polls: None, cpu: Some(Cpu::since_now()) }
    }

    /// The profile of a future that was created then and has not been polled.
    pub(super) fn queued(created: Ticks) -> Self {
        let polls = Polls { created: Some(created), ..Polls::default() };
        Self { polls: Some(polls), cpu: None }
    }

    /// Whether it is that of a future that has been polled or created.
    pub(super) const fn is_of_polls(&self) -> bool {
        self.polls.is_some()
    }

    /// The waker for the poll that has begun.
    pub(super) fn waker(&self) -> Option<&Waker> {
        let noting = self.polls.as_ref()?.waker.as_ref()?;
        Some(&noting.waker)
    }

    /// Begins a poll in the task that the waker wakes.
    pub(super) fn begin_poll(&mut self, task: &Waker) {
        let listeners = listeners::current();
        if listeners & CPU != 0 {
            match &mut self.cpu {
                Some(cpu) => cpu.start(),
                None => self.cpu = Some(Cpu::since_now()),
            }
        }
        let now = Ticks::now();
        let polls = self.polls.get_or_insert_default();
        polls.began = now;
        if listeners & POLLS == 0 {
            return;
        }
        let woken = polls.waker.as_ref().and_then(|it| it.noted.woken.take());
        if let Some(woken) = woken {
            // A future may wake itself while it is polled.
            let woken = if woken.since(polls.ended).is_zero() { polls.ended } else { woken };
            let scheduled = now.since(woken);
            polls.scheduled += scheduled;
            polls.longest_scheduled = polls.longest_scheduled.max(scheduled);
        }
        let is_same = |noting: &NotingWaker| noting.noted.task.will_wake(task);
        if !polls.waker.as_ref().is_some_and(is_same) {
            let noted = Arc::new(Noted { task: task.clone(), woken: AtomicTicks::default() });
            polls.waker = Some(NotingWaker { waker: Waker::from(Arc::clone(&noted)), noted });
        }
    }

    /// Ends a poll of the future whose span has started then. The first poll begins before the span.
    pub(super) fn end_poll(&mut self, started: Ticks) {
        if let Some(polls) = &mut self.polls {
            polls.ended = Ticks::now();
            let took = polls.ended.since(polls.began.or_later(started));
            polls.count += 1;
            polls.busy += took;
            polls.longest = polls.longest.max(took);
        }
        if let Some(cpu) = &mut self.cpu {
            // A poll stays on its thread.
            let _ = cpu.stop();
        }
    }

    /// Adds the attributes to a span that ends.
    #[cold]
    pub(super) fn end(self, record: &mut SpanRecord, end: Ticks) {
        if record.is_measured() {
            return;
        }
        let started = record.head.start;
        let mut add = |key: &'static str, nanos: u128| {
            let nanos = i64::try_from(nanos).unwrap_or(i64::MAX);
            (record.attributes).push(key.into(), AttributeValue::I64(nanos));
        };
        let is_future = self.polls.is_some();
        if let Some(polls) = self.polls.filter(|polls| polls.waker.is_some()) {
            // A future that is dropped was idle until then.
            if let Some(created) = polls.created {
                add(keys::QUEUED, started.since(created).as_nanos());
            }
            let idle = end.since(started).saturating_sub(polls.busy);
            add(keys::POLL_COUNT, polls.count.into());
            add(keys::BUSY, polls.busy.as_nanos());
            add(keys::MAX_POLL, polls.longest.as_nanos());
            add(keys::IDLE, idle.as_nanos());
            add(keys::SCHEDULED, polls.scheduled.as_nanos());
            add(keys::MAX_SCHEDULED, polls.longest_scheduled.as_nanos());
        }
        if let Some(mut cpu) = self.cpu
            && (is_future || cpu.stop().is_some())
        {
            // The clocks are not read in the same moment.
            add(keys::CPU, cpu.used.min(end.since(started)).as_nanos());
        }
    }
}
