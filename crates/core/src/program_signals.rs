//! Leaves signals to the program: the library's threads do not receive them, and no write of the library raises one.
//!
//! The kernel delivers a signal of the process to any thread that does not block it, so a thread of this library would
//! end a program that waits for signals with `sigwait` or `signalfd`. A write to a pipe or socket without a reader
//! raises SIGPIPE, and a write beyond `RLIMIT_FSIZE` raises SIGXFSZ, on the writing thread; both end a process by
//! default. Rust's runtime ignores SIGPIPE, but programs in C, and programs that reset it, do not.
//!
//! Every thread of this library starts with all signals blocked except those that its own instructions raise, so
//! exporters may write with any library. On threads of the program, log lines and the console are written with SIGPIPE
//! and SIGXFSZ blocked, which costs three system calls per line. Standard output is included, so that only
//! writes of the program itself determine how it reacts to a closed pipe.

use std::cell::Cell;
use std::io::{self, Write};
use std::thread::{Builder, JoinHandle};

/// The stack size of the library's threads: the standard library's default, whatever `RUST_MIN_STACK` is.
const STACK: usize = 2 << 20;

thread_local! {
    static IS_OF_LIBRARY: Cell<bool> = const { Cell::new(false) };
}

/// Whether [`spawn`] has started this thread.
pub fn is_of_library() -> bool {
    IS_OF_LIBRARY.get()
}

/// Starts a thread of the library with signals blocked from its first instruction. Threads started by it inherit the
/// mask.
///
/// # Errors
///
/// Fails if the system cannot start a thread.
pub fn spawn<T: Send + 'static>(
    name: impl Into<String>,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    let thread = Builder::new().name(name.into()).stack_size(STACK);
    // Boxed, because the standard library's code that starts a thread is compiled once per type.
    let work: Box<dyn FnOnce() -> T + Send> = Box::new(|| {
        IS_OF_LIBRARY.set(true);
        work()
    });
    blocked(|| thread.spawn(work))
}

/// Blocks signals while `start` runs, so that the threads that it starts inherit the mask.
pub fn blocked<T>(start: impl FnOnce() -> T) -> T {
    let _mask = mask::Blocked::all();
    start()
}

/// Blocks SIGPIPE and SIGXFSZ during a write on a thread of the program. The write returns an error instead.
pub(crate) fn without_write_signals<T>(write: impl FnOnce() -> T) -> T {
    let _mask = mask::Blocked::of_writes();
    write()
}

/// Writes on a thread of the program to another writer, without a signal if the write fails.
#[derive(Clone, Copy, Debug)]
pub struct Unsignalled<W>(pub W);

impl<W: Write> Write for Unsignalled<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        without_write_signals(|| self.0.write(buffer))
    }

    fn write_all(&mut self, buffer: &[u8]) -> io::Result<()> {
        without_write_signals(|| self.0.write_all(buffer))
    }

    fn flush(&mut self) -> io::Result<()> {
        without_write_signals(|| self.0.flush())
    }
}

#[cfg(all(unix, not(miri)))]
pub use self::mask::{SignalAction, SignalHandler};

#[cfg(all(unix, not(miri)))]
#[expect(unsafe_code, reason = "the standard library cannot block the signals of a thread")]
mod mask {
    use std::ffi::c_void;
    use std::marker::PhantomData;
    use std::mem::{self, MaybeUninit};
    use std::ptr;

    use libc::{
        SA_ONSTACK, SA_RESETHAND, SA_RESTART, SA_SIGINFO, SIG_BLOCK, SIG_SETMASK, SIGPIPE, SIGXFSZ,
        c_int, sigset_t,
    };

    /// Signals that the thread's own instructions raise. If they were blocked, they would still end the process, but
    /// without a handler of the program, such as one that prints the stack.
    const SYNCHRONOUS: [c_int; 7] = [
        libc::SIGABRT,
        libc::SIGBUS,
        libc::SIGFPE,
        libc::SIGILL,
        libc::SIGSEGV,
        libc::SIGSYS,
        libc::SIGTRAP,
    ];

    const OF_WRITES: [c_int; 2] = [SIGPIPE, SIGXFSZ];

