//! Lists that the linker makes: crates add statics to a list, and the program reads all of them as
//! one slice, without registration at run time.
//!
//! The elements of a list are placed in one section of the binary, and symbols of the linker (ELF,
//! Mach-O) or statics that are sorted around them (Windows) mark its bounds. Where the object format
//! or the linker has no such thing (WebAssembly) and under Miri, which has no linker, every list is
//! empty.
//!
//! [`__floe_link_list!`](crate::__floe_link_list) declares a list and
//! [`__floe_linked!`](crate::__floe_linked) adds an element. Both are private to this project's
//! crates: each list has one macro of its own that fixes the type of its elements, such as
//! [`__floe_callsite!`](crate::__floe_callsite). Elements are added in crates with
//! `#![forbid(unsafe_code)]`, because the attributes come from a macro of this crate.
//!
//! The name of a list is the only thing the linker knows of it. It therefore contains the version of
//! the crate that declares it. Two copies of one version in a program (from two sources, say) would
//! still share a section although their types need not have the same layout, so each declaration
//! also puts a guard into a second section, and a list with more than one guard is empty.

#![expect(
    unsafe_code,
    reason = "the bounds of a section are known to the linker alone"
)]

use std::fmt;
use std::slice;

/// All statics of the program that were added to one list.
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

// SAFETY: the pointers are only read through as `&T`, which threads may share if `T: Sync`.
unsafe impl<T: Sync> Sync for LinkList<T> {}

impl<T: Sync> LinkList<T> {
    /// A list where the linker makes none.
    #[must_use]
    pub const fn empty() -> Self {
        const { assert!(size_of::<T>() > 0, "an element has a size") };
        let none = Bounds {
            start: std::ptr::null(),
            stop: std::ptr::null(),
        };
        let no_guard = Bounds {
            start: std::ptr::null(),
            stop: std::ptr::null(),
        };
        Self {
            elements: none,
            guards: no_guard,
        }
    }

    /// The list between four addresses.
    ///
    /// # Safety
    ///
    /// `start` and `stop` are the bounds of a section that holds nothing but initialised statics of
    /// type `T`, unless more than one `usize` is between the two bounds of the guards' section, which
    /// holds nothing but `usize`.
    #[must_use]
    pub const unsafe fn new(
        start: *const T,
        stop: *const T,
        guard_start: *const usize,
        guard_stop: *const usize,
    ) -> Self {
        const { assert!(size_of::<T>() > 0, "an element has a size") };
        Self {
            elements: Bounds { start, stop },
            guards: Bounds {
                start: guard_start,
                stop: guard_stop,
            },
        }
    }

    /// The elements, in no particular order.
    pub fn iter(&self) -> slice::Iter<'static, T> {
        if self.guards.len() != 1 {
            return [].iter();
        }
        // The compiler knows the static at the start, of no size on most systems. The elements
        // behind it are the linker's, so the compiler must not conclude anything from the static.
        let start = std::hint::black_box(self.elements.start);
        // SAFETY: one guard, so by the contract of `new` the section holds `T`s and nothing else.
        // The linker aligns the section as its statics, whose sizes are multiples of their
        // alignment, so they are contiguous. They are statics: initialised, alive for ever, and
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

/// A list's first or last place on Windows, where the bounds are statics among the others.
#[doc(hidden)]
#[cfg(windows)]
pub struct Bound<T>(std::mem::MaybeUninit<T>);

#[cfg(windows)]
impl<T: Sync> Bound<T> {
    #[doc(hidden)]
    #[expect(clippy::new_without_default, reason = "for the macro alone")]
    pub const fn new() -> Self {
        Self(std::mem::MaybeUninit::uninit())
    }
}

// `__floe_link_list!` and `__floe_linked!` exist once for each kind of object file. The conditions
// are tested here, for the target of this crate, which is that of every crate of the program.

/// Declares a list: `static NAME: [Type] = "section";`.
///
/// The section's name is an identifier of at most 15 bytes (Mach-O has 16, and a guard has one more)
/// that contains the version of the declaring crate.
#[cfg(all(
    not(miri),
    any(
        target_os = "linux",
        target_os = "android",
        target_os = "fuchsia",
        target_os = "freebsd",
        target_os = "openbsd",
    )
))]
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_link_list {
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: [$type:ty] = $section:literal;) => {
        $crate::__floe_link_list_between! {
            $(#[$attribute])* $visibility static $name: [$type] = $section;
            elements: ($section, ::core::concat!("__start_", $section), ::core::concat!("__stop_", $section));
            guards: (
                ::core::concat!($section, "g"),
                ::core::concat!("__start_", $section, "g"),
                ::core::concat!("__stop_", $section, "g"),
            );
        }
    };
}

