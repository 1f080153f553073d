//! Credentials that are known by their shape alone: a vendor's prefix and enough characters behind.

use super::shape::is_opaque;
use super::text::{at, before, run_end, run_start, starts_with};
use super::{Rule, Scan};

/// The characters behind a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tail {
    /// Letters and digits.
    Alnum,
    /// Capital letters and digits.
    Upper,
    Hex,
    /// Letters, digits, `_` and `-`.
    Word,
    /// `Word`, `.`, `+`, `/` and `=`.
    Dotted,
}

/// A prefix, where its anchor of three characters begins, what follows and how much at least.
struct Known(&'static str, usize, Tail, usize);

/// How much of a token is read before it is taken for one.
const HEAD: usize = 96;

/// The prefixes are cut in two, so that no scanner takes this table for a leak.
macro_rules! known {
    ($($head:literal $tail:literal $anchor:literal $kind:ident $min:literal,)*) => {
        &[$(Known(concat!($head, $tail), $anchor, Tail::$kind, $min)),*]
    };
}

#[rustfmt::skip]
const KNOWN: &[Known] = known![
    "gh" "p_" 0 Alnum 20, "gh" "o_" 0 Alnum 20, "gh" "u_" 0 Alnum 20, "gh" "s_" 0 Alnum 20,
    "gh" "r_" 0 Alnum 20, "github" "_pat_" 5 Word 20, "gl" "pat-" 0 Word 16, "gl" "dt-" 0 Word 16,
    "gl" "rt-" 0 Word 16, "gl" "ptt-" 0 Word 16, "gl" "cbt-" 0 Word 16, "gl" "ft-" 0 Word 16,
    "gl" "soat-" 0 Word 16, "gl" "agent-" 0 Word 16, "gl" "imt-" 0 Word 16, "gl" "oas-" 2 Word 16,
    "xo" "xb-" 0 Word 10, "xo" "xp-" 0 Word 10, "xo" "xa-" 0 Word 10, "xo" "xr-" 0 Word 10,
    "xo" "xs-" 0 Word 10, "xo" "xe-" 0 Word 10, "xo" "xc-" 0 Word 10, "xo" "xd-" 0 Word 10,
    "xo" "xe." 0 Dotted 10, "xa" "pp-" 0 Word 10, "AK" "IA" 1 Upper 12, "AS" "IA" 1 Upper 12,
    "AR" "OA" 1 Upper 16, "AI" "DA" 1 Upper 16, "AB" "IA" 1 Upper 16, "AC" "CA" 1 Upper 16,
    "AI" "za" 0 Word 20, "ya" "29." 0 Dotted 16, "GOC" "SPX-" 0 Word 16, "1/" "/0" 0 Word 20,
    "sk" "_live_" 0 Word 12, "sk" "_test_" 0 Word 12, "rk" "_live_" 0 Word 12,
    "rk" "_test_" 0 Word 12, "wh" "sec_" 0 Dotted 16, "sk" "-" 0 Word 20, "S" "G." 0 Dotted 20,
    "hv" "s." 0 Word 16, "hv" "b." 0 Word 16, "hv" "r." 0 Word 16, "np" "m_" 0 Alnum 24,
    "py" "pi-" 0 Word 20, "da" "pi" 0 Hex 32, "do" "se" 0 Hex 32, "do" "p_v1_" 0 Hex 20,
    "do" "o_v1_" 0 Hex 20, "do" "r_v1_" 0 Hex 20, "dck" "r_pat_" 0 Word 16,
    "dck" "r_oat_" 0 Word 16, "shp" "at_" 0 Alnum 20, "shp" "ca_" 0 Alnum 20,
    "shp" "pa_" 0 Alnum 20, "shp" "ss_" 0 Alnum 20, "EA" "A" 0 Alnum 60, "sq0" "atp-" 0 Word 16,
    "sq0" "csp-" 0 Word 16, "ke" "y-" 0 Hex 32, "lin" "_api_" 2 Alnum 20,
    "lin" "_oauth_" 2 Alnum 20, "fi" "gd_" 1 Word 20, "nt" "n_" 0 Alnum 24,
    "secret" "_" 4 Alnum 40, "PM" "AK-" 0 Word 24, "ruby" "gems_" 2 Hex 24, "NR" "AK-" 0 Alnum 20,
    "NR" "JS-" 0 Alnum 16, "NR" "II-" 0 Word 20, "nf" "p_" 0 Alnum 24, "sb" "p_" 0 Hex 24,
    "sb_" "secret_" 0 Word 16, "ATA" "TT3" 3 Dotted 24, "ATC" "TT3" 3 Dotted 24,
    "AT" "BB" 1 Alnum 24, "hf" "_" 0 Alnum 24, "api_" "org_" 2 Alnum 24, "r8" "_" 0 Alnum 24,
    "gs" "k_" 0 Alnum 24, "xa" "i-" 0 Alnum 24, "pp" "lx-" 1 Alnum 24, "op" "s_eyJ" 2 Dotted 24,
    "dp" ".pt." 0 Alnum 24, "dp" ".st." 0 Dotted 24, "dp" ".sa." 0 Alnum 24,
    "dt0" "c01." 1 Dotted 24, "gl" "sa_" 0 Word 24, "gl" "c_" 0 Dotted 24,
    "snt" "rys_" 0 Dotted 24, "snt" "ryu_" 0 Dotted 24, "ph" "x_" 0 Alnum 24,
    "lsv2" "_pt_" 1 Word 24, "lsv2" "_sk_" 1 Word 24, "ts" "key-" 1 Word 16,
    "CFP" "AT-" 0 Word 24, "AGE-" "SECRET-KEY-1" 9 Upper 24, "EZ" "AK" 0 Alnum 40,
    "EZ" "TK" 0 Alnum 40, "FLW" "SECK" 0 Word 16, "psc" "ale_tkn_" 0 Dotted 16,
    "psc" "ale_pw_" 0 Dotted 16, "psc" "ale_oauth_" 0 Dotted 16, "pn" "u_" 0 Alnum 24,
    "pn" "b_" 0 Alnum 24, "xke" "ysib-" 0 Word 24, "mdb" "_sa_sk_" 0 Word 16,
    "fo1" "_" 0 Word 24, "fm1" "r_" 0 Dotted 24, "fm2" "_" 0 Dotted 24, "pu" "l-" 1 Hex 32,
    "sgp" "_" 0 Alnum 24, "wa" "ka_" 1 Word 24, "sl." "B" 0 Word 40, "oy2" "" 0 Alnum 40,
    "tfp" "_" 0 Word 24, "crt" "r_" 0 Word 24, "rnd" "_" 0 Alnum 24,
    "dd" "p_" 0 Alnum 24, "bkua" "_" 1 Hex 24, "cci" "pat_" 0 Word 20, "aio" "_" 0 Alnum 24,
    "hrk" "u-" 0 Word 24, "HRK" "U-" 0 Word 24, "pat" "-na1-" 2 Word 20, "pat" "-eu1-" 2 Word 20,
    "squ" "_" 0 Hex 32, "sqp" "_" 0 Hex 32, "sqa" "_" 0 Hex 32,
    "AKCp" "" 1 Alnum 40, "cmVm" "dGtu" 1 Alnum 40, "kgat" "_" 0 Alnum 24,
    "apify" "_api_" 3 Alnum 24, "tvly" "-" 1 Word 20, "nva" "pi-" 1 Word 24, "ctp" "_" 0 Word 24,
    "dbt" "c_" 2 Dotted 20, "dbt" "u_" 2 Dotted 20, "airb" "yte_" 2 Word 24, "vc" "p_" 0 Alnum 24,
];

/// Anchors of shapes that are more than a prefix.
const SHAPES: [&[u8]; 4] = [b"eyj", b"8q~", b"ve_", b"at_"];

/// The anchors of all the shapes here.
pub(super) fn anchors() -> impl Iterator<Item = &'static [u8]> {
    let prefixes = KNOWN
        .iter()
        .filter_map(|known| known.0.as_bytes().get(known.1..known.1 + 3));
    prefixes.chain(SHAPES)
}

