//! Detects whether an expression uses a variable of its scope, or one that only the body declares.

use proc_macro2::{Delimiter, Ident, Spacing, TokenStream, TokenTree};

use crate::tokens;

/// Returns a use of `word` in `tokens`. `None` if a pattern in `tokens` may bind `word`: the compiler then
/// reports a mistake.
pub(super) fn of(word: &Ident, tokens: TokenStream) -> Option<Ident> {
    let mut search = Search { word, used: None, bound: false };
    search.tokens(tokens, false);
    search.used.filter(|_| !search.bound)
}

/// The first variable that `tokens` use and `body` declares, among those that `is_known` does not accept.
/// A function may have the same name, so only what is not a call counts: `word` alone, and `word.…`.
pub(super) fn of_the_body(
    tokens: &TokenStream,
    body: &TokenStream,
    is_known: impl Fn(&Ident) -> bool,
) -> Option<Ident> {
    let mut words = Vec::new();
    let is_alone = tokens.clone().into_iter().nth(1).is_none();
    operands(tokens.clone(), is_alone, &mut words);
    words.into_iter().find(|word| {
        !is_known(word) && declares(word, body.clone()) && of(word, tokens.clone()).is_some()
    })
}

/// The `return` in an expression that contains no function for it to return from.
pub(super) fn leaves(tokens: &TokenStream) -> Option<Ident> {
    let is_function = |word: &Ident| word == "async" || word == "fn";
    if tokens::any_punct(tokens, '|') || tokens::any_ident(tokens, is_function) {
        return None;
    }
    first(tokens.clone(), "return")
}

fn first(tokens: TokenStream, wanted: &str) -> Option<Ident> {
    tokens.into_iter().find_map(|tree| match tree {
        TokenTree::Ident(word) => (word == wanted).then_some(word),
        TokenTree::Group(group) => first(group.stream(), wanted),
        _ => None,
    })
}

fn operands(tokens: TokenStream, is_alone: bool, words: &mut Vec<Ident>) {
    let mut trees = tokens.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Group(group) => operands(group.stream(), false, words),
            TokenTree::Ident(word) if is_alone || is_punct(trees.peek(), '.') => words.push(word),
            _ => {}
        }
    }
}

/// Whether a `let` or a `for` in `tokens` declares a variable of this name.
pub(super) fn declares(word: &Ident, tokens: TokenStream) -> bool {
    declared(word, tokens, false)
}

fn declared(word: &Ident, tokens: TokenStream, mut pattern: bool) -> bool {
    tokens.into_iter().any(|tree| {
        match &tree {
            TokenTree::Ident(it) if it == "let" || it == "for" => pattern = true,
            TokenTree::Ident(it) if it == "in" => pattern = false,
            TokenTree::Ident(it) => return pattern && it == word,
            TokenTree::Punct(it) if matches!(it.as_char(), '=' | ';') => pattern = false,
            TokenTree::Group(group) => return declared(word, group.stream(), pattern),
            _ => {}
        }
        false
    })
}

struct Search<'a> {
    word: &'a Ident,
    used: Option<Ident>,
    bound: bool,
}

impl Search<'_> {
    /// `pattern`: whether the tokens may be a pattern.
    fn tokens(&mut self, tokens: TokenStream, pattern: bool) {
        let trees: Vec<_> = tokens.into_iter().collect();
        let mut parameters_end = 0;
        for (index, tree) in trees.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| &trees[before]);
            if index >= parameters_end && is_punct(Some(tree), '|') && !is_operand(before) {
                let mut rest = trees[index + 1..].iter();
                let bar = rest.position(|tree| is_punct(Some(tree), '|'));
                parameters_end = bar.map_or(0, |bar| index + bar + 2);
            }
            let pattern = pattern || index < parameters_end;
            let after = trees.get(index + 1);
            match tree {
                TokenTree::Group(group) => {
                    // `Err(e)`, `Row { id }`, `(a, b)`; but not `is_long(a)`, and not a block.
                    let braces = group.delimiter() == Delimiter::Brace;
                    let inside = match before {
                        Some(TokenTree::Ident(name)) => is_type(name) || is_keyword(name),
                        Some(TokenTree::Punct(punct)) => !braces && punct.as_char() != '!',
                        _ => !braces,
                    };
                    self.tokens(group.stream(), inside || pattern && !braces);
                }
                TokenTree::Ident(ident) if ident == self.word => {
                    let keyword = matches!(before, Some(TokenTree::Ident(it)) if is_keyword(it));
                    let closure = is_punct(before, '|') || is_punct(after, '|');
                    let arm = is_punct(after, '@')
                        || is_punct(after, '=') && !is_comparison(&trees[index + 1..]);
                    if is_punct(before, '.') && !is_range(&trees[..index]) {
                        // A field or a method.
                    } else if is_punct(after, '!') || is_punct(after, ':') || is_punct(before, ':')
                    {
                        // A path, a macro, or a field.
                    } else if !is_self(ident) && (pattern || keyword || closure || arm) {
                        self.bound = true;
                    } else if self.used.is_none() {
                        self.used = Some(ident.clone());
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether a `|` after it is an operator, and does not begin a closure.
pub(super) fn is_operand(tree: Option<&TokenTree>) -> bool {
    match tree {
        Some(TokenTree::Ident(word)) => {
            !["move", "return", "async", "in"].iter().any(|it| word == it)
        }
        Some(TokenTree::Literal(_) | TokenTree::Group(_)) => true,
        Some(TokenTree::Punct(punct)) => match punct.as_char() {
            '?' => true,
            '|' => punct.spacing() == Spacing::Joint,
            _ => false,
        },
        None => false,
    }
}

fn is_self(ident: &Ident) -> bool {
    ident == "self"
}

fn is_type(name: &Ident) -> bool {
    name.to_string().starts_with(char::is_uppercase)
}

fn is_keyword(name: &Ident) -> bool {
    ["let", "for", "ref", "mut", "move", "fn", "static", "const"]
        .iter()
        .any(|keyword| name == keyword)
}

fn is_punct(tree: Option<&TokenTree>, wanted: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

/// `==`, not `=` and `=>`.
fn is_comparison(trees: &[TokenTree]) -> bool {
    is_punct(trees.first(), '=') && is_punct(trees.get(1), '=')
}

/// `..x`
fn is_range(before: &[TokenTree]) -> bool {
    let [.., first, second] = before else {
        return false;
    };
    is_punct(Some(first), '.') && is_punct(Some(second), '.')
}
