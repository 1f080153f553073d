//! Names that announce secrets, and the likelihood that a value with such a name is a secret.

use crate::rules::Examples;
use crate::rules::list::{WordList, words};

/// The likelihood that a value with a name of this kind is a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    /// The value is usually a secret, even if it is a plain word.
    Password,
    /// The value is usually a secret, but the name is also used in sentences and as a part of other names.
    Secret,
    /// Like `Secret`, but the value is often only the name of a secret or of credentials.
    Named,
    /// The name also has harmless meanings, so the value has to look random.
    Weak,
    /// Like `Weak`, but a number is usually a secret, too, for example a PIN.
    Code,
    /// Names such as `key`, `code` and `session`. The value has to look random, less so in a query than elsewhere.
    Context,
    /// The value is a scheme and its credentials.
    Authorization,
    /// The value is a list of cookies.
    Cookie,
    /// The value follows SQL's `IDENTIFIED BY`.
    Identified,
}

impl KeyKind {
    pub(crate) const fn points(self) -> u8 {
        match self {
            Self::Password | Self::Identified => 5,
            Self::Secret | Self::Authorization => 4,
            Self::Named | Self::Cookie => 3,
            Self::Weak | Self::Code => 1,
            Self::Context => 0,
        }
    }
}

/// A peculiarity of a name or of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flag {
    /// The value may be a user and a password, of which only the password is the secret.
    Login,
    /// In a call, the value has to be the only argument, because a lexer prints `Token('NAME', 1)`, and
    /// `Credentials("a", "b")` has a user.
    Alone,
    /// Each value after a separator is a secret, even a placeholder.
    Always,
    /// Without other words, the name can also mean the working directory: `PWD=/home/x`.
    Folder,
    /// Without other words, the name can also be a verb or a result: `to pass 'x'`, `pass=3 fail=1`, `PASS: it works`.
    Verb,
    /// Without other words, the name is usually a word of a sentence, so it needs a separator.
    Noun,
    /// The values of a map with this name are secrets if they look like secrets.
    Many,
}

/// A name that announces secrets, with its synonyms.
///
/// A name is written in lower case with spaces between its words, and is found in every spelling: `api key` matches
/// `api_key`, `API-KEY`, `apiKey`, `apikey` and `db.api.key`. It must be at the end of a key, perhaps before
/// [`QUALIFIERS`], and begin with a word; with a `*` in front, it may also begin inside a word.
#[derive(Debug)]
pub(crate) struct KeyName {
    pub(crate) id: &'static str,
    pub(crate) kind: KeyKind,
    pub(crate) flags: &'static [Flag],
    pub(crate) names: WordList,
}

macro_rules! keys {
    ($($id:literal $kind:ident $(($($flag:ident),+))? [$($name:literal),+] secret $secret:tt benign $benign:tt)*) => {
        pub(crate) static KEYS: &[KeyName] = &[$(KeyName {
            id: $id, kind: KeyKind::$kind, flags: &[$($(Flag::$flag),+)?], names: words![$($name),+],
        }),*];

        pub(crate) static EXAMPLES: &[Examples] = &[$(Examples { secret: &$secret, benign: &$benign }),*];
    };
}

