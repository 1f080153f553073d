//! The address of a database, from the URL of a client.

use opentelemetry::KeyValue;
use percent_encoding::percent_decode_str;
use url::Url;

/// Returns the `server.address`, the `server.port` (unless it is the default one) and the `db.namespace`, as far as a
/// URL of `PostgreSQL`, `MySQL` or redis contains them. Other parts, such as the password, are not returned.
pub(crate) fn of_url(url: &str) -> Vec<KeyValue> {
    let Ok(url) = Url::parse(url) else {
        return Vec::new();
    };
    let is_postgres = matches!(url.scheme(), "postgres" | "postgresql");
    let default_port = match url.scheme() {
        "postgres" | "postgresql" => 5432,
        "mysql" | "mariadb" => 3306,
        "redis" | "rediss" => 6379,
        // SQLite's URL has a path, and an unknown driver's URL has an unknown form.
        _ => return Vec::new(),
    };
    // If the password contains an unescaped `/`, `?` or `#`, the host ends there, and the `@` is in the rest.
    let rest = [Some(url.path()), url.query(), url.fragment()];
    if url.username().is_empty() && rest.into_iter().flatten().any(|part| part.contains('@')) {
        return Vec::new();
    }
    let mut address = url.host_str().map(decoded);
    let mut port = url.port();
    let mut namespace = decoded(url.path().trim_start_matches('/'));
    // Parameters replace the parts of the URL, as in sqlx and tokio-postgres.
    for (key, value) in url.query_pairs() {
        match &*key {
            "host" | "hostaddr" if is_postgres => address = Some(value.into_owned()),
            "port" if is_postgres => port = value.parse().ok(),
            "dbname" if is_postgres => namespace = value.into_owned(),
            "socket" if !is_postgres => address = Some(value.into_owned()),
            _ => {}
        }
    }
    let mut attributes = Vec::new();
    if let Some(address) = address.filter(|address| !address.is_empty()) {
        let port = port.filter(|port| *port != default_port && !address.starts_with('/'));
        // The brackets of an IPv6 address are not part of the attribute.
        let address = address.trim_matches(['[', ']']).to_owned();
        attributes.push(KeyValue::new("server.address", address));
        attributes.extend(port.map(|port| KeyValue::new("server.port", i64::from(port))));
    }
    if !namespace.is_empty() {
        attributes.push(KeyValue::new("db.namespace", namespace));
    }
    attributes
}

fn decoded(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_that_of_the_url_without_its_password() {
        for (url, expected) in [
            (
                "postgres://ada:hunter2@db.example:5433/shop",
                &["server.address=db.example", "server.port=5433", "db.namespace=shop"][..],
            ),
            (
                "postgresql://db.example:5432/my%20shop?sslmode=require",
                &["server.address=db.example", "db.namespace=my shop"],
            ),
            (
                "postgres://ada@%2Frun%2Fpostgresql:5433/shop",
                &["server.address=/run/postgresql", "db.namespace=shop"],
            ),
            (
                "postgres://x/y?host=other&port=6000&dbname=z&password=hunter2",
                &["server.address=other", "server.port=6000", "db.namespace=z"],
            ),
            ("mysql://root@[::1]/shop", &["server.address=::1", "db.namespace=shop"]),
            (
                "mariadb://db/shop?socket=/run/mysqld.sock&host=other",
                &["server.address=/run/mysqld.sock", "db.namespace=shop"],
            ),
            ("mysql://db", &["server.address=db"]),
            (
                "rediss://:hunter2@db:6380/2",
                &["server.address=db", "server.port=6380", "db.namespace=2"],
            ),
            ("sqlite://orders.db", &[]),
            ("sqlite::memory:", &[]),
            ("postgres://ada:12/ss@db/shop", &[]),
            ("mysql://ada:12?ss@db/shop", &[]),
            ("mysql://ada:12#ss@db/shop", &[]),
            ("not a URL", &[]),
        ] {
            let found: Vec<_> =
                of_url(url).iter().map(|it| format!("{}={}", it.key, it.value)).collect();
            assert_eq!(found, expected, "{url}");
        }
    }
}
