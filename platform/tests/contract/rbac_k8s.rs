//! The contract of the plugin `k8s` (rbac).

use floe_plugin::security::{RoleGenerator, Workload};
use floe_plugin::{Error, ErrorKind, Handle, PluginType};
use serde_json::{Value, json};

use crate::samples::WORKLOAD;
use crate::{Contract, plugins};

type Generate = fn(&Handle<dyn RoleGenerator>, &Workload<'_>) -> Result<Value, Error>;

fn generate(operation: Generate, workload: &Workload<'_>) -> Result<Value, Error> {
    let plugins = plugins(PluginType::Rbac, "k8s", json!({}));
    operation(&plugins.one::<dyn RoleGenerator>().unwrap(), workload)
}

fn metadata() -> Value {
    json!({
        "name": "customer-360",
        "namespace": "sales",
        "labels": {
            "app.kubernetes.io/name": "customer-360",
            "app.kubernetes.io/managed-by": "floe",
        },
    })
}

#[expect(clippy::too_many_lines, reason = "a case for each operation")]
pub(crate) fn contract() -> Contract {
    let invalid = Workload { name: "customer_360", ..WORKLOAD };
    Contract::new(PluginType::Rbac, "k8s", "kubernetes-validate")
        .operation(
            "generate_namespace",
            &[
                "security.policy_type=Namespace",
                "security.resource_count=1",
                "security.namespace=sales",
                "security.pss_level=restricted",
            ],
            || {
                let manifest =
                    generate(Handle::<dyn RoleGenerator>::generate_namespace, &WORKLOAD)?;
                assert_eq!(manifest["kind"], "Namespace");
                assert_eq!(manifest["metadata"]["name"], "sales");
                assert_eq!(manifest["metadata"]["namespace"], Value::Null);
                for mode in ["enforce", "audit", "warn"] {
                    let label = format!("pod-security.kubernetes.io/{mode}");
                    assert_eq!(manifest["metadata"]["labels"][label], "restricted");
                }
                Ok(())
            },
            || {
                let workload = Workload { pss_level: "strict", ..WORKLOAD };
                let generate_namespace = Handle::<dyn RoleGenerator>::generate_namespace;
                generate(generate_namespace, &workload).map(drop)
            },
        )
        .operation(
            "generate_service_account",
            &[
                "security.policy_type=ServiceAccount",
                "security.resource_count=1",
                "security.namespace=sales",
            ],
            || {
                let operation = Handle::<dyn RoleGenerator>::generate_service_account;
                assert_eq!(
                    generate(operation, &WORKLOAD)?,
                    json!({
                        "apiVersion": "v1",
                        "kind": "ServiceAccount",
                        "metadata": metadata(),
                        "automountServiceAccountToken": true,
                    })
                );
                Ok(())
            },
            move || {
                generate(Handle::<dyn RoleGenerator>::generate_service_account, &invalid).map(drop)
            },
        )
        .operation(
            "generate_role",
            &["security.policy_type=Role", "security.resource_count=1", "security.namespace=sales"],
            || {
                assert_eq!(
                    generate(Handle::<dyn RoleGenerator>::generate_role, &WORKLOAD)?,
                    json!({
                        "apiVersion": "rbac.authorization.k8s.io/v1",
                        "kind": "Role",
                        "metadata": metadata(),
                        "rules": [{
                            "apiGroups": [""],
                            "resources": ["secrets"],
                            "resourceNames": ["db.primary", "smtp"],
                            "verbs": ["get"],
                        }],
                    })
                );
                Ok(())
            },
            || {
                let workload = Workload { secrets: &["*"], ..WORKLOAD };
                generate(Handle::<dyn RoleGenerator>::generate_role, &workload).map(drop)
            },
        )
        .operation(
            "generate_role_binding",
            &[
                "security.policy_type=RoleBinding",
                "security.resource_count=1",
                "security.namespace=sales",
            ],
            || {
                assert_eq!(
                    generate(Handle::<dyn RoleGenerator>::generate_role_binding, &WORKLOAD)?,
                    json!({
                        "apiVersion": "rbac.authorization.k8s.io/v1",
                        "kind": "RoleBinding",
                        "metadata": metadata(),
                        "roleRef": {
                            "apiGroup": "rbac.authorization.k8s.io",
                            "kind": "Role",
                            "name": "customer-360",
                        },
                        "subjects": [{
                            "kind": "ServiceAccount",
                            "name": "customer-360",
                            "namespace": "sales",
                        }],
                    })
                );
                Ok(())
            },
            move || {
                generate(Handle::<dyn RoleGenerator>::generate_role_binding, &invalid).map(drop)
            },
        )
        .operation(
            "generate_pod_security_context",
            &[
                "security.policy_type=PodSecurityContext",
                "security.resource_count=1",
                "security.namespace=sales",
                "security.pss_level=restricted",
            ],
            || {
                let operation = Handle::<dyn RoleGenerator>::generate_pod_security_context;
                let context = generate(operation, &WORKLOAD)?;
                // The standard `restricted` demands these settings.
                assert_eq!(context["pod"]["runAsNonRoot"], true);
                assert_eq!(context["pod"]["seccompProfile"]["type"], "RuntimeDefault");
                assert_eq!(context["container"]["allowPrivilegeEscalation"], false);
                assert_eq!(context["container"]["capabilities"]["drop"], json!(["ALL"]));
                Ok(())
            },
            || {
                let workload = Workload { pss_level: "", ..WORKLOAD };
                let operation = Handle::<dyn RoleGenerator>::generate_pod_security_context;
                generate(operation, &workload).map(drop)
            },
        )
}

#[test]
fn a_role_stands_where_the_secrets_are() {
    let workload = Workload { secrets_namespace: Some("vault"), ..WORKLOAD };
    let role = generate(Handle::<dyn RoleGenerator>::generate_role, &workload).unwrap();
    assert_eq!(role["metadata"]["namespace"], "vault");
    let operation = Handle::<dyn RoleGenerator>::generate_role_binding;
    let binding = generate(operation, &workload).unwrap();
    assert_eq!(binding["metadata"]["namespace"], "vault");
    assert_eq!(binding["subjects"][0]["namespace"], "sales");
    // Another namespace may have a product of this name, which reads other Secrets there.
    for name in [&role["metadata"]["name"], &binding["roleRef"]["name"]] {
        assert_eq!(name, "sales.customer-360");
    }
    let operation = Handle::<dyn RoleGenerator>::generate_service_account;
    let account = generate(operation, &workload).unwrap();
    assert_eq!(account["metadata"]["namespace"], "sales");
}

#[test]
fn a_product_without_secrets_reads_none() {
    let workload = Workload { secrets: &[], ..WORKLOAD };
    let role = generate(Handle::<dyn RoleGenerator>::generate_role, &workload).unwrap();
    // A rule without `resourceNames` would allow all of the namespace.
    assert_eq!(role["rules"], json!([]));
    let operation = Handle::<dyn RoleGenerator>::generate_service_account;
    let account = generate(operation, &workload).unwrap();
    assert_eq!(account["automountServiceAccountToken"], false);
}

#[test]
fn an_error_has_what_was_found_and_what_is_accepted() {
    let workload = Workload { pss_level: "strict", ..WORKLOAD };
    let operation = Handle::<dyn RoleGenerator>::generate_namespace;
    let error = generate(operation, &workload).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        error.to_string(),
        "Pod Security Standard: expected `privileged`, `baseline` or `restricted`, found `strict`"
    );
    let privileged = Workload { pss_level: "privileged", ..WORKLOAD };
    let operation = Handle::<dyn RoleGenerator>::generate_pod_security_context;
    let context = generate(operation, &privileged).unwrap();
    assert_eq!(context, json!({ "pod": {}, "container": {} }));
}
