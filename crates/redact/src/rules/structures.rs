//! Rules that have a grammar of their own: structures, authorization schemes, cookies and numbers.

use std::ops::RangeInclusive;

use crate::rules::list::{WordList, words};

macro_rules! structures {
    ($($name:ident $id:literal)*) => {
        $(pub(crate) const $name: &str = $id;)*
        /// The ids of the rules that are implemented in code.
        pub(crate) static STRUCTURES: &[&str] = &[$($id),*];
    };
}

structures! {
    URL_USERINFO "url-userinfo"
    URL_PATH "url-path"
    ADDRESS_PASSWORD "address-password"
    PEM_PRIVATE_KEY "pem-private-key"
    JSON_WEB_TOKEN "json-web-token"
    SQL_PASSWORD "sql-password"
    PASSWORD_FILE "password-file"
    EMAIL "email"
    SOCIAL_SECURITY_NUMBER "social-security-number"
    PAYMENT_CARD "payment-card"
    BANK_ACCOUNT "bank-account"
    PHONE_NUMBER "phone-number"
    REPEATED "repeated"
    UNREAD "unread"
    NOT_KNOWN "not-known"
    CONFIGURED_KEY "configured-key"
    CONFIGURED_PATTERN "configured-pattern"
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
pub(crate) struct Scheme {
    pub(crate) id: &'static str,
    pub(crate) names: WordList,
    pub(crate) form: Form,
}

macro_rules! schemes {
    ($($id:literal $form:ident $names:literal)*) => {
        pub(crate) static SCHEMES: &[Scheme] = &[$(Scheme {
            id: $id, names: words!($names), form: Form::$form,
        }),*];
    };
}

#[rustfmt::skip]
schemes! {
    "bearer" Word "bearer"
    "basic" Word "basic"
    "authorization-scheme" Word "token, negotiate, ntlm, apikey, api-key, sharedkey, ssws, key, sharedkeylite, goog, \
    splunk, plain, login, bot, genie-key, geniekey, klaviyo-api-key, aws, cloudfront, \
    kerberos, passkey, jwt, privatetoken, snowflake, pre-shared-key"
    "authorization-parameters" List "digest, oauth, hawk, signature, aws4-hmac-sha256, aws4-ecdsa-p256-sha256, mac, hmac, \
    hmac-sha256, googlelogin, eg1-hmac-sha256, mauth"
}

/// Attributes of `Set-Cookie`, which are not cookies.
pub(crate) static COOKIE_ATTRIBUTES: WordList = words!(
    "path, domain, expires, max-age, samesite, secure, httponly, priority, partitioned, \
    version, comment"
);

/// The beginnings of the base64 of a JSON web token's header: of `{"alg"`, `{"typ"`, `{"kid"` and similar ones.
pub(crate) static WEB_TOKEN_HEADERS: WordList =
    words!("eyJhbGci, eyJ0eXAi, eyJraWQi, eyJlbmMi, eyJrIjoi, eyJqa3Ui, eyJjdHki, eyJ4NXQi");

/// The id of the rule for the type of a JSON web key.
pub(crate) const JSON_WEB_KEY: &str = "json-web-key";

/// The members of a JSON web key that are secret.
pub(crate) static PRIVATE_MEMBERS: WordList = words!("d, k, p, q, dp, dq, qi");

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
