//! Detects whether an expression uses a variable of its scope.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// Returns a use of `word` in `tokens`. `None` if a pattern in `tokens` may bind `word`: the compiler then
/// reports a mistake.
pub(super) fn of(word: &Ident, tokens: TokenStream) -> Option<Ident> {
    let mut search = Search {
        word,
        used: None,
        bound: false,
    };
    search.tokens(tokens, false);
    search.used.filter(|_| !search.bound)
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
        for (index, tree) in trees.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| &trees[before]);
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
                    } else if is_punct(after, '!')
                        || is_punct(after, ':') && !is_self(ident)
                        || is_punct(before, ':')
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
