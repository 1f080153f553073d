//! `Condvar`, also in a browser: no other thread can end a wait there, and the standard library's `Condvar` panics.

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(crate) use std::sync::Condvar;

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) use self::without_threads::Condvar;

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod without_threads {
    use std::sync::{LockResult, MutexGuard};
    use std::time::Duration;

    /// Waits for nothing: its time is always over.
    #[derive(Debug, Default)]
    pub(crate) struct Condvar(());

    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "the standard library has the same signatures"
    )]
    impl Condvar {
        pub(crate) const fn new() -> Self {
            Self(())
        }

        pub(crate) const fn notify_one(&self) {}

        pub(crate) const fn notify_all(&self) {}

        pub(crate) fn wait_while<'a, T>(
            &self,
            guard: MutexGuard<'a, T>,
            _: impl FnMut(&mut T) -> bool,
        ) -> LockResult<MutexGuard<'a, T>> {
            Ok(guard)
        }

        pub(crate) fn wait_timeout_while<'a, T>(
            &self,
            guard: MutexGuard<'a, T>,
            _: Duration,
            _: impl FnMut(&mut T) -> bool,
        ) -> LockResult<(MutexGuard<'a, T>, ())> {
            Ok((guard, ()))
        }
    }
}