#[rustfmt::skip]
keys! {
    "password" Password ["*password", "*passwd", "*pswd", "pw", "*dbpass", "*userpass", "*storepass", "*keypass", "*smtppass", "*sshpass", "*rootpass", "pwrd", "psw", "*passwords", "passe", "*bindpw", "*rootpw", "authtok", "monpass", "rediscli auth"]
        secret ["password=correcthorse host=db", "password = \"correct horse battery staple\"", "PGPASSWORD: x7Gh2kQ9", "password=Welcome@2024", "{\"password\":\"Admin@1234\"}", "login failed, password: Passw@12345", "password='Abc@beef12'", "Password=Summer{2024};", "password=sha256forever", "password=rsa_Monkey7", "password=HS2567890", "password=aes1234x", "password='a::b9Xq'", "password: \"foo(bar)baz9\"", "password=abc(def x", "password=foo[1x y", "password is wrong: password=hunter2 user=bob", "main.login({}, \"password=hunter2x\")"]
        benign ["password=${DB_PASSWORD}", "password=$(command", "password DISABLE", "PASSWORD OPENID", "password_min_length=12", "password: incorrect", "the password was rejected: reason=28P01", "password was wrong: user=bob42", "password = get(config, 'x')", "password=std::string", "password = load(x).token", "password=mysql_native_password", "password for user bob changed by=admin-console", "reset password for user uid=acme-1234", "unused variable: `password` --> src/lib.rs:10:9"]
    "password" Password (Folder) ["*pwd"]
        secret ["user.db_pwd = 'winter'", "pwd=winter77"]
        benign ["PWD=/home/app", "pwd: ~/app"]
    "password" Password (Verb) ["pass"]
        secret ["pass=winter77", "db_pass = 'winter'"]
        benign ["pass=3 fail=1", "PASS: it_works", "to pass 'x' as a value"]
    "passphrase" Password ["*passphrase", "*passcode", "pass phrase", "one time password"]
        secret ["passphrase=correct-horse", "key.passcode: 'b4ttery staple'"]
        benign ["passphrase required", "passphrase: "]
    "password-in-another-language" Password ["*passwort", "*kennwort", "*contrasena", "*contraseña", "*motdepasse", "*senha", "lösenord", "*wachtwoord", "*hasło", "haslo", "salasana", "heslo", "şifre", "sifre", "jelszó", "adgangskode", "пароль", "Пароль", "密码", "密碼", "パスワード", "비밀번호"]
        secret ["passwort=Winter2024", "mot_de_passe=hiver77x", "пароль: zima2024", "密码：dongtian77"]
        benign ["senha inválida", "неверный пароль для bob", "密码错误", "パスワードが正しくありません"]
    "secret" Named ["*secret", "shared secret", "secret value", "*sharedsecret", "client secret", "secret key base"]
        secret ["client_secret=GOCabc12defg", "secret: 7Hq9zX2v", "secretKeyBase = \"0f9a8b7c6d5e4f3a2b1c\""]
        benign ["secret: arn:aws:secretsmanager:us-east-1:1234:secret:x-AbCdEf", "secret_name: orders", "Secret \"orders-creds\" not found", "kind: Secret", "secrets: inherit", "the secret was rotated: version=v2024a1"]
    "token" Secret (Alone) ["*token", "pat", "bearer", "bot token", "crumb", "csrf", "xsrf", "nonce token"]
        secret ["token=8lMkZiFcvX", "x token - 'v8hG2kLm9Qa'", "X_TOKEN ::= v8hG2kLm9Qa", "x_token .= 'v8hG2kLm9Qa'", "my_pat = abcdefghijkl", "the token 6f9619ff-8b86-d011-b42d-00cf4fc964ff was revoked", "refreshToken: \"a1B2c3D4e5\"", "invalid token 9aF3kQ71xZ02 for bob", "the token was refused: token=abc123def", "token expired: refresh_token=abc123def", "got token: token=abc123def", "x refused: [token=abc123def]"]
        benign ["token=android.os.BinderProxy@41f2e3d0 u0", "token=Token{41a2b3c u0}", "the token was refused: status=401 attempt=3", "token rejected: request_id=7f3a2b1c9d", "token refused: trace=4bf92f3577b34da6a3ce929d0e0e4736", "token refused: host=db01.internal", "token expired: at=2024-01-01T00:00:00Z", "token invalid: kid=ab12cd34ef", "got token: kid=ab12cd34", "Token: id=7f3a,user=bob", "invalid token: sub=user42", "bad token: expected=abc123 got=def456", "token: ${{ secrets.GITHUB_TOKEN }}", "token: HS256", "unexpected token: foo", "token_type=bearer", "token count=935 exceeded", "token revoked?", "unexpected token: IDENT2", "next token: 'SELECT2'", "page token: abc123def4", "token for service svc=orders-api-v2", "I1122 \"Generated token for service account\" serviceaccount=\"kube-system/default\"", "no token for request request_id=7f3a2b1c9d", "msg=\"token for service\" svc=orders-api-v2"]
    "secrets" Weak (Many) ["*tokens", "*secrets"]
        secret ["tokens=SQ6J3LZVWMVE7l1HOru19If8n9OK", "secrets: 7Hq9zX2vLmN0pQrS5tUv"]
        benign ["tokens: [1, 2]", "secrets: inherit", "tokens=935"]
    "jwt" Secret ["jwt", "assertion", "client assertion"]
        secret ["jwt=8lMkZiFcvXy77q", "assertion=a1B2c3D4e5f6"]
        benign ["assertion failed: left == right", "jwt: malformed"]
    "credential" Named (Login, Alone) ["*credential", "*credentials", "creds", "cred"]
        secret ["credential=8lMkZiFcvX region=eu", "creds: 'a1B2c3D4e5'"]
        benign ["CREDENTIAL = my_cred", "credentials: missing", "credentials=/etc/gcp/key.json", "credentials for bucket name=acme-data-2026"]
    "api-key" Secret ["api key", "*apikey", "app key", "*appkey", "application key", "app secret", "developer key", "dev key", "admin api key", "write key", "ingest key", "insert key", "ingestion key", "integration key", "functions key", "function key", "subscription key", "goog api key", "dd api key", "clickhouse key", "admin key", "service key", "license key", "licence key", "art api", "honeycomb team", "instrumentation key", "aws key", "sec key", "authkey", "*authkey", "auth key"]
        secret ["api_key=7bFeTcit2b", "<apiKey>\n  v8hG2kLm9QaB7cD\n</apiKey>", "X-Api-Key: 800a7415ef01b0b7", "apikey: zq8w7e6r5t", "api_key=md5Qw2Er9Ty4x", "api_key=sha1b2c3d4e5f6"]
        benign ["api_key_id=77", "api_key_prefix=ab12cd", "API key must begin with sk_", "apiKey: undefined"]
    "access-key" Secret ["access key", "*accesskey", "secret access key", "*secretkey", "secret key", "account key", "*accountkey", "storage key", "shared access key", "*sharedaccesskey", "shared key", "*sharedkey", "cosmos key", "access secret", "consumer secret"]
        secret ["secret_key=4anaaJPU bucket=orders", "AccountKey=yDN6t/qEqMcZNWLRtBtS9mwa;", "aws_secret_access_key = wJalrXUtnFEMI7MDENG"]
        benign ["access_key: required", "SharedAccessKeyName=reader"]
    "private-key" Secret ["private key", "*privatekey", "signing key", "sign key", "encryption key", "*encryptionkey", "encrypt key", "decryption key", "master key", "*masterkey", "cipher key", "crypt key", "aes key", "hmac key", "deploy key", "jwt key", "session key", "server key", "client key", "security key", "secure key", "unseal key", "recovery key", "preshared key", "pre shared key", "*presharedkey", "validation key", "machine key", "tls key", "wrapping key", "seed phrase", "mnemonic", "age key"]
        secret ["signing_key=055607673b848469a4f797e5145ad428", "PresharedKey = 7Hq9zX2vLmN0pQrS5tUv=", "encryption_key: 'k3yk3yk3y0000x1'"]
        benign ["private_key=/etc/ssl/key.pem", "private key does not match public key", "signing_key_id=77"]
    "ssh-key-file" Weak ["id rsa", "id ed25519", "id ecdsa", "id dsa"]
        secret ["data: {id-rsa: LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZ}"]
        benign ["/root/.ssh/id_rsa: Permission denied", "id_rsa.pub: AAAAB3NzaC1yc2EAAAADAQAB", "ssh -i ~/.ssh/id_ed25519 svc_etl@db-1"]
    "shared-key" Secret ["psk", "*psk", "wpa", "auth pass", "priv pass", "enable secret"]
        secret ["psk=correct7horse", "wpa_psk: 'a1b2c3d4'"]
        benign ["psk identity hint", "psk: none"]
    "one-time-code" Code ["otp", "totp", "pin", "pincode", "cvv", "cvc", "mfa code", "otp code", "verification code", "security code", "login code", "one time code"]
        secret ["otp=ab12cd34ef56", "otp=482193", "pin=4821", "cvv: 123", "{\"pin\": \"4821\"}", "verification code: 48213"]
        benign ["pin=enabled", "pin 13 is low", "pin: 17", "verification code expired"]
    "recovery-code" Weak (Many) ["auth code", "*authcode", "access code", "*accesscode", "recovery code", "backup code", "activation code", "reset code", "device code", "user code", "authorization code", "invite code", "code verifier", "secret id"]
        secret ["recovery_code: 9f8e7-d6c5b-4a392"]
        benign ["secret_id=4711", "device code expired"]
    "session-id" Context ["*sessionid", "*sessid", "session", "sid", "sess", "*aspxauth"]
        secret ["session=f0d9bae6feb538eb41a264281b3c8fa59ba040db", "PHPSESSID=5t7kq0n2vb8d1m4x"]
        benign ["session=nightly", "session_id: 42"]
    "session" Weak (Login, Noun) ["session key", "auth", "authentication", "otk"]
        secret ["auth=f0d9bae6feb538eb41a264281b3c8fa5", "X-Auth: 5t7kq0n2vb8d1m4x"]
        benign ["auth: enabled", "authentication=kerberos"]
    "login" Weak (Login) ["basic auth", "userpwd", "http auth", "user pwd", "login"]
        secret ["basic_auth: loader:winter2077", "http.auth=app:autumn2086"]
        benign ["login: failed", "login=bob", "login: https://h/x"]
    "signature" Weak ["signature", "sig", "hmac", "sas", "amz signature", "goog signature"]
        secret ["signature=Ml5STaTVANg7qqEXKLaGjHyroB8sop55", "X-Amz-Signature: 5d65c162d45e9ed5d89e92e5513f69d7"]
        benign ["signature: sha256WithRSAEncryption", "signature=rsa_pss_rsae_sha256", "signature=invalid", "signature_version=s3v4"]
    "key" Context (Noun) ["key", "code", "wskey", "appid"]
        secret ["?key=flRKwKfFIfNgMZwcJ&x=1", "GET /api?key=6f9619ff-8b86-d011-b42d-00cf4fc964ff", "GET /cb?code=8EXm0fH9aUpLINGaTw4W 400"]
        benign ["key=user:42", "code=404", "key: orders", "primary key: a1B2c3D4e5f6"]
    "key" Context ["keys", "phrase", "*samlresponse", "request token"]
        secret ["SAMLResponse=8EXm0fH9aUpLINGaTw4W"]
        benign ["keys=user:42", "phrase: orders"]
    "authorization" Authorization ["*authorization", "proxy auth"]
        secret ["Authorization: a1B2c3D4e5f6", "{'authorization': 'a1B2c3D4e5f6'}"]
        benign ["authorization: required", "Authorization: Basic <credentials>"]
    "cookie" Cookie ["*cookie", "cookies", "set cookie"]
        secret ["Cookie: theme=dark; sessionid=wHe7DPVucPKBFbVQ", "set-cookie: s=417e62d612332df4; Secure", "Cookie: sid=\"Zq7xWv93Lmt2Ab\"; lang=de", "Cookie: lang=\"de\"; sid=\"Zq7xWv93Lmt2Ab\""]
        benign ["Cookie: theme=dark; lang=en", "cookie: missing"]
    "sql-identified-by" Identified ["identified"]
        secret ["CREATE USER a IDENTIFIED BY 'winter'", "IDENTIFIED WITH sha256_password BY 'w1nter'"]
        benign ["identified by its name", "IDENTIFIED BY VALUES", "not identified"]
}

