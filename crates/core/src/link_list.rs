//! Link-time lists: crates add statics to a list, and the program reads all of them as one slice,
//! without registration at run time.
//!
//! The elements of a list are placed in one section of the binary. The bounds of the section
//! are symbols that the linker defines (ELF, Mach-O) or statics that it sorts before and after the elements (Windows).
//! On other targets, such as WebAssembly, and under Miri, which has no linker, every list is empty.
//!
//! [`__floe_link_list!`](crate::__floe_link_list) declares a list and
//! [`__floe_linked!`](crate::__floe_linked) adds an element. Both are private to this project's crates: each list has
//! its own macro that fixes the type of the elements, such as [`__floe_callsite!`](crate::__floe_callsite). Elements
//! can be added in crates with `#![forbid(unsafe_code)]`, because the attributes come from a macro of this crate.
//!
//! The linker identifies a list by its name alone, so the name contains the version of the crate that
//! declares it. Two copies of one version in a program (from two sources, for example) would still
//! share a section although the layouts of their types may differ. Each declaration therefore also
//! places a guard in a second section, and a list with more than one guard is empty.
//!
//! The crate linkme is not used: its public attribute macro takes as much compile time as the rest of a function's
//! expansion, and its internal form requires an exact version.

#![expect(unsafe_code, reason = "only the linker defines the bounds of a section")]

use std::fmt;
use std::slice;

/// All statics of the program in one list.
pub struct LinkList<T: 'static> {
    elements: Bounds<T>,
    guards: Bounds<usize>,
}

struct Bounds<T> {
    start: *const T,
    stop: *const T,
}

impl<T> Bounds<T> {
    fn len(&self) -> usize {
        // The subtraction cannot overflow: `stop` is not before `start`, see `LinkList::new`.
        self.stop.addr().saturating_sub(self.start.addr()) / size_of::<T>()
    }
}

// SAFETY: the pointers only become `&T`, which threads may share if `T: Sync`.
unsafe impl<T: Sync> Sync for LinkList<T> {}

impl<T: Sync> LinkList<T> {
    /// Creates the list of a target without link-time lists, which has no elements.
    pub const fn empty() -> Self {
        const { assert!(size_of::<T>() > 0, "elements of a link-time list must not be zero-sized") };
        Self {
            elements: Bounds { start: std::ptr::null(), stop: std::ptr::null() },
            guards: Bounds { start: std::ptr::null(), stop: std::ptr::null() },
        }
    }

    /// Creates a list from the bounds of its two sections.
    ///
    /// # Safety
    ///
    /// `guard_start` and `guard_stop` must be the bounds of a section that contains nothing but
    /// `usize` statics. If it contains exactly one, `start` and `stop` must be the bounds of a
    /// section that contains nothing but initialized statics of type `T`.
    pub const unsafe fn new(
        start: *const T,
        stop: *const T,
        guard_start: *const usize,
        guard_stop: *const usize,
    ) -> Self {
        const { assert!(size_of::<T>() > 0, "elements of a link-time list must not be zero-sized") };
        Self {
            elements: Bounds { start, stop },
            guards: Bounds { start: guard_start, stop: guard_stop },
        }
    }

    /// Iterates over the elements, in no particular order.
    pub fn iter(&self) -> slice::Iter<'static, T> {
        if self.guards.len() != 1 {
            return [].iter();
        }

        // The compiler sees the static at the start, which is zero-sized on most targets, but not the elements that the
        // linker places behind it. So the compiler must not derive the bounds of the slice from that static.
        let start = std::hint::black_box(self.elements.start);
        // SAFETY: there is one guard, so by the contract of `new` the section contains only `T`s. The
        // linker aligns the section like its statics, whose sizes are multiples of their alignment,
        // so they are contiguous. Statics are initialized, live for the whole program, and these are
        // never borrowed mutably.
        unsafe { slice::from_raw_parts(start, self.elements.len()) }.iter()
    }
}

impl<T: Sync> IntoIterator for &LinkList<T> {
    type Item = &'static T;
    type IntoIter = slice::Iter<'static, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: Sync + fmt::Debug> fmt::Debug for LinkList<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

/// The first or the last static of a section on Windows, where statics mark the bounds.
#[doc(hidden)]
#[cfg(windows)]
#[derive(Debug)]
pub struct Bound<T>(std::mem::MaybeUninit<T>);

#[cfg(windows)]
impl<T: Sync> Bound<T> {
    #[doc(hidden)]
    #[expect(clippy::new_without_default, reason = "only for the macro")]
    pub const fn new() -> Self {
        Self(std::mem::MaybeUninit::uninit())
    }
}

// `__floe_link_list!`, which declares a list, and `__floe_linked!`, which adds a static to a list, are defined in one
// file per object format, and in `empty` for other targets. The `cfg`s are evaluated in this crate, which has the same
// target as every crate in the program.
#[cfg_attr(
    all(
        not(miri),
        any(
            target_os = "linux",
            target_os = "android",
            target_os = "fuchsia",
            target_os = "freebsd",
            target_os = "openbsd",
        )
    ),
    path = "link_list/elf.rs"
)]
#[cfg_attr(all(not(miri), target_vendor = "apple"), path = "link_list/mach_o.rs")]
#[cfg_attr(all(not(miri), windows), path = "link_list/coff.rs")]
mod empty;

