//! Base64, as far as credentials need it.

/// Base64 is filled up with `=`, which elsewhere separates a key.
pub(super) fn trim_padding(mut word: &[u8]) -> &[u8] {
    while let [head @ .., b'='] = word {
        word = head;
    }
    word
}

/// Whether it is base64 of `user:password`.
pub(super) fn is_login(word: &[u8]) -> bool {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(u32::from(byte - b'A')),
        b'a'..=b'z' => Some(u32::from(byte - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let mut has_colon = false;
    for four in trim_padding(word).chunks(4) {
        let bits = four
            .iter()
            .try_fold(0, |bits, byte| Some(bits << 6 | value(*byte)?))
            .map(|bits| bits << (6 * (4 - four.len())));
        let Some(bits) = bits else { return false };
        let [_, bytes @ ..] = bits.to_be_bytes();
        let bytes = &bytes[..four.len() - 1];
        if bytes.iter().any(u8::is_ascii_control) {
            return false;
        }
        has_colon |= bytes.contains(&b':');
    }
    has_colon
}
