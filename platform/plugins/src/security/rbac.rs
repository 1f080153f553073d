//! Roles of Kubernetes (`rbac.authorization.k8s.io/v1`), and the namespace, service account and security context.

use std::path::Path;

use floe_plugin::security::{Manifest, PSS_LEVEL, RoleGenerator, Workload};
use floe_plugin::{Error, Lifecycle};
use serde::Deserialize;
use serde_json::Value;

use crate::error::Error as PlatformError;
use crate::files::yaml;
use crate::kubernetes::{check, check_name};

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
        for name in workload.secrets {
            check_name("secret", name)?;
        }
        yaml::parse(Path::new("rbac.yaml"), &text(manifest, workload))
            .map_err(PlatformError::into_plugin)
    }
}

/// Returns a manifest as YAML. The names need no quotes within quotes, because they are labels of DNS.
fn text(manifest: Manifest, workload: &Workload<'_>) -> String {
    let Workload { name, namespace, secrets, .. } = workload;
    let metadata = format!(
        r#"
metadata:
  name: "{name}"
  namespace: "{namespace}"
  labels:
    app.kubernetes.io/name: "{name}"
    app.kubernetes.io/managed-by: floe
"#
    );
    match manifest {
        Manifest::Namespace => format!(
            r#"
apiVersion: v1
kind: Namespace
metadata:
  name: "{namespace}"
  labels:
    app.kubernetes.io/managed-by: floe
    pod-security.kubernetes.io/enforce: {PSS_LEVEL}
    pod-security.kubernetes.io/enforce-version: latest
    pod-security.kubernetes.io/audit: {PSS_LEVEL}
    pod-security.kubernetes.io/audit-version: latest
    pod-security.kubernetes.io/warn: {PSS_LEVEL}
    pod-security.kubernetes.io/warn-version: latest
"#
        ),
        // A pod that reads no secrets needs no token for the cluster's API.
        Manifest::ServiceAccount => format!(
            "apiVersion: v1\nkind: ServiceAccount\nautomountServiceAccountToken: {}{metadata}",
            !secrets.is_empty()
        ),
        // A rule without names would allow every secret.
        Manifest::Role if secrets.is_empty() => {
            format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nrules: []{metadata}")
        }
        Manifest::Role => format!(
            r#"
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
rules:
  - apiGroups: [""]
    resources: [secrets]
    resourceNames: {secrets:?}
    verbs: [get]{metadata}"#
        ),
        Manifest::RoleBinding => format!(
            r#"
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: "{name}"
subjects:
  - kind: ServiceAccount
    name: "{name}"
    namespace: "{namespace}"{metadata}"#
        ),
        Manifest::PodSecurityContext => POD_SECURITY_CONTEXT.to_owned(),
    }
}

/// The security contexts: `pod` for the pod, `container` for each container.
const POD_SECURITY_CONTEXT: &str = "
pod:
  fsGroup: 65532
  runAsGroup: 65532
  runAsNonRoot: true
  runAsUser: 65532
  seccompProfile: { type: RuntimeDefault }
container:
  allowPrivilegeEscalation: false
  capabilities: { drop: [ALL] }
  privileged: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
";
