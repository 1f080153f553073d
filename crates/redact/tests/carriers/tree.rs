//! Generates a random tree of values. Some values are secrets because of the names above them.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

pub(crate) const MARK: &str = "<REDACTED>";

#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Text(String),
    Number(u64),
    /// `true`, `false` or nothing.
    Literal(Option<bool>),
    Secret(String),
    SecretNumber(u64),
    /// A sentence that contains this secret.
    Message(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
    /// A text that contains this tree in JSON.
    Json(Box<Tree>),
}

/// Texts that are no secrets, but begin or end like other structures.
const HARMLESS: [&str; 40] = [
    "orders",
    "C:\\keys\\",
    "C:\\temp\\",
    "D:\\",
    "\\\\nas\\share\\",
    "\\",
    "\\\\",
    "a\\",
    "it's",
    "users'",
    "'",
    "''",
    "say \"hi\"",
    "\"",
    "\"\"",
    "5\"",
    "x\\\"",
    "",
    " ",
    "[a]",
    "{b",
    "c}",
    "(d",
    "a, b",
    "x: y",
    "# no",
    "é",
    "two\nlines",
    "\t",
    "100%",
    "/etc/app/",
    "null",
    "true",
    "17",
    "<b>",
    "*.log",
    "a|b",
    "|",
    "%20",
    "&amp;",
];

impl Tree {
    pub(crate) fn secrets(&self) -> Vec<String> {
        match self {
            Self::Secret(text) | Self::Message(text) => vec![text.clone()],
            Self::SecretNumber(number) => vec![number.to_string()],
            Self::List(items) => items.iter().flat_map(Self::secrets).collect(),
            Self::Map(fields) => fields.iter().flat_map(|(_, field)| field.secrets()).collect(),
            Self::Json(inner) => inner.secrets(),
            _ => Vec::new(),
        }
    }

