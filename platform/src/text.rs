//! Numbers and times in the form in which a run prints them.

use std::fmt;

/// A number and its noun, which is in the plural unless the number is one.
pub(crate) struct Count(pub(crate) usize, pub(crate) &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.0, self.1)
    }
}

/// A number with a comma between groups of three digits.
pub(crate) struct Thousands(pub(crate) u64);

impl fmt::Display for Thousands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

/// A duration in seconds, displayed in milliseconds if it is shorter than one second.
pub(crate) struct Elapsed(pub(crate) f64);

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1.0 {
            return write!(f, "{:.1} ms", self.0 * 1e3);
        }
        write!(f, "{:.2} s", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_readable() {
        assert_eq!(Thousands(7).to_string(), "7");
        assert_eq!(Thousands(176_000).to_string(), "176,000");
        assert_eq!(Thousands(1_234_567).to_string(), "1,234,567");
        assert_eq!(Elapsed(0.001_234).to_string(), "1.2 ms");
        assert_eq!(Elapsed(1.234).to_string(), "1.23 s");
    }
}
