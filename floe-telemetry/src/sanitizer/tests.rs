//! What must go, what must stay, and the promises about every text.

use super::*;

/// A value that no rule knows by itself.
const SECRET: &str = "Zq7xWv93Lmt2";

/// Numbers below a limit that look random and are the same in every run.
pub(super) fn numbers(seed: usize) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |below| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

fn check(table: &[(&str, &str)]) {
    for (input, expected) in table {
        let input = input.replace('§', SECRET);
        assert_eq!(sanitize(&input), *expected, "of {input}");
        assert_eq!(sanitize(expected), *expected, "again");
    }
}

#[test]
fn upstream_cases_hold_with_their_gaps_closed() {
    check(&[
        (
            "postgresql://admin:§@db.example.com/warehouse",
            "postgresql://<REDACTED>@db.example.com/warehouse",
        ),
        ("password=§ then words", "password=<REDACTED> then words"),
        (
            "access_key=§ and secret_key=wJal/rXUtn tail",
            "access_key=<REDACTED> and secret_key=<REDACTED> tail",
        ),
        (
            "authorization: Bearer §",
            "authorization: Bearer <REDACTED>",
        ),
        (
            "Authorization: Basic dXNlcjpwYXNz",
            "Authorization: Basic <REDACTED>",
        ),
        (
            "PASSWORD=§ Password=§",
            "PASSWORD=<REDACTED> Password=<REDACTED>",
        ),
        (
            "api_key=§ endpoint=/v1/data",
            "api_key=<REDACTED> endpoint=/v1/data",
        ),
        ("token=§ user=U", "token=<REDACTED> user=U"),
        ("credential=§ region=R", "credential=<REDACTED> region=R"),
        (
            "redis://u:§@h:6379 secret_key=v",
            "redis://<REDACTED>@h:6379 secret_key=<REDACTED>",
        ),
        ("password = §", "password =<REDACTED>"),
        ("token : §", "token : <REDACTED>"),
        ("http://user:p@ss@host/x", "http://<REDACTED>@host/x"),
        (
            "http://user:p/a/ss@host.org/x",
            "http://<REDACTED>@host.org/x",
        ),
        ("redis://:§@h:6379/0", "redis://<REDACTED>@h:6379/0"),
        (
            "https://ab12cd34ef56ab78@h.org/1",
            "https://<REDACTED>@h.org/1",
        ),
        (
            r#"{"password": "v", "a": 1}"#,
            r#"{"password": "<REDACTED>", "a": 1}"#,
        ),
        (r#"password="two words""#, r#"password="<REDACTED>""#),
        ("password=abc;user=x", "password=<REDACTED>;user=x"),
        ("?token=abc&x=1", "?token=<REDACTED>&x=1"),
        ("token: a=b", "token: <REDACTED>"),
        ("password=\nhost=x", "password=\nhost=x"),
        (
            "secret=§ client_secret=§ passwd=§ pwd=§ apikey=§",
            "secret=<REDACTED> client_secret=<REDACTED> passwd=<REDACTED> pwd=<REDACTED> \
             apikey=<REDACTED>",
        ),
        (
            "X-Api-Key: § private_key=§ credentials=§ bearer §",
            "X-Api-Key: <REDACTED> private_key=<REDACTED> credentials=<REDACTED> \
             bearer <REDACTED>",
        ),
    ]);
}

#[test]
fn values_end_where_their_notation_ends() {
    check(&[
        ("password => §, n => 1", "password => <REDACTED>, n => 1"),
        (
            "Db { password: Some(\"§\"), n: 1 }",
            "Db { password: Some(\"<REDACTED>\"), n: 1 }",
        ),
        (
            "Secret { inner: \"§\" }",
            "Secret { inner: \"<REDACTED>\" }",
        ),
        (
            r#"{\"token\":\"§\",\"n\":1}"#,
            r#"{\"token\":\"<REDACTED>\",\"n\":1}"#,
        ),
        (r#"password="a\"b c" n=1"#, r#"password="<REDACTED>" n=1"#),
        ("Pwd={a;b}};c};Encrypt=yes", "Pwd={<REDACTED>};Encrypt=yes"),
        (
            "f(user=a, token=§, n=1)",
            "f(user=a, token=<REDACTED>, n=1)",
        ),
        ("f(token=§)", "f(token=<REDACTED>)"),
        (
            "password: |\n  §\n  x\nhost: h",
            "password: |\n  <REDACTED>\nhost: h",
        ),
        (
            "- name: DB_PASSWORD\n  value: §",
            "- name: DB_PASSWORD\n  value: <REDACTED>",
        ),
        ("<password>§</password>", "<password><REDACTED></password>"),
        ("%22token%22%3A%22§%22", "%22token%22%3A%22<REDACTED>%22"),
        ("('password', '§')", "('password', '<REDACTED>')"),
        ("ROLE a PASSWORD '§' x", "ROLE a PASSWORD '<REDACTED>' x"),
        ("a IDENTIFIED BY '§'", "a IDENTIFIED BY '<REDACTED>'"),
        ("login bob password § #", "login bob password <REDACTED> #"),
        (
            "password=§ bad: '§'",
            "password=<REDACTED> bad: '<REDACTED>'",
        ),
    ]);
}

#[test]
fn headers_commands_and_addresses() {
    check(&[
        ("Cookie: lang=en; sid=§", "Cookie: lang=en; sid=<REDACTED>"),
        (
            "Set-Cookie: s=§; Path=/",
            "Set-Cookie: s=<REDACTED>; Path=/",
        ),
        (
            "Authorization: Digest a=\"b\", c=\"d\"",
            "Authorization: Digest a=\"<REDACTED>\", c=\"<REDACTED>\"",
        ),
        (
            "map[Authorization:[Bearer §] A:[b]]",
            "map[Authorization:[Bearer <REDACTED>] A:[b]]",
        ),
        ("mysql -uroot -p§ db", "mysql -uroot -p<REDACTED> db"),
        (
            "curl -u bob:§ https://h",
            "curl -u bob:<REDACTED> https://h",
        ),
        (
            "['run', '--token', '§']",
            "['run', '--token', '<REDACTED>']",
        ),
        (
            "root:§@tcp(127.0.0.1:3306)/app",
            "root:<REDACTED>@tcp(127.0.0.1:3306)/app",
        ),
        (
            "jdbc:oracle:thin:bob/§@h:1521:XE",
            "jdbc:oracle:thin:bob/<REDACTED>@h:1521:XE",
        ),
        (
            "mongodb://u:§@h1:1,h2:2/x",
            "mongodb://<REDACTED>@h1:1,h2:2/x",
        ),
        (
            "https%3A%2F%2Fu%3A§%40h.org",
            "https%3A%2F%2F<REDACTED>%40h.org",
        ),
        (
            "https://hooks.example.com/services/a/aB3dE6gH9jK2mN5pQ8sT",
            "https://hooks.example.com/services/a/<REDACTED>",
        ),
    ]);
}

#[test]
fn known_tokens_need_no_key() {
    let random = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
    let hex = "0123456789abcdef0123456789abcdef";
    let tokens = [
        format!("{}{random}", concat!("gh", "p_")),
        format!("{}{random}", concat!("sk_", "live_")),
        format!("{}{random}", concat!("xo", "xb-")),
        format!("{}{random}", concat!("gl", "pat-")),
        format!("{}{hex}", concat!("da", "pi")),
        format!("{}ABCDEFGH12345678", concat!("AK", "IA")),
        format!("{}bGciOiJIUzI1NiJ9.e30.{random}", concat!("ey", "Jh")),
        format!("acme_{}{random}", "live_"),
    ];
    for token in tokens {
        assert_eq!(
            sanitize(&format!("got {token}. Retry")),
            "got <REDACTED>. Retry",
            "{token}"
        );
    }
    let begin = concat!("-----BEGIN ", "PRIVATE KEY-----");
    let end = concat!("-----END ", "PRIVATE KEY-----");
    assert_eq!(
        sanitize(&format!("bad {begin}\nMIIE\n{end} in x")),
        "bad <REDACTED> in x"
    );
    assert_eq!(sanitize(&format!("bad {begin}\nMIIE")), "bad <REDACTED>");
}

#[test]
fn personal_data_with_a_check_goes() {
    check(&[
        (
            "no user bob.x+y@example.com here",
            "no user <REDACTED>@example.com here",
        ),
        ("ssn 215-38-1979.", "ssn <REDACTED>."),
        ("card 4111 1111 1111 1111 no", "card <REDACTED> no"),
        ("iban DE89 3704 0044 0532 0130 00 no", "iban <REDACTED> no"),
        ("iban GB82WEST12345698765432 no", "iban <REDACTED> no"),
        ("call +1 (383) 555-0165 now", "call <REDACTED> now"),
    ]);
    let mail = "no user bob@example.com, password=x1";
    let credentials = sanitize_with(&Policy::of(Level::Credentials), mail, &mut |_| {});
    assert_eq!(credentials, "no user bob@example.com, password=<REDACTED>");
    assert_eq!(
        sanitize_with(&Policy::of(Level::Strict), "auth=abc", &mut |_| {}),
        "auth=<REDACTED>"
    );
}

#[test]
fn a_word_before_the_key_does_not_hide_a_password() {
    check(&[
        (
            "expected token: Some(\"Aaaaa!00aa\")",
            "expected token: Some(\"<REDACTED>\")",
        ),
        ("expected token: aab0aab", "expected token: <REDACTED>"),
        ("--password AaA0aPw x", "--password <REDACTED> x"),
        ("expected token: Some(Ident)", "expected token: Some(Ident)"),
        ("unexpected token: \"}\"", "unexpected token: \"}\""),
    ]);
}

#[test]
fn a_mark_of_something_else_does_not_hide_a_password() {
    check(&[
        (
            "the password of <REDACTED> is hunter2X9",
            "the password of <REDACTED> is <REDACTED>",
        ),
        (
            "password for user <REDACTED> is hunter2X9",
            "password for user <REDACTED> is <REDACTED>",
        ),
        (
            "credentials <REDACTED>:hunter2X9",
            "credentials <REDACTED>:<REDACTED>",
        ),
        (
            "key provided: <REDACTED>, token=hunter2X9",
            "key provided: <REDACTED>, token=<REDACTED>",
        ),
    ]);
}

#[test]
fn what_follows_does_not_make_a_password_harmless() {
    check(&[
        (
            "user=bob password=482913 attempts=3",
            "user=bob password=<REDACTED> attempts=3",
        ),
        ("password=42 user=bob", "password=<REDACTED> user=bob"),
        ("secret=8675309 days=30", "secret=<REDACTED> days=30"),
        ("  password: cookie", "  password: <REDACTED>"),
        ("password=changed", "password=<REDACTED>"),
        ("password: (swordfish)", "password: (<REDACTED>)"),
        (
            "postgres://u:MYTOKEN@10.0.0.1/x",
            "postgres://<REDACTED>@10.0.0.1/x",
        ),
    ]);
}

#[test]
fn the_place_alone_may_give_a_secret_away() {
    check(&[
        (
            "mc alias set store https://s3.example.com loader §",
            "mc alias set store https://s3.example.com loader <REDACTED>",
        ),
        (
            "new PDO('pgsql:host=db.example.com', 'bob', 'letmein')",
            "new PDO('pgsql:host=db.example.com', 'bob', '<REDACTED>')",
        ),
        (
            "shadow: bob:$6$Zq7xWv93$Zq7xWv93Lmt2Zq7xWv93Lmt2:19000:0",
            "shadow: bob:$6$<REDACTED>:19000:0",
        ),
        (
            "{\"kty\":\"oct\",\"k\":\"Zq7xWv93Lmt2Zq7xWv\",\"alg\":\"HS256\"}",
            "{\"kty\":\"oct\",\"k\":\"<REDACTED>\",\"alg\":\"HS256\"}",
        ),
        (
            "[SQL: INSERT INTO users (name, password) VALUES (?, ?)] [parameters: ('bob', '§')]",
            "[SQL: INSERT INTO users (name, password) VALUES (?, ?)] [parameters: ('bob', '<REDACTED>')]",
        ),
        (
            "xfreerdp /v:host /u:bob /p:§ and net user bob § /add",
            "xfreerdp /v:host /u:bob /p:<REDACTED> and net user bob <REDACTED> /add",
        ),
    ]);
}

#[test]
fn clean_text_comes_back_borrowed() {
    for clean in [
        "",
        "-S",
        "-us",
        "4598 760633 411 task",
        "connection to cache-02.example.com:6379 refused",
        "password reset required for user analytics",
        "unexpected token '}' at line 9",
        "invalid credentials: user not found",
        "token_type=Bearer expires_in=9, max_tokens=995",
        "primary_key=id partition_key=2026-05-02",
        "SELECT id, token_count FROM t WHERE password_hash IS NOT NULL",
        "fn login(password: &str, token: Option<String>)",
        "password: ${DB_PASSWORD} or \"{{ env_var('X') }}\"",
        "Access denied for user 'a'@'10.0.0.1' (using password: YES)",
        "git@github.com:org/repo.git and ssh://git@github.com/org/repo",
        "left-pad@9.9.9, actions/checkout@v4, https://h.org/@scope/pkg",
        "run 9ca54fbd-1d2e-4f00-9ef9-d9f91ba03c11 failed, order 4111111111111112",
        "docker run -u 1000:1000 -p 8080:80 app; mkdir -p /x",
        "private_key=/etc/ssl/server.key, --token <TOKEN>",
    ] {
        assert!(
            matches!(sanitize_error_message(clean), Cow::Borrowed(same) if same == clean),
            "{clean}"
        );
    }
}

#[test]
fn redacts_before_it_truncates() {
    let filler = "x ".repeat(245);
    let message = format!("{filler}db://u:{SECRET}@host/x");
    let short = sanitize_error_message(&message);
    assert!(
        short.chars().count() <= MAX_MESSAGE_CHARS && !short.contains("Zq7"),
        "{short}"
    );
    assert_eq!(sanitize_error_message(&short), short);
    assert_eq!(
        sanitize_error_message(&"é".repeat(1016)).chars().count(),
        MAX_MESSAGE_CHARS
    );
    assert_eq!(sanitize_error_message(&"a".repeat(500)), "a".repeat(500));
    for offset in 480..505 {
        let message = format!("{}password={SECRET} and more words", "é".repeat(offset));
        let short = sanitize_error_message(&message);
        assert!(!short.contains("Zq7") && short.chars().count() <= MAX_MESSAGE_CHARS);
        assert_eq!(sanitize_error_message(&short), short, "at {offset}");
    }
}

/// Pieces that the grammars react to, in any order.
#[rustfmt::skip]
const PIECES: [&str; 60] = [
    "password", "token", "key", "Authorization", "Bearer ", "Cookie", "=", ":", ": ", "\"", "'",
    "\\", "`", "{", "}", "[", "]", "(", ")", "<", ">", "@", "://", "/", "?", "&", ";", ",", " ",
    "\n", "\t", "-p ", "--", "-u", "a", "Zq7xWv93Lmt2", "example.com", "4111111111111111", "+1",
    "%3A%2F%2F", "%40", "%22", "&quot;", "\u{201c}", "\u{a0}", "é", "🔑", "\u{1b}[1m", "\0",
    "value", "Some(", "eyJ", "-----", "BEGIN PRIVATE KEY", "<REDACTED>", "|", "login ", "BY ",
    "hook", ".",
];

#[test]
fn any_text_is_survived_and_stable() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % bound as u64).unwrap_or_default()
    };
    for _ in 0..20_000 {
        let text: String = (0..=next(14)).map(|_| PIECES[next(PIECES.len())]).collect();
        let once = sanitize(&text);
        assert_eq!(sanitize(&once), once, "of {text:?}");
    }
}

#[test]
fn long_texts_of_one_piece_come_to_an_end_and_stay_as_they_are() {
    for piece in PIECES.iter().chain(&[
        "password='",
        "sig=",
        "a:b@",
        "http://a:b/",
        "key=\u{ab}",
        "password=a(",
        "password Some(Some(",
    ]) {
        let text = piece.repeat(100_000 / piece.len());
        let safe = sanitize(&text);
        assert_eq!(sanitize(&safe), safe, "{piece:?}");
    }
}