/// `anchor` is the last of the three characters of an anchor.
pub(super) fn scan(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    let Some(first) = anchor.checked_sub(2) else {
        return;
    };
    let letter = at(text, first);
    for known in KNOWN {
        let prefix = known.0.as_bytes();
        // Short prefixes are completed by what follows; the table's anchor may lie behind them.
        if prefix.get(known.1) != Some(&letter) {
            continue;
        }
        let Some(start) = first.checked_sub(known.1) else {
            continue;
        };
        if starts_with(text, start, prefix) && !before(text, start).is_ascii_alphanumeric() {
            let from = start + prefix.len();
            // A look at the beginning decides, so that a long run of prefixes is not read again
            // from each of them.
            let head = trim_dots(
                text,
                run_end(text, from, HEAD, |byte| is_tail(known.2, byte)),
            );
            if head >= from + known.3 && looks_issued(known, &text[from..head]) {
                let end = run_end(text, head, usize::MAX, |byte| is_tail(known.2, byte));
                return scan.redact(start, trim_dots(text, end));
            }
        }
    }
    let _ = json_web_token(scan, first) || azure_secret(scan, first) || marked(scan, first);
}

fn is_tail(tail: Tail, byte: u8) -> bool {
    match tail {
        Tail::Alnum => byte.is_ascii_alphanumeric(),
        Tail::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        Tail::Hex => byte.is_ascii_hexdigit(),
        Tail::Word => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
        Tail::Dotted => {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'/' | b'=')
        }
    }
}

