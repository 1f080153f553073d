//! Nothing: only the tests matter, in the edition of this package.
