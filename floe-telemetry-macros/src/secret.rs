//! Detects names of credentials, whose values must not be recorded by mistake.
//!
//! `floe-redact` has these names in its table of keys; `tests/tests/it/secrets.rs` compares them in both directions. The
//! macros cannot depend on it, because each program would compile it twice.

// A list begins with a blank, so it is no message of the macros.

/// Endings of a credential's name without separators. An ending may begin inside a word, as in `dbpassword`.
const ENDINGS: &str =
    " accesskey accountkey apikey appkey authkey authorization authtok bindpw contrasena
    credential credentials dbpass kennwort keypass motdepasse parool passcode passord
    passphrase passwd password passwort passwrd paswd pasword presharedkey privatekey pswd pwd
    requirepass rootpass rootpw secret secretkey senha smtppass sonarlogin sshpass storepass
    token userpass wachtwoord";

/// Last whole words of a credential's name, joined without separators.
const WORDS: &str =
    " adgangskode adminkey aeskey agekey applicationkey artapi auth authcode awskey backupcode
    bearer cipherkey clickhousekey clientassertion communitystring connectionstring cookie
    cookies cosmoskey cred creds cryptkey csrf cvv databaseurl dburl decryptionkey deploykey
    developerkey devkey dsn encryptionkey encryptkey githuboauth gitlaboauth haslo heslo
    hmackey honeycombteam ingestionkey ingestkey instrumentationkey
    jelszo jwt jwtkey licencekey licensekey lmhash masterauth masterkey mnemonicphrase
    monpass nthash ntlmhash otp parola pass passe passwords pragmakey pragmarekey psk psw pw pwrd
    recoverycode recoverykey recoveryphrase salasana seckey secretkeybase secretphrase secrets
    securekey securitykey seedphrase sessid sessionid sharedkey sifre
    signingkey signkey snmpcommunity sshkey subscriptionkey tlskey tokens
    totp unsealkey whsec wrappingkey xsrf";

/// Words that may follow a credential's name and denote a form of its value.
const FORMS: &[&str] =
    &["b64", "base64", "bytes", "hash", "pem", "raw", "str", "string", "text", "value"];

/// Returns whether a field with this name is a form of the credential that contains it, as in `token.base64`.
pub(crate) fn is_form(name: &str) -> bool {
    FORMS.contains(&name)
}

/// Words before `tokens` that denote a number of tokens.
const COUNTS: &[&str] = &[
    "cached",
    "completion",
    "input",
    "max",
    "min",
    "num",
    "output",
    "prompt",
    "reasoning",
    "remaining",
    "total",
    "used",
];

/// First words of a name that denote a boolean.
const QUESTIONS: &[&str] = &["has", "is", "needs", "uses", "with"];

/// Returns whether `name` is the name of a credential. `token_count` is not, because it is a count, and neither is
/// `has_token`, which is a boolean.
pub(crate) fn is_named_by(name: &str) -> bool {
    let mut words = words(name);
    if words.len() > 1 && QUESTIONS.contains(&words[0].as_str()) {
        return false;
    }

    while let Some(last) = words.last() {
        let letters = words.concat();
        let counted = last == "tokens"
            && words.iter().rev().nth(1).is_some_and(|word| COUNTS.contains(&word.as_str()));
        if counted {
            return false;
        }

        let ends = ENDINGS.split_whitespace().any(|ending| letters.ends_with(ending));
        let matches = |start: usize| {
            let last = words[start..].concat();
            WORDS.split_whitespace().any(|word| word == last)
        };
        if ends || (0..words.len()).any(matches) {
            return true;
        }

        if !FORMS.contains(&last.as_str()) && !last.bytes().all(|byte| byte.is_ascii_digit()) {
            return false;
        }

        words.pop();
    }
    false
}

/// Splits `refresh_token`, `refreshToken` or `REFRESH-TOKEN` into words in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let letters: Vec<char> = name.chars().collect();
    let mut begins = true;
    for (index, letter) in letters.iter().enumerate() {
        if !letter.is_alphanumeric() {
            begins = true;
            continue;
        }

        let before = index.checked_sub(1).map(|index| letters[index]);
        let next_is_lower = letters.get(index + 1).is_some_and(|letter| letter.is_lowercase());
        let hump = letter.is_uppercase()
            && before.is_some_and(|before| !before.is_uppercase() || next_is_lower);
        match words.last_mut() {
            Some(word) if !begins && !hump => word.extend(letter.to_lowercase()),
            _ => words.push(letter.to_lowercase().collect()),
        }

        begins = false;
    }

    // Removes the digit of `password2`.
    if let Some(last) = words.last_mut() {
        let name = last.trim_end_matches(|letter: char| letter.is_ascii_digit());
        if !name.is_empty() && !FORMS.contains(&last.as_str()) {
            *last = name.to_owned();
        }
    }
    words
}