    /// Blocks signals on this thread. Must be dropped on the same thread, where it restores the mask.
    pub(super) struct Blocked {
        before: Option<sigset_t>,
        /// The signals that are consumed at the end. None of them was pending before, so the writes have raised them.
        raised: [Option<c_int>; 2],
        _same_thread: PhantomData<*const ()>,
    }

    impl Blocked {
        pub(super) fn all() -> Self {
            let mut all = set(|all| {
                // SAFETY: the function writes to the set, which is exclusively borrowed.
                unsafe { libc::sigfillset(all) };
            });

            for signal in SYNCHRONOUS {
                // SAFETY: the set is initialized, and exclusively borrowed.
                unsafe { libc::sigdelset(&raw mut all, signal) };
            }

            Self { before: change(SIG_BLOCK, &all), raised: [None; 2], _same_thread: PhantomData }
        }

        pub(super) fn of_writes() -> Self {
            let before = change(SIG_BLOCK, &of(&OF_WRITES));
            // A signal that the program blocks may already be pending, and must stay pending.
            let pending = before
                .filter(|before| OF_WRITES.iter().any(|signal| contains(before, *signal)))
                .map(|_| pending());
            let is_ours = |signal: &c_int| {
                before.is_some() && !pending.is_some_and(|pending| contains(&pending, *signal))
            };

            Self {
                before,
                raised: OF_WRITES.map(|signal| Some(signal).filter(is_ours)),
                _same_thread: PhantomData,
            }
        }
    }

    impl Drop for Blocked {
        fn drop(&mut self) {
            let raised = self.raised.iter().flatten();
            if raised.clone().next().is_some() {
                let pending = pending();
                for signal in raised.filter(|signal| contains(&pending, **signal)) {
                    consume(*signal);
                }
            }

            if let Some(before) = self.before {
                change(SIG_SETMASK, &before);
            }
        }
    }

    /// The signals that a marked handler blocks while it runs. No handler has a reason to block just these.
    const MARK: [c_int; 3] = [libc::SIGTTOU, libc::SIGURG, libc::SIGWINCH];

    /// A handler, which gets the number of the signal and two pointers of the kernel.
    pub type SignalHandler = extern "C" fn(c_int, *mut c_void, *mut c_void);

    /// The reaction of the process to a signal.
    #[derive(Clone, Copy, Debug)]
    pub struct SignalAction(libc::sigaction);

    impl SignalAction {
        /// Returns the current reaction.
        pub fn of(signal: c_int) -> Self {
            let mut action = MaybeUninit::zeroed();
            // SAFETY: the function accepts null for the new action, and writes to the old one, which is exclusively
            // borrowed and has no invalid values.
            unsafe {
                libc::sigaction(signal, ptr::null(), action.as_mut_ptr());
                Self(action.assume_init())
            }
        }

        /// Whether the signal has no effect.
        pub fn is_ignored(&self) -> bool {
            self.0.sa_sigaction == libc::SIG_IGN
        }

        /// Whether the process has no handler.
        pub fn is_default(&self) -> bool {
            self.0.sa_sigaction == libc::SIG_DFL
        }

        /// Returns a reaction that calls `handler` in place of this one, marked for other copies of the library in the
        /// process. It interrupts those system calls that this one interrupts, and none if there is no handler. The stack
        /// stays the same, because an alternate one may be too small for a handler of the program.
        #[must_use]
        pub fn replaced_by(&self, handler: SignalHandler) -> Self {
            let mut replaced = *self;
            let inherited = self.0.sa_flags & (SA_RESTART | SA_ONSTACK);
            replaced.0.sa_sigaction = handler as *const () as libc::sighandler_t;
            replaced.0.sa_flags =
                SA_SIGINFO | if self.is_default() { SA_RESTART } else { inherited };
            replaced.0.sa_mask = of(&MARK);
            replaced
        }