#[cfg(all(not(miri), target_os = "illumos"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_link_list {
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: [$type:ty] = $section:literal;) => {
        $crate::__floe_link_list_between! {
            $(#[$attribute])* $visibility static $name: [$type] = $section;
            elements: (
                ::core::concat!("set_", $section),
                ::core::concat!("__start_set_", $section),
                ::core::concat!("__stop_set_", $section),
            );
            guards: (
                ::core::concat!("set_", $section, "g"),
                ::core::concat!("__start_set_", $section, "g"),
                ::core::concat!("__stop_set_", $section, "g"),
            );
        }
    };
}

#[cfg(all(not(miri), target_vendor = "apple"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_link_list {
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: [$type:ty] = $section:literal;) => {
        $crate::__floe_link_list_between! {
            $(#[$attribute])* $visibility static $name: [$type] = $section;
            elements: (
                ::core::concat!("__DATA,", $section, ",regular,no_dead_strip"),
                ::core::concat!("\x01section$start$__DATA$", $section),
                ::core::concat!("\x01section$end$__DATA$", $section),
            );
            guards: (
                ::core::concat!("__DATA,", $section, "g,regular,no_dead_strip"),
                ::core::concat!("\x01section$start$__DATA$", $section, "g"),
                ::core::concat!("\x01section$end$__DATA$", $section, "g"),
            );
        }
    };
}

/// A list whose bounds are symbols that the linker makes.
#[cfg(all(not(miri), not(windows)))]
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_link_list_between {
    (
        $(#[$attribute:meta])* $visibility:vis static $name:ident: [$type:ty] = $list:literal;
        elements: ($section:expr, $start:expr, $stop:expr $(,)?);
        guards: ($guards:expr, $guard_start:expr, $guard_stop:expr $(,)?);
    ) => {
        $(#[$attribute])*
        $visibility static $name: $crate::__private::LinkList<$type> = {
            const _: () = ::core::assert!($list.len() <= 15, "the name of a section is too long");
            // SAFETY: the declarations of what the linker makes, of no size: nothing is read there
            // but by `LinkList`.
            unsafe extern "Rust" {
                #[link_name = $start]
                static START: [$type; 0];
                #[link_name = $stop]
                static STOP: [$type; 0];
                #[link_name = $guard_start]
                static GUARD_START: [::core::primitive::usize; 0];
                #[link_name = $guard_stop]
                static GUARD_STOP: [::core::primitive::usize; 0];
            }
            // The section exists even if nothing was added to it: without it, neither do its bounds.
            // SAFETY: it has the type of the section's elements, and no size.
            #[used]
            #[unsafe(link_section = $section)]
            static mut SECTION: [$type; 0] = [];
            // SAFETY: the section of the guards holds nothing else.
            #[used]
            #[unsafe(link_section = $guards)]
            static GUARD: ::core::primitive::usize = 1;
            // SAFETY: the section is this list's alone by its name. Who adds to it does so by the
            // one macro of the list, which fixes the type. Another copy of this declaration has a
            // guard of its own.
            unsafe {
                $crate::__private::LinkList::new(
                    (&raw const START).cast(),
                    (&raw const STOP).cast(),
                    (&raw const GUARD_START).cast(),
                    (&raw const GUARD_STOP).cast(),
                )
            }
        };
    };
}

/// The linker sorts sections by what follows the `$` and so puts all elements, in `$b`, between the
/// bounds in `$a` and `$c`. The bounds have the size of an element: statics of no size occupy a byte
/// with some back ends of the compiler.
#[cfg(all(not(miri), windows))]
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_link_list {
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: [$type:ty] = $section:literal;) => {
        $(#[$attribute])*
        $visibility static $name: $crate::__private::LinkList<$type> = {
            const _: () = ::core::assert!($section.len() <= 15, "the name of a section is too long");
            // SAFETY: the first place of the section; nothing reads it.
            #[unsafe(link_section = ::core::concat!(".", $section, "$a"))]
            static START: $crate::__private::Bound<$type> = $crate::__private::Bound::new();
            // SAFETY: the last place of the section; nothing reads it.
            #[unsafe(link_section = ::core::concat!(".", $section, "$c"))]
            static STOP: $crate::__private::Bound<$type> = $crate::__private::Bound::new();
            // SAFETY: the section of the guards holds nothing but `usize`.
            #[unsafe(link_section = ::core::concat!(".", $section, "g$a"))]
            static GUARD_START: ::core::primitive::usize = 0;
            // SAFETY: as above.
            #[unsafe(link_section = ::core::concat!(".", $section, "g$c"))]
            static GUARD_STOP: ::core::primitive::usize = 0;
            // SAFETY: as above.
            #[used]
            #[unsafe(link_section = ::core::concat!(".", $section, "g$b"))]
            static GUARD: ::core::primitive::usize = 1;
            // SAFETY: the section is this list's alone by its name. Who adds to it does so by the
            // one macro of the list, which fixes the type. Another copy of this declaration has a
            // guard and bounds of its own. The elements begin behind the first bound.
            unsafe {
                $crate::__private::LinkList::new(
                    (&raw const START).cast::<$type>().wrapping_add(1),
                    (&raw const STOP).cast(),
                    (&raw const GUARD_START).wrapping_add(1),
                    &raw const GUARD_STOP,
                )
            }
        };
    };
}

/// Without a linker that makes lists, they are empty.
#[cfg(any(
    miri,
    not(any(
        target_os = "linux",
        target_os = "android",
        target_os = "fuchsia",
        target_os = "freebsd",
        target_os = "openbsd",
        target_os = "illumos",
        target_vendor = "apple",
        windows,
    ))
))]
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_link_list {
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: [$type:ty] = $section:literal;) => {
        $(#[$attribute])*
        $visibility static $name: $crate::__private::LinkList<$type> =
            $crate::__private::LinkList::empty();
    };
}

