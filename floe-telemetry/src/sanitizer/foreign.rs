//! Keys in other languages: `contraseña`, `mot de passe`, `пароль`, `密码`.

use super::Scan;
use super::key_value::{Key, with_key};
use super::lexicon::Class;
use super::shape::is_made_up;
use super::text::{at, find, is_name, part, run_end, skip_spaces, starts_with};

/// Words for a password, as people write them: with a capital letter or without.
const WORDS: &[&str] = &[
    "contraseña",
    "Contraseña",
    "lösenord",
    "Lösenord",
    "hasło",
    "Hasło",
    "şifre",
    "Şifre",
    "mật khẩu",
    "Mật khẩu",
    "jelszó",
    "Jelszó",
    "parolă",
    "пароль",
    "Пароль",
    "ключ доступа",
    "κωδικός",
    "סיסמה",
    "كلمة المرور",
    "密码",
    "密碼",
    "口令",
    "パスワード",
    "暗号キー",
    "비밀번호",
    "암호",
    "รหัสผ่าน",
];

/// Words for a token or a key of an interface: the value has to look like one.
const DOUBTFUL: &[&str] = &[
    "clé",
    "Clé",
    "clé_api",
    "clé API",
    "Clé API",
    "clé d'API",
    "clave de acceso",
    "Schlüssel",
    "schlüssel",
    "ключ",
    "Ключ",
    "токен",
    "Токен",
    "секрет",
    "令牌",
    "密钥",
    "密鑰",
    "金鑰",
    "トークン",
    "キー",
    "토큰",
    "키",
];

/// Longest word above, in bytes, and more.
const LIMIT: usize = 64;

/// What says that a value follows: `密码是…`.
const COPULAS: [&str; 4] = ["是", "为", "為", "は"];

/// Redacts the word behind a copula, if it looks like a secret.
fn stated(scan: &mut Scan<'_>, from: usize) {
    let is_marked = WIDE_MARKS
        .iter()
        .any(|mark| starts_with(scan.text, from, mark));
    let from = from + if is_marked { WIDE_MARKS[0].len() } else { 0 };
    let start = skip_spaces(scan.text, from);
    let end = run_end(scan.text, start, LIMIT * 2, |byte| {
        matches!(byte, b'!'..=b'~') && !b"\"',".contains(&byte)
    });
    if is_made_up(part(scan.text, start, end), 6) {
        scan.redact_unless_done(start, end);
    }
}

/// Marks that are written without a space before them.
const WIDE_MARKS: [&[u8]; 2] = ["：".as_bytes(), "＝".as_bytes()];

/// `anchor` is a byte that is not ASCII.
pub(super) fn scan(scan: &mut Scan<'_>, anchor: usize) {
    if anchor < scan.foreign_until {
        return;
    }
    let text = scan.text;
    let is_mark = |at: usize| WIDE_MARKS.iter().any(|mark| starts_with(text, at, mark));
    let mut hop = anchor;
    while at(text, hop) >= 0x80 && !is_mark(hop) {
        hop += 1;
    }
    let end = if at(text, hop) >= 0x80 {
        scan.foreign_until = hop + WIDE_MARKS[0].len();
        hop
    } else {
        scan.foreign_until = hop;
        run_end(text, hop, LIMIT, |byte| byte >= 0x80 || is_name(byte))
    };
    let word = part(text, end.saturating_sub(LIMIT), end);
    let copula = COPULAS
        .iter()
        .find(|verb| word.ends_with(verb.as_bytes()))
        .map_or(0, |verb| verb.len());
    let word = &word[..word.len() - copula];
    let known_in =
        |words: &'static [&str]| words.iter().find(|known| word.ends_with(known.as_bytes()));
    let (known, class) = match (known_in(WORDS), known_in(DOUBTFUL)) {
        (Some(known), _) => (known, Class::Strong),
        (None, Some(known)) => (known, Class::Weak),
        (None, None) => return,
    };
    if copula > 0 {
        return stated(scan, end);
    }
    // Japanese quotes follow without anything between.
    let open = "「".as_bytes();
    if let Some(close) = starts_with(text, end, open)
        .then(|| find(text, end, LIMIT * 2, "」".as_bytes()))
        .flatten()
    {
        return scan.redact_unless_done(end + open.len(), close);
    }
    let start = end - known.len();
    with_key(scan, Key::new(text, start, end, class));
}