/// Words before `key`, `code` and similar names that make every value harmless.
#[rustfmt::skip]
pub(crate) static HARMLESS_KEYS: WordList = words![
    "cache", "candidate", "composite", "config", "dedup", "duplicate", "foreign", "group", "hash",
    "idempotency", "join", "lookup", "message", "natural", "object", "partition", "primary",
    "public", "range", "registry", "row", "shard", "sort", "surrogate", "translation",
    "unique", "dup", "s3", "publishable", "site", "dist", "cluster", "distribution", "error",
    "exit", "response", "return", "status",
];

/// Words before `token`, `api key` and similar names that give them another meaning.
#[rustfmt::skip]
pub(crate) static HARMLESS_TOKENS: WordList = words!["next", "page", "continuation", "cancellation", "max", "sync", "unexpected", "prompt", "completion", "total", "key", "eos", "bos", "pad", "unk", "sep", "mask", "num"];

/// Words before `secret` and `credentials` that give them another meaning.
pub(crate) static HARMLESS_SECRETS: WordList = words!["existing", "pull", "image", "kube"];

/// Names of fields in a group that are not the secret of the group.
#[rustfmt::skip]
pub(crate) static FIELDS: WordList = words![
    "user", "username", "login", "email", "host", "hostname", "server", "port", "database", "schema", "role",
    "region", "account", "tenant", "owner", "namespace", "cluster", "profile", "environment", "description", "comment",
    "note", "message", "reason", "valid", "active", "scheme", "sub", "iss", "aud", "iat", "exp", "nbf", "address", "text",
];