        /// Calls the handler.
        ///
        /// # Safety
        ///
        /// This must run in a handler of the signal, with the pointers of the kernel, and there must be a handler.
        pub unsafe fn call(&self, signal: c_int, info: *mut c_void, context: *mut c_void) {
            if self.0.sa_flags & SA_RESETHAND != 0 {
                let mut default = *self;
                default.0.sa_sigaction = libc::SIG_DFL;
                default.restore(signal);
            }
            let handler = self.0.sa_sigaction as *const ();
            if self.0.sa_flags & SA_SIGINFO == 0 {
                // SAFETY: without the flag, a handler has this type.
                unsafe { mem::transmute::<*const (), extern "C" fn(c_int)>(handler)(signal) };
            } else {
                // SAFETY: with the flag, a handler has this type.
                unsafe {
                    mem::transmute::<*const (), SignalHandler>(handler)(signal, info, context);
                };
            }
        }

        /// Whether a copy of this library has marked the handler.
        pub fn is_of_library(&self) -> bool {
            (1..32).all(|signal| contains(&self.0.sa_mask, signal) == MARK.contains(&signal))
        }

        /// Whether both have the same handler.
        pub fn has_handler_of(&self, other: &Self) -> bool {
            self.0.sa_sigaction == other.0.sa_sigaction
        }

        /// Lets the process react to the signal like this again.
        pub fn restore(&self, signal: c_int) {
            // SAFETY: the function reads an action that was in effect, and accepts null for the old one.
            unsafe { libc::sigaction(signal, &raw const self.0, ptr::null_mut()) };
        }
    }

    fn set(fill: impl FnOnce(*mut sigset_t)) -> sigset_t {
        let mut set = MaybeUninit::<sigset_t>::zeroed();
        fill(set.as_mut_ptr());
        // SAFETY: the type consists of integers, so zeroed memory is a valid value.
        unsafe { set.assume_init() }
    }

    fn of(signals: &[c_int]) -> sigset_t {
        set(|set| {
            // SAFETY: the function initializes the set, which is exclusively borrowed.
            unsafe { libc::sigemptyset(set) };
            for signal in signals {
                // SAFETY: the set is initialized, and `signal` is the number of a signal.
                unsafe { libc::sigaddset(set, *signal) };
            }
        })
    }

    fn contains(set: &sigset_t, signal: c_int) -> bool {
        // SAFETY: the function reads the set.
        unsafe { libc::sigismember(ptr::from_ref(set), signal) == 1 }
    }

    /// Changes the mask of this thread, and returns the previous one. Fails only for invalid arguments.
    fn change(how: c_int, signals: &sigset_t) -> Option<sigset_t> {
        let mut result = 0;
        let before = set(|before| {
            // SAFETY: the function reads one set and writes the other, which is exclusively borrowed.
            result = unsafe { libc::pthread_sigmask(how, ptr::from_ref(signals), before) };
        });

        (result == 0).then_some(before)
    }

    fn pending() -> sigset_t {
        set(|pending| {
            // SAFETY: the function writes to the set, which is exclusively borrowed.
            unsafe { libc::sigpending(pending) };
        })
    }

    #[cfg(not(any(target_vendor = "apple", target_os = "openbsd")))]
    fn consume(signal: c_int) {
        let signals = of(&[signal]);
        let at_once = MaybeUninit::<libc::timespec>::zeroed();
        // SAFETY: zero is a valid time. The function reads the set and the time, and accepts null for the details.
        unsafe { libc::sigtimedwait(&raw const signals, ptr::null_mut(), at_once.as_ptr()) };
    }

    /// Consumes a signal. These systems have no function that consumes a signal without waiting, but the signal is
    /// pending, so `sigwait` returns at once.
    #[cfg(any(target_vendor = "apple", target_os = "openbsd"))]
    fn consume(signal: c_int) {
        let signals = of(&[signal]);
        let mut consumed = 0;
        // SAFETY: the function reads the set and writes the number.
        unsafe { libc::sigwait(&raw const signals, &raw mut consumed) };
    }
}

/// Does nothing: other systems have no such signals, and Miri does not support these functions.
#[cfg(not(all(unix, not(miri))))]
mod mask {
    pub(super) struct Blocked;

    impl Blocked {
        pub(super) fn all() -> Self {
            Self
        }

        pub(super) fn of_writes() -> Self {
            Self
        }
    }

    impl Drop for Blocked {
        fn drop(&mut self) {}
    }
}