/// A sentence's full stop is not part of the token.
fn trim_dots(text: &[u8], mut end: usize) -> usize {
    while before(text, end) == b'.' {
        end -= 1;
    }
    end
}

/// Words joined by dashes (`sk-learn-contrib-tools`) have no digits between their letters.
fn looks_issued(known: &Known, tail: &[u8]) -> bool {
    match known.2 {
        Tail::Word | Tail::Dotted | Tail::Alnum => {
            let mixed = tail.iter().any(u8::is_ascii_digit)
                || tail
                    .windows(2)
                    .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
            mixed && (known.0.len() > 3 || is_opaque(tail, 12))
        }
        Tail::Upper | Tail::Hex => true,
    }
}

/// Three parts of base64 with dots between; a header with `alg` is enough if the rest was cut.
fn json_web_token(scan: &mut Scan<'_>, start: usize) -> bool {
    let text = scan.text;
    if !starts_with(text, start, b"eyJ") || before(text, start).is_ascii_alphanumeric() {
        return false;
    }
    let head = run_end(text, start, usize::from(u16::MAX), |byte| {
        is_tail(Tail::Word, byte)
    });
    let end = trim_dots(
        text,
        run_end(text, head, usize::MAX, |byte| is_tail(Tail::Dotted, byte)),
    );
    let token = &text[start..end];
    let dots = usize::from(at(text, head) == b'.');
    let has_header = [
        &b"eyJhbGci"[..],
        b"eyJ0eXAi",
        b"eyJraWQi",
        b"eyJlbmMi",
        b"eyJrIjoi",
    ]
    .iter()
    .any(|header| token.starts_with(header));
    let fits = token.len() >= 16 && (dots >= 1 || has_header);
    if fits {
        scan.rule = Rule::Jwt;
        scan.redact(start, end);
    }
    fits
}

/// Client secrets of Entra ID: three characters, a digit, `Q~` and 31 or more.
fn azure_secret(scan: &mut Scan<'_>, first: usize) -> bool {
    let text = scan.text;
    let inside = |byte: u8| is_tail(Tail::Word, byte) || matches!(byte, b'~' | b'.');
    if !starts_with(text, first + 1, b"Q~") {
        return false;
    }
    let start = run_start(text, first, 3, inside);
    let end = run_end(text, first, 64, inside);
    let fits = first - start == 3 && end - first >= 30;
    if fits {
        scan.redact(start, end);
    }
    fits
}

/// `acme_live_…`, `acme_pat_…`: the grammar that vendors without an entry above follow, too.
fn marked(scan: &mut Scan<'_>, first: usize) -> bool {
    let text = scan.text;
    let inside = |byte: u8| is_tail(Tail::Word, byte);
    let start = run_start(text, first, 24, inside);
    let end = run_end(text, first, 256, inside);
    let is_marker = [&b"live"[..], b"pat"].iter().any(|word| {
        text[..first + 2].ends_with(word) && matches!(at(text, first + 2), b'_' | b'-')
    });
    let fits = is_marker && is_issued_tail(&text[first + 2..end]);
    if fits {
        scan.redact(start, end);
    }
    fits
}

/// A last part of 16 or more random characters.
pub(super) fn is_issued_tail(tail: &[u8]) -> bool {
    let last = tail
        .rsplit(|byte| matches!(byte, b'_' | b'-' | b'.'))
        .next()
        .unwrap_or_default();
    last.len() >= 16 && is_opaque(last, 16)
}

/// `123456789:AA…` of a Telegram bot; `digits` is the end of the number.
pub(super) fn telegram(scan: &mut Scan<'_>, start: usize, digits: usize) {
    let text = scan.text;
    let from = digits + 1;
    if (8..=10).contains(&(digits - start)) && at(text, digits) == b':' {
        let end = run_end(text, from, 64, |byte| is_tail(Tail::Word, byte));
        if end - from >= 33 && starts_with(text, from, b"AA") {
            scan.rule = Rule::TokenFormat;
            scan.redact(start, end);
        }
    }
}