/// Words after a name that do not change its meaning: `password_new`, `TOKEN_PROD`, `tokenValue`.
#[rustfmt::skip]
pub(crate) static QUALIFIERS: WordList = words![
    "again", "b64", "base", "base64", "confirm", "confirmation", "current", "data", "default",
    "dev", "development", "enc", "encoded", "encrypted", "env", "main", "new", "old", "plain",
    "plaintext", "prev", "previous", "prod", "production", "qa", "raw", "repeat", "staging",
    "str", "string", "test", "text", "val", "value", "variable", "live", "primary", "secondary",
    "header", "ro", "rw", "admin", "user", "root",
];

/// Words after a name that give it another meaning, regardless of the value.
#[rustfmt::skip]
pub(crate) static DESCRIPTORS: WordList = words![
    "age", "arn", "attempts", "count", "counts", "created", "digest", "duration", "endpoint", "exists",
    "expiration", "expired", "expires", "expiry", "fields", "file", "filename", "files", "format",
    "fingerprint", "history", "hint", "id", "ids", "index", "issuer", "kind", "lastused", "len",
    "length", "limit", "manager", "max", "min", "mode", "name", "names", "path", "policy", "prefix", "suffix",
    "provider", "ref", "required", "reset", "scope", "size", "source", "store", "error", "errors", "exception", "mechanism", "plugin", "protocol", "realm", "backend", "handler", "class", "module", "algo", "hashers", "maps", "cmd", "command", "ttl", "type",
    "uri", "url", "usage", "used", "version", "algorithm", "alg", "method", "enabled", "changed",
    "updated", "at", "status", "state", "label", "title", "dir", "location", "lifetime", "java",
    "py", "rs", "go", "js", "ts", "pub", "sql", "md", "txt", "json", "yaml", "yml", "pem", "csv",
];
