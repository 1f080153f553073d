//! Decides whether a value that a grammar binds to a name is redacted. The first row of [`DECISIONS`] that holds decides;
//! if none holds, the points of the value do.

use crate::key::{Meaning, asks};
use crate::lexer::{Kind, Tokens};
use crate::policy::Policy;
use crate::rules::keys::{Flag, KeyKind};
use crate::rules::words::{Binding, DECLARATIONS, POSITIONS};
use crate::scan::{Evidence, Scan, Tried};
use crate::score::{Bond, Context, Look, head_of_call, is_credential_word, is_made_up, look};
use crate::text::{at, before, class, is_name, line_start, part, rest};
use crate::value::Value;

/// A name found in the text.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    pub(crate) meaning: Meaning,
    /// The place of the name's last word.
    pub(crate) place: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The place of the opening quote, if the closing quote directly follows the name.
    pub(crate) quote: Option<usize>,
    /// The place after the name, its closing quote and tokens that belong to it, such as an index.
    pub(crate) after: usize,
    /// Whether the name is an option: `--name`.
    pub(crate) is_option: bool,
}

impl Key {
    /// Returns the context of an unquoted value that `bond` binds to the name.
    pub(crate) fn context(&self, bond: Bond) -> Context {
        Context::new(self.meaning.kind, bond)
    }

    /// Returns the range of the name with the constructors around it: `Static("password")`.
    pub(crate) fn around(&self, tokens: &mut Tokens<'_>) -> (usize, usize) {
        match self.quote {
            Some(quote) => tokens.around(quote, self.after),
            None => (self.place, self.after),
        }
    }
}

/// A value that a grammar found for a name.
#[derive(Clone, Copy)]
pub(crate) struct Claim {
    pub(crate) value: Value,
    pub(crate) context: Context,
    /// The rule of the finding. If it is `None`, [`DECISIONS`] and the rule of the name apply.
    pub(crate) rule: Option<&'static str>,
}

impl Claim {
    pub(crate) fn of(key: &Key, value: Value, bond: Bond) -> Self {
        Self { value, context: key.context(bond), rule: None }
    }

    /// Creates a claim for a value that the structure of the text binds to a name, less strongly if it is unquoted.
    pub(crate) fn beside(key: &Key, value: Value) -> Self {
        let bond = if value.quoted { Bond::Structure } else { Bond::Copula };
        Self::of(key, value, bond)
    }

    /// Redacts the value of a claim if it is a secret.
    pub(crate) fn judge(claim: Option<Self>, scan: &mut Scan<'_>, key: &Key) -> Tried {
        match claim {
            Some(Self { value, context, rule: Some(rule) }) => {
                scan.judge_value(value, rule, context)
            }
            Some(claim) => accept(scan, key, claim.value, claim.context),
            None => Tried::Nothing,
        }
    }
}

/// A value with a name, and their surroundings.
struct Case<'c> {
    text: &'c [u8],
    policy: &'c Policy,
    key: &'c Key,
    name: &'c [u8],
    found: Value,
    value: &'c [u8],
    context: Context,
    /// Whether the value begins a call that continues after the value or was cut.
    is_open_call: bool,
    /// Whether the value is an argument, and others follow.
    has_next: bool,
}

