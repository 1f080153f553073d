//! The rules that have a grammar of their own.

/// A rule whose row is code.
#[derive(Debug)]
pub(crate) struct Structure {
    pub(crate) id: &'static str,
    pub(crate) secret: &'static [&'static str],
    pub(crate) benign: &'static [&'static str],
}

macro_rules! structures {
    ($($name:ident $id:literal secret $secret:tt benign $benign:tt)*) => {
        $(pub(crate) const $name: &str = $id;)*
        pub(crate) const STRUCTURES: &[Structure] = &[$(Structure { id: $id, secret: &$secret, benign: &$benign }),*];
    };
}

structures! {
    URL_USERINFO "url-userinfo"
        secret ["postgres://bob:winter77@db.example.com/x", "postgres://app:Admin@1234@db.example.com/x", "postgres://app:p@ss/w0rd@db.example.com/x", "postgres://u:p@ss/w0rd@h", "redis://u:pa/ss@db:6379"]
        benign ["ssh://git@host.example.com/a", "postgres://db.example.com:5432/x", "http://h/a@b"]
    URL_PATH "url-path"
        secret ["https://hooks.example.com/services/T00/B00/m2N3y4eyfH21KNPa4aERKUN1"]
        benign ["https://example.com/services/orders/2024-01-02"]
    ADDRESS_PASSWORD "address-password"
        secret ["dsn=bob:winter77@tcp(db:3306)/x", "root:password@tcp(db:3306)/x", "//bob:winter77@db:4317 has no scheme", "sqlplus bob/winter77@db:1521/XE"]
        benign ["com.acme:tool@1.2.3", "Accepted:root@host.example.com:22", "org.springframework:core@jar", "image@sha256:9f86d081884c7d65", "nginx:1.25@sha256:4a1c4b21597c1b4415bdbecb28a3296c"]
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
    CONFIGURED_KEY "configured-key"
        secret []
        benign []
    CONFIGURED_PATTERN "configured-pattern"
        secret []
        benign []
}