    /// Whether all leaves may be redacted, so that only the names have to stay.
    fn is_secret(&self) -> bool {
        match self {
            Self::Secret(_) | Self::SecretNumber(_) | Self::Literal(_) => true,
            Self::List(items) => items.iter().all(Self::is_secret),
            Self::Map(fields) => fields.iter().all(|(_, field)| field.is_secret()),
            Self::Json(inner) => inner.is_secret(),
            _ => false,
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Secret(text) => text.clone(),
            Self::Number(number) | Self::SecretNumber(number) => number.to_string(),
            Self::Literal(None) => "null".to_owned(),
            Self::Literal(Some(is)) => is.to_string(),
            Self::Message(secret) => message(secret),
            Self::List(_) | Self::Map(_) => self.json().to_string(),
            Self::Json(inner) => inner.json().to_string(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Number(number) | Self::SecretNumber(number) => (*number).into(),
            Self::Literal(is) => (*is).into(),
            Self::List(items) => items.iter().map(Self::json).collect(),
            Self::Map(fields) => {
                fields.iter().map(|(name, it)| (name.clone(), it.json())).collect()
            }
            leaf => leaf.text().into(),
        }
    }

    /// Returns the fields of a map for a language without levels, in which a list or a map is a text in JSON.
    pub(crate) fn fields(&self) -> Vec<(&str, Self)> {
        let leaf = |it: &Self| match it {
            Self::List(_) | Self::Map(_) => Self::Json(Box::new(it.clone())),
            leaf => leaf.clone(),
        };
        match self {
            Self::Map(fields) => fields.iter().map(|(name, it)| (&**name, leaf(it))).collect(),
            _ => Vec::new(),
        }
    }

    /// Compares the tree with the tree that was read after the redaction. All names, and all values that are not
    /// secret, must be equal.
    pub(crate) fn compare(&self, read: &Value) -> Result<(), String> {
        let differs = || Err(format!("{self:?} is {read}"));
        let text = match read {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match (self, read) {
            (Self::List(_) | Self::Json(_), _) if self.is_secret() && text.contains(MARK) => Ok(()),
            (Self::List(items), Value::Array(read)) if items.len() == read.len() => {
                items.iter().zip(read).try_for_each(|(item, read)| item.compare(read))
            }
            (Self::Map(fields), Value::Object(read)) if fields.len() == read.len() => {
                fields.iter().try_for_each(|(name, field)| match read.get(name) {
                    Some(read) => field.compare(read),
                    None => Err(format!("{name} is gone")),
                })
            }
            (Self::List(_) | Self::Map(_), _) => differs(),
            (Self::Json(inner), _) => match serde_json::from_str(&text) {
                Ok(read) => inner.compare(&read),
                Err(_) => differs(),
            },
            (Self::Secret(_) | Self::SecretNumber(_), _) => Ok(()),
            (Self::Message(_), _) if text == message(MARK) => Ok(()),
            (leaf, _) if leaf.text() == text => Ok(()),
            _ => differs(),
        }
    }
}

fn message(secret: &str) -> String {
    format!("login with password={secret} failed")
}

/// Generates one half of a password, which looks like a password itself.
fn part() -> impl Strategy<Value = String> {
    "[b-h]{2,3}[0-9]{2}[A-Z][b-k][0-9][b-k]{1,2}"
}

/// Generates a password that has signs of all languages at its beginning, in its middle and at its end.
fn password() -> impl Strategy<Value = String> {
    let begins = ["", "", "", "$", "%", "@", "<", "#", "!", "{", "[", "file:", "your-"];
    let signs = [
        "", "'", "\"", "\\", "''", "\"\"", "\\\"", " ", ", ", "=", "$", "%", "{", "}", "]", ")",
        ";", "|", "\\\\", ": ", "\",\"", "','",
    ];
    let ends = ["", "", "", "", "\\", "'", "\"", "\\\\", "''", "!", "\\\\\\"];
    let texts =
        (select(begins.to_vec()), part(), select(signs.to_vec()), part(), select(ends.to_vec()));
    texts.prop_map(|(begin, first, sign, second, end)| match sign {
        "" => [begin, &first, end].concat(),
        _ => [begin, &first, sign, &second, end].concat(),
    })
}

/// Generates a name of a secret in one of the styles of programs.
fn secret_name(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    let owner = select(vec!["", "", "db_", "smtp_", "admin_"]);
    (owner, select(names), 0..3_u8).prop_map(|(owner, name, style)| {
        let words = format!("{owner}{name}");
        match style {
            0 => words,
            1 => words.replace('_', "-"),
            _ => words.to_uppercase(),
        }
    })
}

/// Generates one or several secrets and their name. Below the name of a token, a field with an unknown name has a
/// secret that looks like one.
fn secret_field() -> BoxedStrategy<(String, Tree)> {
    let strong = || {
        prop_oneof![
            6 => password().prop_map(Tree::Secret),
            1 => (10_000_000_u64..99_999_999).prop_map(Tree::SecretNumber),
            1 => Just(Tree::Literal(None)),
        ]
        .boxed()
    };
    let random =
        || "[a-z][0-9][A-Z][0-9][a-z][0-9][A-Z]{2}[0-9][a-z]".prop_map(Tree::Secret).boxed();
    let code = prop_oneof![
        (1000_u64..999_999).prop_map(Tree::SecretNumber),
        (1000_u64..999_999).prop_map(|number| Tree::Secret(number.to_string())),
    ];
    let passwords = &["password", "passwords", "passphrase"];
    let tokens = &["api_key", "api_keys", "access_token", "client_secret", "secret_key"];
    let others = &["recovery_codes", "backup_codes", "tokens", "secrets", "credentials"];
    let qualifiers = &["old", "new", "staging", "1"];
    let any = &["old", "eu", "us", "job2"];
    prop_oneof![
        4 => (secret_name(passwords), grouped(strong(), any)),
        3 => (secret_name(tokens), grouped(strong(), qualifiers)),
        1 => (secret_name(tokens), grouped(random(), any)),
        2 => (secret_name(others), grouped(random(), any)),
        1 => (secret_name(&["pin", "otp"]), code),
    ]
    .boxed()
}

/// Generates a leaf, a list of leaves, a map of leaves, or a map of leaves and lists.
fn grouped(leaf: BoxedStrategy<Tree>, names: &'static [&'static str]) -> BoxedStrategy<Tree> {
    let list = vec(leaf.clone(), 1..4).prop_map(Tree::List);
    let map = |of: BoxedStrategy<Tree>| vec((select(names), of), 1..4).prop_map(map_of);
    let deep = prop_oneof![leaf.clone(), list.clone()].boxed();
    prop_oneof![5 => leaf.clone(), 2 => list, 2 => map(leaf), 1 => map(deep)].boxed()
}

/// Returns a map with the first field of each name.
fn map_of(fields: Vec<(impl Into<String>, Tree)>) -> Tree {
    let mut kept: Vec<(String, Tree)> = Vec::new();
    for (name, field) in fields {
        let name = name.into();
        if kept.iter().all(|(other, _)| *other != name) {
            kept.push((name, field));
        }
    }
    Tree::Map(kept)
}

pub(crate) fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        8 => select(HARMLESS.to_vec()).prop_map(|text| Tree::Text(text.to_owned())),
        2 => (0_u64..999).prop_map(Tree::Number),
        1 => any::<Option<bool>>().prop_map(Tree::Literal),
        1 => part().prop_map(Tree::Message),
    ];
    map(leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Tree::List),
            map(inner.clone()),
            map(inner).prop_map(|tree| Tree::Json(Box::new(tree))),
        ]
    }))
}

fn map(inner: impl Strategy<Value = Tree> + 'static) -> BoxedStrategy<Tree> {
    let names =
        select(vec!["dir", "host", "table", "rows", "note", "zone", "size", "step", "info"]);
    let field = prop_oneof![
        2 => (names, inner).prop_map(|(name, field)| (name.to_owned(), field)),
        1 => secret_field(),
    ];
    vec(field, 1..6).prop_map(map_of).boxed()
}