enum Decision {
    Redact,
    /// The value is a user and a password, of which the password is judged.
    Login,
    Keep(&'static str),
}

type Condition = fn(&Case<'_>) -> bool;

/// Conditions of name, bond, value and neighbours, each with its decision. `EXAMPLES` has an example of each.
const DECISIONS: &[(Condition, Decision)] = &[
    (|case| case.is_always(), Decision::Redact),
    (|case| case.is_seed(), Decision::Redact),
    (|case| case.is_other_pair(), Decision::Keep("it is a pair with a name of its own")),
    (|case| case.login().is_some(), Decision::Login),
    (|case| case.is_open_call, Decision::Keep("a call")),
    (|case| case.is_column(), Decision::Keep("it is the next column in a list of names")),
    (|case| case.is_asked(), Decision::Keep("the function returns the secret of this name")),
    (|case| case.is_lexeme(), Decision::Keep("further arguments follow")),
    (|case| case.is_part_of_text(), Decision::Keep("the next field is its position in a text")),
    (|case| case.is_label(), Decision::Keep("it is the name of a secret in a label")),
    (|case| case.is_folder(), Decision::Keep("the name means the working directory here")),
    (|case| case.is_result(), Decision::Keep("the name is a verb or a result here")),
    (|case| case.is_count(), Decision::Keep("the value is a number of things")),
    (|case| case.is_key_name(), Decision::Keep("it is itself the name of a secret")),
];

/// Redacts the value of a key if it is a secret.
pub(crate) fn accept(scan: &mut Scan<'_>, key: &Key, found: Value, context: Context) -> Tried {
    let text = scan.text;
    let policy = scan.policy;
    let is_joined = part(text, key.end, found.start) == b"=";
    let has_quotes = match before(text, found.start) {
        b'"' | b'\'' | b'`' => found.quoted,
        _ => false,
    };
    let context = Context {
        quoted: found.quoted,
        is_close: has_quotes || is_joined,
        is_compound: key.meaning.is_compound,
        goes_on: goes_on(scan, found, context.bond),
        ..context
    };
    let is_open_call = goes_on_as_call(scan, found);
    let has_next = context.bond == Bond::Argument && has_next(scan, found.next);
    let name = part(text, key.start, key.end);
    let value = found.bytes(text);
    let case = Case { text, policy, key, name, found, value, context, is_open_call, has_next };
    let rule = key.meaning.rule;
    match DECISIONS.iter().find(|(holds, _)| holds(&case)) {
        Some((_, Decision::Redact)) => {
            scan.redact(found.start, found.end, rule, Evidence::Structure);
            Tried::Found
        }
        Some((_, Decision::Keep(why))) => {
            scan.keep(found.start, found.end, rule, why);
            Tried::Nothing
        }
        Some((_, Decision::Login)) => {
            let password = found.start + case.login().unwrap_or(0);
            scan.judge(password, found.end, rule, context.or(KeyKind::Password))
        }
        None => scan.judge(found.start, found.end, rule, context),
    }
}

/// Whether another argument follows; a comma may also stand after the last one.
fn has_next(scan: &mut Scan<'_>, place: usize) -> bool {
    let is_comma = scan.tokens.is_sign(place, b',');
    let end = if is_comma { scan.tokens.skip_lines(place + 1) } else { place };
    !matches!(scan.tokens.kind(end), Kind::Close(_))
}

impl Case<'_> {
    fn is_password(&self) -> bool {
        self.key.meaning.kind == KeyKind::Password
    }

    /// Whether the name is configured.
    fn is_always(&self) -> bool {
        self.context.is_bound() && self.key.meaning.has(Flag::Always)
    }

    /// Whether the value is the list of words of a wallet: `mnemonic: abandon ability able …`.
    fn is_seed(&self) -> bool {
        let is_word = |word: &[u8]| class!("a-z").fits(word, ..9);
        let mut words = self.value.split(|byte| *byte == b' ');
        match words.clone().count() {
            12.. if self.key.meaning.has(Flag::Words) => words.all(is_word),
            _ => false,
        }
    }

    /// Whether the value is a pair of its own, which is read separately: `the token was refused: status=401`.
    fn is_other_pair(&self) -> bool {
        let is_capital = |text: &[u8]| at(text, 0).is_ascii_uppercase();
        // Go prints an empty text as nothing: `{Password: Mode:x}`.
        let is_field =
            is_capital(self.name) && is_capital(self.value) && self.value.contains(&b':');
        if is_field && !self.context.quoted && !is_made_up(self.value) {
            return true;
        }
        let is_bound = self.context.is_bound();
        let is_loose = match self.context.bond {
            Bond::Sign(Binding::Colon) => !self.context.quoted_key,
            _ => !is_bound,
        };
        let Some(name) = name_of_pair(self.value).filter(|_| is_loose) else {
            return false;
        };

        match self.policy.meaning(name) {
            Some(_) => true,
            // A password may contain `=`, as in `password: ab=7xQ9`.
            None if is_bound && self.is_password() => false,
            None => class!("a-z_-").fits(name, 2..),
        }
    }

    /// Returns the start of the password in `credentials bob:winter77` or `auth=bob/winter77`.
    fn login(&self) -> Option<usize> {
        if !self.key.meaning.has(Flag::Login) || self.value.len() > 128 {
            return None;
        }
        let sign = self.value.iter().position(|byte| b":/".contains(byte))?;
        let user = &self.value[..sign];
        let password = &self.value[sign + 1..];
        let is_user = class!("a-zA-Z0-9_.-").fits(user, 2..);
        let is_login = is_user && is_made_up(password);
        (is_login && !password.contains(&b'/')).then_some(sign + 1)
    }

    /// Whether the value is probably another column in a list of columns, as `created_at` beside `password`.
    fn is_column(&self) -> bool {
        let is_name = match self.context.bond {
            // `["password", "oidc"]` is a list of names.
            Bond::Item(b'[') => true,
            Bond::Item(_) => !self.is_password(),
            _ => false,
        };
        let value = self.value;
        is_name && (class!("a-z_").all(value) || look(value) == Look::Word && value.len() < 10)
    }

    /// Whether the value is the name of a secret that a function returns: `get_token("github")`.
    fn is_asked(&self) -> bool {
        self.context.bond == Bond::Argument && asks(self.name)
    }

    /// Whether the value is the first of several arguments, as a lexer prints them: `Token('NAME', 1)`.
    fn is_lexeme(&self) -> bool {
        self.has_next && self.key.meaning.has(Flag::Alone)
    }

    /// Whether a lexer or an analyzer printed the value: `{"token":"quick","start_offset":0`.
    fn is_part_of_text(&self) -> bool {
        self.key.meaning.has(Flag::Alone) && {
            let next = class!("\\\"', ").end(self.text, self.found.end, 8);
            POSITIONS.begins(rest(self.text, next)) && !is_made_up(self.value)
        }
    }

    /// Whether the value is a label of a metric, `rotated{secret="orders-db"}`, in which secrets have names.
    fn is_label(&self) -> bool {
        let is_named = self.key.meaning.kind == KeyKind::Named && self.context.quoted;
        is_named && self.context.bond == Bond::Sign(Binding::Assign) && {
            let lead = class!("a-zA-Z0-9_=\"., -").start(self.text, self.key.start, 128);
            let metric = part(self.text, lead.saturating_sub(2), lead);
            matches!(metric, [name, b'{'] if is_name(*name)) && !is_made_up(self.value)
        }
    }

    /// Whether the name means the working directory: `PWD=/home/x`.
    fn is_folder(&self) -> bool {
        self.key.meaning.is_only(Flag::Folder, self.name) && matches!(self.value, [b'/' | b'~', ..])
    }

    /// Whether the name is a verb, or the result of a test: `PASS: it works`, `pass=3 fail=1`.
    fn is_result(&self) -> bool {
        let is_capital = class!("A-Z").all(self.name);
        match self.context.bond {
            _ if !self.key.meaning.is_only(Flag::Verb, self.name) => false,
            // `the login is bob with pass x7Kq2L`
            Bond::Position => {
                let lead = part(self.text, self.key.start.saturating_sub(5), self.key.start);
                !matches!(lead, b"with " | b" and " | b"sing ") || !is_made_up(self.value)
            }
            Bond::Sign(Binding::Colon) if is_capital => true,
            _ => self.is_short_number(),
        }
    }

    /// Whether the value counts what the name means: `passwords: 12`.
    fn is_count(&self) -> bool {
        match self.name {
            [.., b's', b's'] => false,
            [.., b's'] => self.is_short_number(),
            _ => false,
        }
    }

    fn is_short_number(&self) -> bool {
        class!("0-9").fits(self.value, ..=5)
    }

    /// Whether the value is the name of a secret, as in `key="db_password"` and `login or password`, but not a chosen
    /// password, as in `password=rootpassword`. The query of a URL has values only: `?token=MyAccessToken`.
    fn is_key_name(&self) -> bool {
        let value = self.value;
        if self.context.in_query || value.len() > 40 {
            return false;
        }
        let names = class!("a-zA-Z_.-", or_wide);
        let name = Some(value).filter(|value| names.all(value));
        let Some(KeyKind::Password | KeyKind::Secret | KeyKind::Named) =
            name.and_then(|name| self.policy.meaning(name)).map(|meaning| meaning.kind)
        else {
            return false;
        };

        let is_glued = class!("a-z").fits(value, 5..);
        let is_chosen = is_credential_word(value) || self.is_password() && is_glued;
        let may_be_value = is_chosen && self.context.is_bound() && !self.context.goes_on;
        !may_be_value || is_variable(self.text, self.key, self.found)
    }
}

/// Whether an unquoted value after a colon or an arrow is followed by text that seems to belong to it, as in `passwd:
/// password unchanged`, unlike in `passwd: password user=bob`.
fn goes_on(scan: &mut Scan<'_>, found: Value, bond: Bond) -> bool {
    let tokens = &mut scan.tokens;
    let next = tokens.skip_blanks(found.next);
    let behind = tokens.skip_blanks(next + 1);
    let is_next = match tokens.kind(next) {
        Kind::Sign(b':') => next == found.next,
        Kind::Word => next > found.next && !matches!(tokens.kind(behind), Kind::Sign(b'=' | b':')),
        Kind::Quote | Kind::Open(_) => next > found.next,
        _ => false,
    };
    match bond {
        _ if found.quoted => false,
        Bond::Sign(Binding::Colon | Binding::Arrow) => is_next,
        _ => false,
    }
}

/// Whether the value begins a call that continues after the value or was cut: `token = load(config, "x")`.
fn goes_on_as_call(scan: &mut Scan<'_>, found: Value) -> bool {
    let value = found.bytes(scan.text);
    let Some(first) = head_of_call(value).filter(|_| !found.quoted) else {
        return false;
    };
    // The last bracket belongs to a method of the result: `env().get("x", "y")`.
    let last = memchr::memrchr(b'(', value).unwrap_or(first);
    [first, last].into_iter().any(|open| {
        let open = scan.tokens.place_at(found.start + open);
        match open.and_then(|open| scan.tokens.close(open)) {
            Some(close) => close >= found.next,
            None => found.end == scan.text.len(),
        }
    })
}

/// Whether the value is a variable: `Some(password)`, or a variable with the name of the key, as in
/// `f(user=user, password=password)`, `self.password = password` and `password={password}`.
fn is_variable(text: &[u8], key: &Key, found: Value) -> bool {
    let value = found.bytes(text);
    let name = part(text, key.start, key.end);
    let receiver = name.strip_suffix(value);
    match (before(text, found.start), at(text, found.end)) {
        (b'(', b')') => return true,
        (b'{', b'}') if receiver.is_some() => return true,
        _ => {}
    }
    let Some(receiver) = receiver.filter(|_| !found.quoted) else {
        return false;
    };

    // A declaration, an attribute or an element: `let token = x`, `self.password = x`, `session["token"] = x`.
    let line = line_start(text, key.start);
    let mut words = part(text, line, key.start).rsplit(|byte| !is_name(*byte));
    let is_declared = words.nth(1).is_some_and(|word| DECLARATIONS.has(word));
    let is_element = memchr::memchr(b'.', receiver).is_some_and(|sign| sign + 1 == receiver.len());
    // The value may be far below the name in a table.
    let is_index = part(text, key.end, found.start.min(key.end + 16)).contains(&b']');
    let is_code = is_declared || is_element || is_index;
    if is_code && before(text, found.start) == b' ' {
        return true;
    }
    // A manual names the argument of an option: `-p password, --password=password`.
    let option = class!("-").start(text, key.start, 2);
    if part(text, 0, option.saturating_sub(2)).ends_with(value) && before(text, option) == b' ' {
        return true;
    }

    // The argument before or after this one also has its own name as its value: `user=user`.
    let pair = class!("a-zA-Z0-9_ =:");
    let is_double = |pair: &[u8]| {
        let sign = pair.iter().position(|byte| b"=:".contains(byte));
        let name = sign.map_or(&[][..], |sign| pair[..sign].trim_ascii());
        !name.is_empty() && sign.is_some_and(|sign| pair[sign + 1..].trim_ascii() == name)
    };
    let comma = class!(" ").start(text, key.start, 2);
    let last = comma.saturating_sub(1);
    let next = found.end + 1;
    let pairs = [
        (before(text, comma), part(text, pair.start(text, last, 64), last)),
        (at(text, found.end), part(text, next, pair.end(text, next, 64))),
    ];

    // Another argument is a variable without a name: `Client(host, password=password)`.
    let argument = class!("a-zA-Z0-9_").start(text, last, 64);
    let is_positional = before(text, comma) == b','
        && argument < last
        && (before(text, argument) == b'(' || text[..argument].ends_with(b", "));
    is_positional || pairs.iter().any(|(sign, pair)| *sign == b',' && is_double(pair))
}

/// Returns the name in `name=value`.
pub(crate) fn name_of_pair(text: &[u8]) -> Option<&[u8]> {
    let end = class!("a-zA-Z0-9_.-").end(text, 0, 64);
    let name = &text[..end];
    let value = &text[end..];
    let is_name = !matches!(name, [] | [b'0'..=b'9' | b'.' | b'-', ..]);
    let is_pair = value.starts_with(b"=") && value.iter().any(|byte| *byte != b'=');
    (is_name && is_pair).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Redactor;

    /// An example of each row of [`DECISIONS`], and one of the points.
    const EXAMPLES: [(&str, &str); 15] = [
        ("0", "codename=true"),
        (
            "1",
            "mnemonic: able about above absent absorb abstract absurd abuse access acid acid acoustic",
        ),
        ("2", "the token was refused: status=401"),
        ("3", "credentials: bob:winter77"),
        ("4", "token = load(config, 'x')"),
        ("5", "['password', 'oidc']"),
        ("6", "get_token('orders')"),
        ("7", "Token('winter77', 1)"),
        ("8", "{\"token\":\"quick\",\"start_offset\":0}"),
        ("9", "last_rotated{secret=\"orders-db\"} > 7"),
        ("10", "PWD=/home/app"),
        ("11", "pass=3 fail=1"),
        ("12", "passwords: 12"),
        ("13", "token: db_password"),
        ("points", "password=winter77"),
    ];

    #[test]
    fn each_row_decides_its_example() {
        let redactor = Redactor::builder().key("codename").unwrap().build();
        for (row, text) in EXAMPLES {
            let explanation = redactor.explain(text);
            let wanted = match row.parse::<usize>() {
                Err(_) => "points",
                Ok(row) => match DECISIONS[row].1 {
                    Decision::Redact => "redacted by",
                    Decision::Login => "17..25 redacted by",
                    Decision::Keep(why) => why,
                },
            };
            assert!(explanation.contains(wanted), "{text}: {explanation}");
        }
    }
}
