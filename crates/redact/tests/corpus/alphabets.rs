//! Secrets in rare alphabets.

use super::generator::{BASE62, HEX, Numbers, UPPER};

/// Prefix of a token, and the number and the alphabet of the characters that follow it. The prefixes are
/// split, so that a secret scanner does not report this file.
const VENDORS: &[(&[&str], usize, &str)] = &[
    (&["dckr", "_pat_"], 27, BASE62),
    (&["dop", "_v1_"], 64, HEX),
    (&["shp", "at_"], 32, HEX),
    (&["gl", "sa_"], 32, BASE62),
    (&["lin", "_api_"], 40, BASE62),
    (&["ATA", "TT3xFf"], 60, BASE62),
    (&["pu", "l-"], 40, HEX),
    (&["ruby", "gems_"], 48, HEX),
    (&["h", "f_"], 34, BASE62),
    (&["r", "8_"], 37, BASE62),
    (&["fi", "gd_"], 40, BASE62),
    (&["xa", "pp-1-A0"], 40, BASE62),
    (&["sb", "p_"], 40, HEX),
    (&["nf", "p_"], 36, BASE62),
    (&["ph", "c_"], 43, BASE62),
    (&["dp.", "pt."], 43, BASE62),
    (&["sk-ant", "-api03-"], 80, BASE62),
    (&["sk-", "proj-"], 60, BASE62),
    (&["gs", "k_"], 52, BASE62),
    (&["nv", "api-"], 64, BASE62),
    (&["db", "tc_"], 40, BASE62),
    (&["nt", "n_"], 46, BASE62),
    (&["AT", "BB"], 32, BASE62),
    (&["xkey", "sib-"], 64, HEX),
    (&["HR", "KU-"], 36, HEX),
    (&["ts", "key-auth-"], 30, BASE62),
    (&["sg", "p_"], 40, HEX),
    (&["gl", "c_eyJ"], 60, BASE62),
    (&["hv", "b.AAAAAQ"], 60, BASE62),
    (&["oy", "2"], 43, "abcdefghijklmnopqrstuvwxyz0123456789"),
    (&["wh", "sec_"], 32, BASE62),
    (&["sq0", "atp-"], 22, BASE62),
    (&["AIz", "aSy"], 33, BASE62),
    (&["GOC", "SPX-"], 28, BASE62),
    (&["NR", "AK-"], 27, UPPER),
    (&["SG", "."], 22, BASE62),
    (&["gh", "s_"], 36, BASE62),
    (&["gl", "rt-"], 20, BASE62),
    (&["gl", "dt-"], 20, BASE62),
    (&["ops", "_eyJ"], 120, BASE62),
    (&["AGE-SECRET", "-KEY-1"], 58, UPPER),
    (&["LT", "AI5t"], 20, BASE62),
    (&["pscale", "_tkn_"], 43, BASE62),
    (&["dt0", "c01.ST2EY72KQINMH574WMNVI7YN."], 64, UPPER),
];

/// A token with a prefix that identifies its issuer.
fn vendor(numbers: &mut Numbers) -> String {
    let (head, len, alphabet) = VENDORS[numbers.below(VENDORS.len())];
    head.concat() + &numbers.chars(alphabet, len - 2) + "7c"
}

/// A password with letters that are not ASCII.
fn foreign(numbers: &mut Numbers) -> String {
    let word = numbers.one(&["Straße", "Grün", "Пароль", "Żółw", "señal", "猫と犬", "éclair"]);
    let (tail, number) = (numbers.chars(BASE62, 6), numbers.between(10, 99));
    format!("{word}{number}{tail}")
}

/// A passphrase of words separated by spaces, for use in quotes.
fn phrase(numbers: &mut Numbers) -> String {
    const WORDS: &[&str] = &["maple", "orbit", "velvet", "tundra", "quartz", "saddle", "comet"];
    let words: Vec<_> = (0..4).map(|_| numbers.one(WORDS)).collect();
    words.join(" ")
}

pub(super) fn secret(kind: char, numbers: &mut Numbers) -> Option<String> {
    Some(match kind {
        'W' => vendor(numbers),
        'H' => numbers.chars("0123456789ABCDEF", 38) + "B6",
        'J' => numbers.chars("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 30) + "Q7",
        'F' => foreign(numbers),
        'O' => phrase(numbers),
        'M' => {
            let signs = numbers.chars("!$%^*()_+-=[]{}|:.<>~`", 7);
            let (left, right) = (numbers.chars(BASE62, 5), numbers.chars(BASE62, 5));
            format!("{left}{signs}{right}")
        }
        'X' => numbers.chars(BASE62, 400) + "z9",
        'z' => numbers.chars(BASE62, 3) + "4x",
        _ => return None,
    })
}
