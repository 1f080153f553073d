//! Rules that have a grammar of their own: structures, authorization schemes, cookies and numbers.

use std::ops::RangeInclusive;

use crate::rules::Examples;
use crate::rules::list::{WordList, words};
use crate::rules::rows;

/// A rule that is implemented in code.
#[derive(Debug)]
pub(crate) struct Structure {
    pub(crate) id: &'static str,
}

macro_rules! structures {
    ($($name:ident $id:literal secret $secret:tt benign $benign:tt)*) => {
        $(pub(crate) const $name: &str = $id;)*
        pub(crate) static STRUCTURES: &[Structure] = &[$(Structure { id: $id }),*];

        pub(crate) static EXAMPLES: &[Examples] = &[$(Examples { secret: &$secret, benign: &$benign }),*];
    };
}

structures! {
    URL_USERINFO "url-userinfo"
        secret ["postgres://bob:winter77@db.example.com/x", "postgres://app:Admin@1234@db.example.com/x", "postgres://app:p@ss/w0rd@db.example.com/x", "postgres://u:p@ss/w0rd@h", "redis://u:pa/ss@db:6379"]
        benign ["ssh://git@host.example.com/a", "postgres://db.example.com:5432/x", "http://h/a@b"]
    URL_PATH "url-path"
        secret ["https://hooks.example.com/services/T00/B00/m2N3y4eyfH21KNPa4aERKUN1", "GET /reset-password/m2N3y4eyfH21KNPa4aER HTTP/1.1", "/account/magicLink/m2N3y4eyfH21KNPa4aER?next=1", "/forgot-password/MQ/m2N3y4eyfH21KNPa4aER/", "https://h/unsubscribe/m2N3y4eyfH21KNPa4aER"]
        benign ["https://example.com/services/orders/2024-01-02", "GET /reset-password/m2N3y4eyfH2 HTTP/1.1", "/presets/m2N3y4eyfH21KNPa4aER", "/reset-password"]
    ADDRESS_PASSWORD "address-password"
        secret ["dsn=bob:winter77@tcp(db:3306)/x", "root:password@tcp(db:3306)/x", "//bob:winter77@db:4317 has no scheme", "//bob:winter77@db/orders", "sqlplus bob/winter77@db:1521/XE"]
        benign ["//TODO:mail@host", "com.acme:tool@1.2.3", "Accepted:root@host.example.com:22", "org.springframework:core@jar", "image@sha256:9f86d081884c7d65", "nginx:1.25@sha256:4a1c4b21597c1b4415bdbecb28a3296c"]
    PEM_PRIVATE_KEY "pem-private-key"
        secret ["-----BEGIN PRIVATE KEY-----\nMIIBVAIBADANBgkqhkiG9w0BAQ\n-----END PRIVATE KEY-----", "key: \"-----BEGIN RSA PRIVATE KEY-----\\nMIIBVAIBADANBgkqhkiG", "\"-----BEGIN PRIVATE KEY-----\\n\" + \"MIIBVAIBADANBgkqhkiG\\n\"", "k=-----BEGIN%20RSA%20PRIVATE%20KEY-----%0AMIIBVAIBADANBgkqhkiG", "-----BEGIN+PRIVATE+KEY-----%0AMIIBVAIBADANBgkqhkiG", "MIIBVAIBADANBgkqhkiG\nw0BAQ==\n-----END PRIVATE KEY-----"]
        benign ["-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "no BEGIN PRIVATE KEY line", "bad header: '-----BEGIN PRIVATE KEY-----' not found\nuser=bob", "no -----END PRIVATE KEY-----"]
    JSON_WEB_TOKEN "json-web-token"
        secret ["got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.D--VSa9lPTozgwU"]
        benign ["eyJ is how a token begins"]
    SQL_PASSWORD "sql-password"
        secret ["ALTER USER bob WITH PASSWORD 'winter'", "INSERT INTO users (name, password) VALUES ('bob', 'winter77')"]
        benign ["ALTER USER bob PASSWORD EXPIRE", "SELECT password FROM users", "INSERT INTO users (name, password) VALUES (?, ?)"]
    PASSWORD_FILE "password-file"
        secret ["db.example.com:5432:orders:bob:winter77"]
        benign ["a.py:12:3:error:E501", "root:x:0:0:root:/root:/bin/bash", "2001:db8:1234:ab12:cd34:9f3a2b7c"]
    EMAIL "email"
        secret ["no such customer jane.doe@example.com"]
        benign ["git@github.com:acme/x.git", "postfix@host.local"]
    SOCIAL_SECURITY_NUMBER "social-security-number"
        secret ["ssn 215-38-1979 fails"]
        benign ["id 000-38-1979", "2024-10-1979"]
    PAYMENT_CARD "payment-card"
        secret ["card 4111 1111 1111 1111 declined"]
        benign ["card 4111 1111 1111 1112", "order 1234567890123456"]
    BANK_ACCOUNT "bank-account"
        secret ["iban DE89 3704 0044 0532 0130 00"]
        benign ["iban DE88 3704 0044 0532 0130 00"]
    PHONE_NUMBER "phone-number"
        secret ["caller +1 (383) 555-0165 hung up"]
        benign ["offset +12345", "x+1-2"]
    REPEATED "repeated"
        secret ["password=hunter2x7 rejected: 'hunter2x7' is wrong"]
        benign ["password=${X} rejected: ${X}"]
    UNREAD "unread"
        secret []
        benign []
    CONFIGURED_KEY "configured-key"
        secret []
        benign []
    CONFIGURED_PATTERN "configured-pattern"
        secret []
        benign []
}

/// The form of the credentials after a scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The credentials are one word.
    Word,
    /// The credentials are a list of parameters.
    List,
}

