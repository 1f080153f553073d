//! The contract of the plugin `k8s` (rbac).

use floe_plugin::Error;
use floe_plugin::security::{Manifest, RoleGenerator, Workload};
use serde_json::{Value, json};

use crate::samples::WORKLOAD;
use crate::{Contract, changed, with};

fn generate(manifest: Manifest, workload: &Workload<'_>) -> Result<Value, Error> {
    with::<dyn RoleGenerator, _>("k8s", json!({}), |it| it.generate(manifest, workload))
}

/// Returns the expected manifest for [`WORKLOAD`], with these fields in addition to its kind and its metadata.
fn expected(version: &str, kind: &str, fields: &Value) -> Value {
    let labels = json!({
        "app.kubernetes.io/name": "customer-360",
        "app.kubernetes.io/managed-by": "floe",
    });
    let metadata = json!({ "name": "customer-360", "namespace": "sales", "labels": labels });
    changed(json!({ "apiVersion": version, "kind": kind, "metadata": metadata }), fields)
}

#[expect(clippy::too_many_lines, reason = "a list of operations")]
pub(crate) fn contract() -> Contract {
    const RBAC: &str = "rbac.authorization.k8s.io/v1";
    let invalid = Workload { name: "customer_360", ..WORKLOAD };
    Contract::new::<dyn RoleGenerator>("k8s", "kubernetes-validate")
        .operation(
            "generate_namespace",
            &[
                "security.area=rbac",
                "security.policy_type=Namespace",
                "security.namespace=sales",
                "security.pss_level=restricted",
            ],
            || {
                let manifest = generate(Manifest::Namespace, &WORKLOAD)?;
                assert_eq!(manifest["kind"], "Namespace");
                assert_eq!(manifest["metadata"]["name"], "sales");
                assert_eq!(manifest["metadata"]["namespace"], Value::Null);
                for mode in ["enforce", "audit", "warn"] {
                    let label = format!("pod-security.kubernetes.io/{mode}");
                    assert_eq!(manifest["metadata"]["labels"][label], "restricted");
                }
                Ok(())
            },
            move || generate(Manifest::Namespace, &invalid).map(drop),
        )
        .operation(
            "generate_service_account",
            &[
                "security.policy_type=ServiceAccount",
                "security.resource_count=1",
                "security.namespace=sales",
            ],
            || {
                let fields = json!({ "automountServiceAccountToken": true });
                let account = expected("v1", "ServiceAccount", &fields);
                assert_eq!(generate(Manifest::ServiceAccount, &WORKLOAD)?, account);
                Ok(())
            },
            move || generate(Manifest::ServiceAccount, &invalid).map(drop),
        )
        .operation(
            "generate_role",
            &["security.policy_type=Role", "security.resource_count=1", "security.namespace=sales"],
            || {
                let rule = json!({
                    "apiGroups": [""],
                    "resources": ["secrets"],
                    "resourceNames": ["db.primary", "smtp"],
                    "verbs": ["get"],
                });
                let expected = expected(RBAC, "Role", &json!({ "rules": [rule] }));
                assert_eq!(generate(Manifest::Role, &WORKLOAD)?, expected);
                Ok(())
            },
            || generate(Manifest::Role, &Workload { secrets: &["*"], ..WORKLOAD }).map(drop),
        )
        .operation(
            "generate_role_binding",
            &[
                "security.policy_type=RoleBinding",
                "security.resource_count=1",
                "security.namespace=sales",
            ],
            || {
                let binding = json!({
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
                });
                let binding = expected(RBAC, "RoleBinding", &binding);
                assert_eq!(generate(Manifest::RoleBinding, &WORKLOAD)?, binding);
                Ok(())
            },
            move || generate(Manifest::RoleBinding, &invalid).map(drop),
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
                let context = generate(Manifest::PodSecurityContext, &WORKLOAD)?;
                // The Pod Security Standard `restricted` requires these settings.
                assert_eq!(context["pod"]["runAsNonRoot"], true);
                assert_eq!(context["pod"]["seccompProfile"]["type"], "RuntimeDefault");
                assert_eq!(context["container"]["allowPrivilegeEscalation"], false);
                assert_eq!(context["container"]["capabilities"]["drop"], json!(["ALL"]));
                Ok(())
            },
            move || generate(Manifest::PodSecurityContext, &invalid).map(drop),
        )
}

#[test]
fn a_product_without_secrets_reads_none() {
    let workload = Workload { secrets: &[], ..WORKLOAD };
    let role = generate(Manifest::Role, &workload).unwrap();
    // A rule without `resourceNames` would allow all Secrets of the namespace.
    assert_eq!(role["rules"], json!([]));
    let account = generate(Manifest::ServiceAccount, &workload).unwrap();
    assert_eq!(account["automountServiceAccountToken"], false);
}