/// Declares a list whose bounds are symbols of the linker. The names of its section and symbols are the list's name
/// with the given prefixes and suffixes. The names for the guards have a `g` after the list's name.
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_link_list_between {
    (
        $(#[$attribute:meta])* $visibility:vis static $name:ident: [$type:ty] = $list:literal;
        $before:literal, $behind:literal, $start:literal, $stop:literal
    ) => {
        $(#[$attribute])*
        $visibility static $name: $crate::__sdk::link_list::LinkList<$type> = {
            const _: () = ::core::assert!($list.len() <= 15, "the name of a link-time list has at most 15 bytes");
            // SAFETY: the linker defines these symbols. They are declared zero-sized, and only
            // `LinkList` reads behind them.
            unsafe extern "Rust" {
                #[link_name = ::core::concat!($start, $list)]
                static START: [$type; 0];
                #[link_name = ::core::concat!($stop, $list)]
                static STOP: [$type; 0];
                #[link_name = ::core::concat!($start, $list, "g")]
                static GUARD_START: [::core::primitive::usize; 0];
                #[link_name = ::core::concat!($stop, $list, "g")]
                static GUARD_STOP: [::core::primitive::usize; 0];
            }
            // Ensures that the section exists without elements; the linker would otherwise not define
            // its bounds.
            // SAFETY: an array of the section's element type, without elements.
            #[used]
            #[unsafe(link_section = ::core::concat!($before, $list, $behind))]
            static mut SECTION: [$type; 0] = [];
            // SAFETY: the section of the guards contains nothing but `usize`.
            #[used]
            #[unsafe(link_section = ::core::concat!($before, $list, "g", $behind))]
            static GUARD: ::core::primitive::usize = 1;
            // SAFETY: by its name, the section belongs to this list. Elements are added only by the
            // list's own macro, which fixes their type. Another copy of this declaration adds a
            // second guard.
            unsafe {
                $crate::__sdk::link_list::LinkList::new(
                    (&raw const START).cast(),
                    (&raw const STOP).cast(),
                    (&raw const GUARD_START).cast(),
                    (&raw const GUARD_STOP).cast(),
                )
            }
        };
    };
}

#[cfg(test)]
mod tests {
    use super::LinkList;

    crate::__floe_link_list! {
        static NUMBERS: [u64] = "fl_test_numbers";
    }

    crate::__floe_link_list! {
        static NOTHING: [u8] = "fl_test_nothing";
    }

    // With this size and alignment, a linker could insert padding.
    #[derive(Debug, PartialEq)]
    #[repr(align(64))]
    struct Wide(u8, [u64; 9]);

    crate::__floe_link_list! {
        static WIDE: [Wide] = "fl_test_wide";
    }

    mod elsewhere {
        crate::__floe_linked!("fl_test_numbers" static SEVEN: u64 = 7;);
        crate::__floe_linked!("fl_test_wide" static ONE: super::Wide = super::Wide(1, [1; 9]););
    }

    crate::__floe_linked!("fl_test_numbers" static EIGHT: u64 = 8;);
    crate::__floe_linked!("fl_test_wide" static TWO: Wide = Wide(2, [2; 9]););
    crate::__floe_linked!("fl_test_wide" static THREE: Wide = Wide(3, [3; 9]););

    // Under Miri there are no lists.
    #[cfg(not(miri))]
    #[test]
    fn a_list_contains_exactly_its_elements() {
        let mut numbers: Vec<u64> = NUMBERS.iter().copied().collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [7, 8]);
        assert_eq!(NOTHING.iter().next(), None);
        let mut wide: Vec<&Wide> = WIDE.iter().collect();
        wide.sort_unstable_by_key(|wide| wide.0);
        assert_eq!(wide, [&Wide(1, [1; 9]), &Wide(2, [2; 9]), &Wide(3, [3; 9])]);
    }

    #[test]
    fn an_empty_list_has_no_elements() {
        assert_eq!(LinkList::<u64>::empty().iter().next(), None);
    }

    #[test]
    fn a_list_that_two_copies_of_a_crate_declare_is_empty() {
        static NUMBERS: [u64; 2] = [1, 2];
        static GUARDS: [usize; 2] = [1, 1];
        let with_guards = |count: usize| {
            // SAFETY: the bounds of two arrays that contain only their elements.
            unsafe {
                LinkList::new(
                    NUMBERS.as_ptr(),
                    NUMBERS.as_ptr().wrapping_add(2),
                    GUARDS.as_ptr(),
                    GUARDS.as_ptr().wrapping_add(count),
                )
            }
        };

        assert_eq!(with_guards(1).iter().count(), 2);
        assert_eq!(with_guards(2).iter().count(), 0);
    }
}
