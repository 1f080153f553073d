//! Roles of Kubernetes (`rbac.authorization.k8s.io/v1`), with their namespace and service account.

use std::borrow::Cow;

use floe_plugin::security::{RoleGenerator, Workload};
use floe_plugin::{Error, Lifecycle};
use serde::Deserialize;
use serde_json::{Value, json};

use super::kubernetes::{check, check_name, labels, refused};

floe_plugin::plugin! {
    kind: RoleGenerator,
    plugin: Kubernetes,
    name: "k8s",
    tracer: "floe.security.rbac",
    api: "1.0",
    description: "generates namespaces, service accounts and roles of Kubernetes",
}

/// Namespaces, service accounts and roles of Kubernetes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Kubernetes {
    /// The user and the group that pods run as, at the levels `baseline` and `restricted`.
    run_as: u32,
}

impl Default for Kubernetes {
    fn default() -> Self {
        Self { run_as: 65532 }
    }
}

impl Lifecycle for Kubernetes {
    fn start(&self) -> Result<(), Error> {
        if self.run_as == 0 {
            return Err(refused("run_as", "0", "a user other than root"));
        }
        Ok(())
    }
}

impl RoleGenerator for Kubernetes {
    fn generate_namespace(&self, workload: &Workload<'_>) -> Result<Value, Error> {
        check(workload)?;
        let level = level(workload)?.name();
        let mut manifest = resource("v1", "Namespace", workload.namespace, workload);
        if let Some(metadata) = manifest["metadata"].as_object_mut() {
            // A namespace is in none.
            metadata.remove("namespace");
            metadata.insert(
                "labels".to_owned(),
                json!({
                    "app.kubernetes.io/managed-by": "floe",
                    "pod-security.kubernetes.io/enforce": level,
                    "pod-security.kubernetes.io/enforce-version": "latest",
                    "pod-security.kubernetes.io/audit": level,
                    "pod-security.kubernetes.io/audit-version": "latest",
                    "pod-security.kubernetes.io/warn": level,
                    "pod-security.kubernetes.io/warn-version": "latest",
                }),
            );
        }
        Ok(manifest)
    }

    fn generate_service_account(&self, workload: &Workload<'_>) -> Result<Value, Error> {
        check(workload)?;
        let mut manifest = resource("v1", "ServiceAccount", workload.name, workload);
        // A pod that reads no secrets needs no token for the cluster's API.
        manifest["automountServiceAccountToken"] = (!workload.secrets.is_empty()).into();
        Ok(manifest)
    }

    fn generate_role(&self, workload: &Workload<'_>) -> Result<Value, Error> {
        check(workload)?;
        for name in workload.secrets {
            check_name("secret", name)?;
        }
        let mut manifest = role_resource("Role", workload);
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

    fn generate_role_binding(&self, workload: &Workload<'_>) -> Result<Value, Error> {
        check(workload)?;
        let mut manifest = role_resource("RoleBinding", workload);
        manifest["roleRef"] = json!({
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "Role",
            "name": role_name(workload),
        });
        manifest["subjects"] = json!([{
            "kind": "ServiceAccount",
            "name": workload.name,
            "namespace": workload.namespace,
        }]);
        Ok(manifest)
    }

    /// Generates the security contexts: `pod` for the pod, `container` for each container.
    fn generate_pod_security_context(&self, workload: &Workload<'_>) -> Result<Value, Error> {
        check(workload)?;
        Ok(match level(workload)? {
            Level::Privileged => json!({ "pod": {}, "container": {} }),
            Level::Baseline => json!({
                "pod": self.user(),
                "container": { "allowPrivilegeEscalation": false, "privileged": false },
            }),
            Level::Restricted => json!({
                "pod": self.user(),
                "container": {
                    "allowPrivilegeEscalation": false,
                    "capabilities": { "drop": ["ALL"] },
                    "privileged": false,
                    "readOnlyRootFilesystem": true,
                    "runAsNonRoot": true,
                },
            }),
        })
    }
}

const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// A Pod Security Standard.
enum Level {
    Privileged,
    Baseline,
    Restricted,
}

impl Level {
    fn name(&self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }
}

fn level(workload: &Workload<'_>) -> Result<Level, Error> {
    Ok(match workload.pss_level {
        "privileged" => Level::Privileged,
        "baseline" => Level::Baseline,
        "restricted" => Level::Restricted,
        other => {
            let accepted = "`privileged`, `baseline` or `restricted`";
            return Err(refused("Pod Security Standard", other, accepted));
        }
    })
}

impl Kubernetes {
    fn user(&self) -> Value {
        json!({
            "fsGroup": self.run_as,
            "runAsGroup": self.run_as,
            "runAsNonRoot": true,
            "runAsUser": self.run_as,
            "seccompProfile": { "type": "RuntimeDefault" },
        })
    }
}

fn role_resource(kind: &str, workload: &Workload<'_>) -> Value {
    let mut manifest = resource(RBAC, kind, &role_name(workload), workload);
    manifest["metadata"]["namespace"] = workload.role_namespace().into();
    manifest
}

/// The name of the role. In a foreign namespace, products of several namespaces may have the same name.
fn role_name<'a>(workload: &Workload<'a>) -> Cow<'a, str> {
    if workload.role_namespace() == workload.namespace {
        return workload.name.into();
    }
    format!("{}.{}", workload.namespace, workload.name).into()
}

fn resource(version: &str, kind: &str, name: &str, workload: &Workload<'_>) -> Value {
    json!({
        "apiVersion": version,
        "kind": kind,
        "metadata": { "name": name, "namespace": workload.namespace, "labels": labels(workload) },
    })
}
