//! Generates secrets with rare alphabets or lengths.

use super::generator::{BASE62, Numbers};

/// Generates a password with letters that are not ASCII.
fn foreign(numbers: &mut Numbers) -> String {
    let word = numbers.one(&["Straße", "Grün", "Пароль", "Żółw", "señal", "猫と犬", "éclair"]);
    let tail = numbers.chars(BASE62, 6);
    let number = numbers.between(10, 99);
    format!("{word}{number}{tail}")
}

/// Generates a passphrase of words separated by spaces, for use in quotes.
fn phrase(numbers: &mut Numbers) -> String {
    const WORDS: &[&str] = &["maple", "orbit", "velvet", "tundra", "quartz", "saddle", "comet"];
    let words: Vec<_> = (0..4).map(|_| numbers.one(WORDS)).collect();
    words.join(" ")
}

pub(super) fn secret(kind: char, numbers: &mut Numbers) -> Option<String> {
    Some(match kind {
        'H' => numbers.chars("0123456789ABCDEF", 38) + "B6",
        'J' => numbers.chars("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 30) + "Q7",
        'F' => foreign(numbers),
        'O' => phrase(numbers),
        'M' => {
            let signs = numbers.chars("!$%^*()_+-=[]{}|:.<>~`", 7);
            let left = numbers.chars(BASE62, 5);
            let right = numbers.chars(BASE62, 5);
            format!("{left}{signs}{right}")
        }
        'X' => numbers.chars(BASE62, 400) + "z9",
        'z' => numbers.chars(BASE62, 3) + "4x",
        _ => return None,
    })
}