/// A scheme of `Authorization`.
#[derive(Debug)]
pub(crate) struct Scheme {
    pub(crate) id: &'static str,
    pub(crate) names: WordList,
    pub(crate) form: Form,
    /// Whether the scheme alone, without its header, introduces credentials.
    pub(crate) is_bare: bool,
}

rows! {
    SCHEMES: Scheme, SCHEME_EXAMPLES;
    {
        id: "bearer",
        names: words!["bearer"],
        form: Form::Word,
        is_bare: true,
    }
    secret ["Authorization: Bearer Ub1xzpy42PD7CJtNY2SA", "got 'BEARER a1B2c3D4e5f6'"] benign ["WWW-Authenticate: Bearer realm=\"x\"", "bearer token missing", "bearer bonds"]
    {
        id: "basic",
        names: words!["basic"],
        form: Form::Word,
        is_bare: true,
    }
    secret [
            "Authorization: Basic dXNlcjpwYXNz",
            "auth Basic c3ZjLWluZ2VzdDpBeWtncWpZcWVWVXE=",
        ] benign ["Basic realm=\"x\"", "basic authentication"]
    {
        id: "authorization-scheme",
        names: words![
            "token",
            "negotiate",
            "ntlm",
            "apikey",
            "api-key",
            "sharedkey",
            "ssws",
            "key",
            "sharedkeylite",
            "goog",
            "splunk",
            "plain",
            "login",
            "bot",
            "genie-key",
            "geniekey",
            "klaviyo-api-key",
            "aws",
            "cloudfront",
            "kerberos",
            "passkey",
            "jwt",
            "privatetoken",
            "snowflake",
            "pre-shared-key",
        ],
        form: Form::Word,
        is_bare: false,
    }
    secret [
            "Authorization: Token fc687ac6814934fc4b485c67",
            concat!("authorization: AWS AKIA", "J7Q2XW5RT3YB6KLM:frJIUN8DYpKDtOLC="),
        ] benign ["Authorization: Token is missing"]
    {
        id: "authorization-parameters",
        names: words![
            "digest",
            "oauth",
            "hawk",
            "signature",
            "aws4-hmac-sha256",
            "aws4-ecdsa-p256-sha256",
            "mac",
            "hmac",
            "hmac-sha256",
            "googlelogin",
            "eg1-hmac-sha256",
            "mauth",
        ],
        form: Form::List,
        is_bare: false,
    }
    secret [
            "Authorization: Digest username=\"bob\", response=\"6629fae49393a05397450978507c4ef1\"",
        ] benign ["Authorization: Digest"]
}

/// Attributes of `Set-Cookie`, which are not cookies.
pub(crate) static COOKIE_ATTRIBUTES: WordList = words![
    "path",
    "domain",
    "expires",
    "max-age",
    "samesite",
    "secure",
    "httponly",
    "priority",
    "partitioned",
    "version",
    "comment",
];

/// The beginnings of the base64 of a JSON web token's header: of `{"alg"`, `{"typ"`, `{"kid"` and similar ones.
#[rustfmt::skip]
pub(crate) static WEB_TOKEN_HEADERS: WordList = words![
    "eyJhbGci", "eyJ0eXAi", "eyJraWQi", "eyJlbmMi", "eyJrIjoi", "eyJqa3Ui", "eyJjdHki", "eyJ4NXQi",
];

/// The countries with IBANs, each followed by the length of its IBANs.
pub(crate) const IBAN: &str = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28\
    EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20\
    LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29\
    RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

/// The first four digits of payment cards, each with the possible numbers of digits.
#[rustfmt::skip]
pub(crate) const ISSUERS: &[(RangeInclusive<u32>, &[usize])] = &[
    (4000..=4999, &[13, 16, 19]),
    (5100..=5599, &[16]), (2221..=2720, &[16]), (3528..=3589, &[16]),
    (3400..=3499, &[15]), (3700..=3799, &[15]),
    (3000..=3059, &[14, 16]), (3600..=3699, &[14, 16]), (3800..=3999, &[14, 16]),
    (6011..=6011, &[16, 17, 19]), (6440..=6599, &[16, 17, 19]), (6200..=6299, &[16, 17, 19]),
    (5018..=5018, &[16, 18, 19]), (5020..=5020, &[16, 18, 19]), (5038..=5038, &[16, 18, 19]),
    (5893..=5893, &[16, 18, 19]), (6304..=6304, &[16, 18, 19]), (6759..=6759, &[16, 18, 19]),
    (6761..=6763, &[16, 18, 19]),
];

/// Digits that no US social security number has: the position, and the digits at this position.
pub(crate) const NEVER_ISSUED: &[(usize, &str)] =
    &[(0, "000"), (0, "666"), (0, "9"), (4, "00"), (7, "0000")];