/// Adds a static to the list of that name: `"section" static NAME: Type = …;`.
///
/// Only the macro of a list calls it, with the type of the list. It expands in each annotated
/// function, so it is as thin as can be.
#[cfg(all(
    not(miri),
    any(
        target_os = "linux",
        target_os = "android",
        target_os = "fuchsia",
        target_os = "freebsd",
        target_os = "openbsd",
    )
))]
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_linked {
    ($section:literal $($item:tt)*) => {
        #[used]
        #[unsafe(link_section = $section)]
        $($item)*
    };
}

#[cfg(all(not(miri), target_os = "illumos"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_linked {
    ($section:literal $($item:tt)*) => {
        #[used]
        #[unsafe(link_section = ::core::concat!("set_", $section))]
        $($item)*
    };
}

#[cfg(all(not(miri), target_vendor = "apple"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_linked {
    ($section:literal $($item:tt)*) => {
        #[used]
        #[unsafe(link_section = ::core::concat!("__DATA,", $section, ",regular,no_dead_strip"))]
        $($item)*
    };
}

#[cfg(all(not(miri), windows))]
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_linked {
    ($section:literal $($item:tt)*) => {
        #[used]
        #[unsafe(link_section = ::core::concat!(".", $section, "$b"))]
        $($item)*
    };
}

#[cfg(any(
    miri,
    not(any(
        target_os = "linux",
        target_os = "android",
        target_os = "fuchsia",
        target_os = "freebsd",
        target_os = "openbsd",
        target_os = "illumos",
        target_vendor = "apple",
        windows,
    ))
))]
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_linked {
    ($section:literal $($item:tt)*) => {
        #[allow(dead_code, reason = "no list reads it on this system")]
        $($item)*
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

    // Of an alignment and a size that a linker could round.
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

    #[test]
    fn a_list_has_what_was_added_to_it_and_nothing_else() {
        let mut numbers: Vec<u64> = NUMBERS.iter().copied().collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [7, 8]);
        assert_eq!(NOTHING.iter().next(), None);
        let mut wide: Vec<&Wide> = WIDE.iter().collect();
        wide.sort_unstable_by_key(|wide| wide.0);
        assert_eq!(wide, [&Wide(1, [1; 9]), &Wide(2, [2; 9]), &Wide(3, [3; 9])]);
    }

    #[test]
    fn where_no_linker_makes_lists_they_are_empty() {
        assert_eq!(LinkList::<u64>::empty().iter().next(), None);
    }

    #[test]
    fn a_list_that_two_copies_of_a_crate_declare_is_empty() {
        static NUMBERS: [u64; 2] = [1, 2];
        static GUARDS: [usize; 2] = [1, 1];
        let of_guards = |count: usize| {
            // SAFETY: the bounds of two statics.
            unsafe {
                LinkList::new(
                    NUMBERS.as_ptr(),
                    NUMBERS.as_ptr().wrapping_add(2),
                    GUARDS.as_ptr(),
                    GUARDS.as_ptr().wrapping_add(count),
                )
            }
        };
        assert_eq!(of_guards(1).iter().count(), 2);
        assert_eq!(of_guards(2).iter().count(), 0);
    }
}
