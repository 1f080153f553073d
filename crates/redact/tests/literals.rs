//! Messages with credentials, with exact results.

use floe_redact::Redactor;

#[test]
fn a_word_is_a_credential_in_the_place_of_one() {
    let rows = include_str!("../../../tests/corpus/literals.txt");
    let rows = rows.lines().filter(|row| !row.starts_with('#'));
    let rows: Vec<_> = rows.filter_map(|row| row.split_once('\t')).collect();
    assert_eq!(rows.len(), 107);
    for (text, wanted) in rows {
        assert_eq!(Redactor::new().redact(text), wanted);
        let message = format!("ConnectionError: {text}");
        let safe = format!("ConnectionError: {wanted}");
        assert_eq!(Redactor::new().redact(&message), safe);
    }
}

#[test]
fn what_is_no_value_stays() {
    for text in [
        "password: str",
        "password: Optional[str] = None",
        "password=None",
        "password=null",
        "password=${PASSWORD}",
        "password=$PASSWORD",
        "password=<REDACTED>",
        "password=****",
        "password=PASSWORD",
        "password: required",
        "password: must not be empty",
        "token: expired",
        "password = required",
        "password='None'",
        "password=undefined",
        "password=True",
        "password=\"${PASSWORD}\"",
        "password='<password>'",
        "secret='string'",
        "--password $PASSWORD",
        "--token <token>",
        "redis-cli -a $PASSWORD",
        "curl -u USER:PASSWORD http://host",
        "user:${PASSWORD}@host:4317",
        "user:****@host:4317",
        "password: expected at least 8 characters",
        "passwd: password updated successfully",
        "InvalidToken: token (HDFS_DELEGATION_TOKEN) can't be found in cache",
        "for volume \"token\" : secret \"app-token-x7k2p\" not found",
        "postgres-password:  4299 bytes",
        "postgres://user:${PASSWORD}@host/db",
        "postgres://user:****@host/db",
        "postgres://user:$PASSWORD@host/db",
        "postgres://user:{{password}}@host/db",
        "postgres://user:%(password)s@host/db",
        "postgres://user:{password}@host/db",
        "postgres://user:[PASSWORD]@host/db",
        "postgres://user:[REDACTED]@host/db",
        "postgres://user:<password>@host/db",
        "postgres://USER:PASSWORD@HOST:PORT/NAME",
        "https://USERNAME:TOKEN@github.com/ORG/REPO.git",
        "self.password = password",
        "c.token = token",
        "session[\"token\"] = token",
        "guard let token = token else { return }",
        "connect(host=host, user=user, password=password)",
        "password: Some(password),",
        "\"user={user} password={password}\"",
        "usage: login [--user USER] [--password PASSWORD] [--token TOKEN]",
        // A verb.
        "to pass 'x' as a value",
        "did not pass 'strict' validation",
        "use object to pass `Environment9` to functions",
        "pass `--lib` to cargo",
        // An IPv6 address.
        "Failed password for root from 2a01:4f8:c17:b0f::2 port 22 ssh2",
        "Failed password for invalid user admin from 2001:db8:0:1:1:1:abc1:1 port 22",
        "peer 2001:db8:1234:ab12:cd34:9f3a:12:3 left",
        // The subject of a digest.
        "nginx:1.25@sha256:4a1c4b21597c1b4415bdbecb28a3296c6b5e23ca4f9feeb599860a1dac6a0108",
        // Algorithms of SSH.
        "kex: algorithm: curve25519-sha256@libssh.org",
        "ciphers: chacha20-poly1305@openssh.com,aes256-gcm@openssh.com",
        "MACs umac-128-etm@openssh.com,hmac-sha2-512-etm@openssh.com compression zlib@openssh.com",
        "no matching cipher found. Their offer: rijndael-cbc@lysator.liu.se",
        // The next pair.
        "level=warn msg=\"Invalid username or password\" logger=context",
        "Incorrect username or password specified.",
    ] {
        assert_eq!(Redactor::new().redact(text), text);
    }
}
