//! The looks of values, and the points that each look needs to be a secret.

macro_rules! looks {
    ($($(#[$doc:meta])+ $look:ident $needs:literal $name:literal)*) => {
        /// The look of a value.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Look {
            $($(#[$doc])+ $look,)*
        }

        impl Look {
            /// Returns the number of points that make such a value a secret.
            pub(crate) const fn needs(self) -> u8 {
                match self {
                    $(Self::$look => $needs,)*
                }
            }

            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$look => $name,)*
                }
            }
        }
    };
}

looks! {
    /// A value that hides nothing: a literal, a mask, a type, an algorithm.
    Placeholder 255 "a placeholder"
    /// A variable, a call or a template. It refers to a value elsewhere.
    Reference 255 "a reference"
    /// Several words that form a sentence.
    Sentence 20 "a sentence"
    /// One word that is frequent in sentences about secrets.
    Prose 10 "a word of a sentence"
    /// A path, a URL, or words joined by dots.
    Path 9 "a path"
    /// A host, an address, a date, a time or a version.
    Public 9 "a host, a date or a version"
    /// A word of letters.
    Word 7 "a word"
    /// Words joined by dashes or underscores, and values with no other look.
    Name 7 "a name"
    /// Several words that do not form a sentence.
    Phrase 7 "a phrase"
    /// Up to five digits.
    ShortNumber 9 "a short number"
    /// Six digits or more, or four or five in the position of a password.
    Number 6 "a number"
    /// A UUID.
    Uuid 4 "a UUID"
    /// Letters and digits, or letters of irregular case, as people choose passwords.
    Mixed 5 "letters and digits"
    /// 32 hexadecimal digits or more.
    Hash 3 "a hash"
    /// Characters that change their class or case more often than those of words.
    Random 3 "random characters"
}

impl Look {
    /// Whether the value hides nothing, so that there is nothing to redact.
    pub(crate) fn is_placeholder(self) -> bool {
        matches!(self, Self::Placeholder | Self::Reference)
    }

    /// Whether the value looks like a password or a token and not like a word.
    pub(crate) fn is_made_up(self) -> bool {
        matches!(self, Self::Mixed | Self::Random | Self::Hash)
    }
}
