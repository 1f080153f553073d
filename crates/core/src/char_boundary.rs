//! Truncation of text between characters. The oldest supported compiler lacks `str::floor_char_boundary`.

/// Returns the last character boundary at or before `index`.
pub fn floor(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

/// The mark that replaces the end of a cut text.
pub const CUT: &str = "…";

/// Returns the first `limit` characters.
pub fn beginning(text: &str, limit: usize) -> &str {
    // A character has at least one byte, so a text of at most `limit` bytes has at most `limit` characters.
    if text.len() <= limit {
        return text;
    }

    let end = text.char_indices().nth(limit);
    end.map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::floor;

    #[test]
    fn texts_are_truncated_between_characters() {
        assert_eq!(super::beginning("früh", 3), "frü");
        assert_eq!(super::beginning("früh", 4), "früh");
        assert_eq!(super::beginning("", 0), "");
    }

    #[test]
    fn a_cut_is_between_characters() {
        let text = "aé€😀";
        let floors: Vec<usize> = (0..=12).map(|index| floor(text, index)).collect();
        assert_eq!(floors, [0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10, 10]);
        assert_eq!(floor("", 5), 0);
    }
}
