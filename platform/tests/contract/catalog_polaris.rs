//! The contract of the plugin `polaris` (catalog).

use floe_plugin::catalog::{StoredTable, TableCatalog};
use floe_plugin::{Error, ErrorKind, Handle};
use serde_json::json;

use crate::service::{Answer, Received, Service};
use crate::{CANARY, Contract, credential, failures, with};

fn token(request: &Received) -> Option<Answer> {
    if request.path != "/v1/oauth/tokens" {
        return None;
    }
    let form = "grant_type=client_credentials&client_id=root&client_secret=c4n4ry-Zm9vYmFyYmF6cXV4&scope=PRINCIPAL_ROLE%3AALL";
    let is_form = request.header("content-type") == Some("application/x-www-form-urlencoded");
    if !is_form || request.body != form.as_bytes() {
        let quoted = String::from_utf8_lossy(&request.body);
        let body = json!({ "error": "invalid_client", "error_description": quoted });
        return Some(Answer::json(400, &body));
    }
    let token = json!({ "access_token": format!("{CANARY}-1"), "token_type": "bearer" });
    Some(Answer::json(200, &token))
}

/// Starts a catalog that contains the namespace `hr` and the table `hr.orders`.
fn catalog() -> Service {
    Service::start(|request| {
        if let Some(answer) = token(request) {
            return answer;
        }
        let expected = format!("Bearer {CANARY}-1");
        let status = match (&*request.path, request.json()) {
            _ if request.header("authorization") != Some(&*expected) => 401,
            ("/v1/main/namespaces", body) => {
                if body["namespace"] == json!(["hr"]) {
                    409
                } else {
                    200
                }
            }
            ("/polaris/v1/main/namespaces/hr/generic-tables", _) => 409,
            ("/polaris/v1/main/namespaces/sales/generic-tables", _) => 200,
            _ => 404,
        };
        Answer::json(status, &json!({}))
    })
}

pub(crate) fn on<T>(
    url: &str,
    secret: &str,
    timeout: f64,
    run: impl FnOnce(&Handle<dyn TableCatalog>) -> Result<T, Error>,
) -> Result<T, Error> {
    let (_secret, secret) = credential(secret);
    let (_id, id) = credential("root");
    let config = json!({
        "uri": url,
        "warehouse": "main",
        "client_id": id,
        "client_secret": secret,
        "timeout": timeout,
    });
    with("polaris", config, run)
}

fn orders(namespace: &str) -> StoredTable<'_> {
    StoredTable { namespace, name: "orders", location: "s3://lake/sales/orders.csv" }
}

pub(crate) fn contract() -> Contract {
    Contract::new::<dyn TableCatalog>(
        "polaris",
        "stand-in; Polaris' own models and client in `.ci/services plugins`",
    )
    .operation(
        "create_namespace",
        &[
            "catalog.name=polaris",
            "catalog.uri=http://127.0.0.1:*",
            "catalog.warehouse=main",
            "catalog.namespace=iot",
        ],
        || {
            let catalog = catalog();
            on(&catalog.url, CANARY, 10.0, |it| {
                assert!(!it.create_namespace("hr")?);
                assert!(it.create_namespace("iot")?);
                Ok(())
            })?;
            // Both requests use the same token.
            assert_eq!(catalog.received().len(), 3);
            Ok(())
        },
        || {
            let error =
                on(&catalog().url, "wrong", 10.0, |it| it.create_namespace("iot")).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthorized, "{error}");
            Err(error)
        },
    )
    .operation(
        "create_table",
        &[
            "catalog.name=polaris",
            "catalog.uri=http://127.0.0.1:*",
            "catalog.warehouse=main",
            "catalog.namespace=sales",
            "catalog.table.name=orders",
            "catalog.table.full_name=sales.orders",
        ],
        || {
            on(&catalog().url, CANARY, 10.0, |it| {
                assert!(!it.create_table(&orders("hr"))?);
                assert!(it.create_table(&orders("sales"))?);
                Ok(())
            })
        },
        || on(&catalog().url, CANARY, 10.0, |it| it.create_table(&orders("none"))).map(drop),
    )
}

#[test]
fn a_catalog_that_refuses_hangs_or_is_none() {
    let create =
        |url: &str, timeout| on(url, CANARY, timeout, |it| it.create_namespace("sales")).map(drop);
    failures::check(token, create);
    // The service that issues the tokens does not speak HTTP.
    let error = create(&Service::start(|_| Answer::Garbage).url, 10.0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
}
