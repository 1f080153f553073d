//! Leaves out default sections when a configuration is written.

/// Whether a section has only default values. Such a section is not written, so that it does not appear in a document
/// that lacks it.
pub(super) fn is_default<T: Default + PartialEq>(section: &T) -> bool {
    *section == T::default()
}
