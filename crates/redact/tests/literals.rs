//! Tests messages with credentials against their exact results.

use floe_redact::Redactor;

#[test]
fn a_word_is_a_credential_in_the_place_of_one() {
    let rows: Vec<_> = include_str!("../../../tests/corpus/literals.txt")
        .lines()
        .filter(|row| !row.starts_with('#'))
        .filter_map(|row| row.split_once('\t'))
        .collect();
    assert_eq!(rows.len(), 107);
    for (text, wanted) in rows {
        assert_eq!(Redactor::new().redact(text), wanted);
        let message = format!("ConnectionError: {text}");
        let safe = format!("ConnectionError: {wanted}");
        assert_eq!(Redactor::new().redact(&message), safe);
    }
}

#[test]
fn exactly_the_secrets_of_a_message_are_redacted() {
    let rows = include_str!("../../../tests/corpus/exact.txt").lines();
    for row in rows.filter(|row| !row.starts_with("#: ")) {
        let row = row.replace('⏎', "\n");
        let (text, wanted) = row.split_once('\t').unwrap_or((&row, &row));
        assert_eq!(Redactor::new().redact(text), wanted);
        assert_eq!(Redactor::new().redact(wanted), wanted);
    }
}
