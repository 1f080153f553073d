//! Sets of bytes.

/// Which bytes are in a set, by a look into a table.
pub(super) struct Bytes([bool; 256]);

impl Bytes {
    /// These, and all letters and digits of ASCII.
    pub(super) const fn alphanumeric_and(bytes: &[u8]) -> Self {
        let mut set = Self::alphabetic_and(bytes);
        let mut digit = b'0';
        while digit <= b'9' {
            set.0[digit as usize] = true;
            digit += 1;
        }
        set
    }

    /// These, and all letters of ASCII.
    pub(super) const fn alphabetic_and(bytes: &[u8]) -> Self {
        let mut set = Self::of(bytes);
        let mut letter = b'a';
        while letter <= b'z' {
            set.0[letter as usize] = true;
            set.0[letter.to_ascii_uppercase() as usize] = true;
            letter += 1;
        }
        set
    }

    pub(super) const fn of(bytes: &[u8]) -> Self {
        let mut set = [false; 256];
        let mut index = 0;
        while index < bytes.len() {
            set[bytes[index] as usize] = true;
            index += 1;
        }
        Self(set)
    }

    #[inline]
    pub(super) fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }
}
