//! Roles of Kubernetes (`rbac.authorization.k8s.io/v1`), and the namespace, service account and security context.

use floe_plugin::security::{Manifest, PSS_LEVEL, RoleGenerator, Workload};
use floe_plugin::{Error, Lifecycle};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::kubernetes::{check, check_name, labels};

floe_plugin::plugin! {
    kind: RoleGenerator,
    plugin: Kubernetes,
    name: "k8s",
    tracer: "floe.security.rbac",
    api: "1.0",
    description: "generates namespaces, service accounts and roles of Kubernetes",
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kubernetes {}

impl Lifecycle for Kubernetes {}

impl RoleGenerator for Kubernetes {
    fn generate(&self, manifest: Manifest, workload: &Workload<'_>) -> Result<Value, Error> {
        check(workload)?;
        match manifest {
            Manifest::Namespace => Ok(namespace(workload)),
            Manifest::ServiceAccount => Ok(service_account(workload)),
            Manifest::Role => role(workload),
            Manifest::RoleBinding => Ok(role_binding(workload)),
            Manifest::PodSecurityContext => Ok(pod_security_context()),
        }
    }
}

const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// The user and the group that pods run as.
const RUN_AS: u32 = 65532;

fn namespace(workload: &Workload<'_>) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": workload.namespace,
            "labels": {
                "app.kubernetes.io/managed-by": "floe",
                "pod-security.kubernetes.io/enforce": PSS_LEVEL,
                "pod-security.kubernetes.io/enforce-version": "latest",
                "pod-security.kubernetes.io/audit": PSS_LEVEL,
                "pod-security.kubernetes.io/audit-version": "latest",
                "pod-security.kubernetes.io/warn": PSS_LEVEL,
                "pod-security.kubernetes.io/warn-version": "latest",
            },
        },
    })
}

fn service_account(workload: &Workload<'_>) -> Value {
    let mut manifest = resource("v1", "ServiceAccount", workload);
    // A pod that reads no secrets needs no token for the cluster's API.
    manifest["automountServiceAccountToken"] = (!workload.secrets.is_empty()).into();
    manifest
}

fn role(workload: &Workload<'_>) -> Result<Value, Error> {
    for name in workload.secrets {
        check_name("secret", name)?;
    }
    let mut manifest = resource(RBAC, "Role", workload);
    // A rule without names would allow every secret.
    manifest["rules"] = if workload.secrets.is_empty() {
        json!([])
    } else {
        json!([{
            "apiGroups": [""],
            "resources": ["secrets"],
            "resourceNames": workload.secrets,
            "verbs": ["get"],
        }])
    };
    Ok(manifest)
}

fn role_binding(workload: &Workload<'_>) -> Value {
    let mut manifest = resource(RBAC, "RoleBinding", workload);
    manifest["roleRef"] = json!({
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "Role",
        "name": workload.name,
    });
    manifest["subjects"] = json!([{
        "kind": "ServiceAccount",
        "name": workload.name,
        "namespace": workload.namespace,
    }]);
    manifest
}

/// Returns the security contexts: `pod` for the pod, `container` for each container.
fn pod_security_context() -> Value {
    json!({
        "pod": {
            "fsGroup": RUN_AS,
            "runAsGroup": RUN_AS,
            "runAsNonRoot": true,
            "runAsUser": RUN_AS,
            "seccompProfile": { "type": "RuntimeDefault" },
        },
        "container": {
            "allowPrivilegeEscalation": false,
            "capabilities": { "drop": ["ALL"] },
            "privileged": false,
            "readOnlyRootFilesystem": true,
            "runAsNonRoot": true,
        },
    })
}

fn resource(version: &str, kind: &str, workload: &Workload<'_>) -> Value {
    let Workload { name, namespace, .. } = workload;
    json!({
        "apiVersion": version,
        "kind": kind,
        "metadata": { "name": name, "namespace": namespace, "labels": labels(workload) },
    })
}
