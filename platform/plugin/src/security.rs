//! Kubernetes manifests that are generated for a product.

use floe_telemetry::FloeAttributes;
use serde_json::Value;

use crate::error::Error;
use crate::handle::Handle;
use crate::lifecycle::Lifecycle;
use crate::operation::operation;
pub use crate::operation::operation_span as security_span;

/// A generated manifest.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "security")]
pub struct Security<'a> {
    /// The operation: the last part of the span's name.
    pub operation: &'a str,
    /// The area of the manifest: `network` or `rbac`.
    pub area: &'a str,
    /// The Kubernetes kind of the manifest.
    pub policy_type: Option<&'a str>,
    /// The number of resources in the manifest.
    pub resource_count: Option<u64>,
    /// The Kubernetes namespace of the manifest.
    pub namespace: Option<&'a str>,
    /// The Pod Security Standard, for example `restricted`.
    pub pss_level: Option<&'a str>,
}

operation!("security", Security.operation);

/// The Pod Security Standard of a product's pods and namespace.
pub const PSS_LEVEL: &str = "restricted";

/// A manifest with which a product runs in a cluster.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a plugin generates every manifest")]
pub enum Manifest {
    /// The namespace, with its Pod Security Standard as labels.
    Namespace,
    /// The service account of the product.
    ServiceAccount,
    /// The role that may read only the product's secrets.
    Role,
    /// The binding of the role to the service account.
    RoleBinding,
    /// The security context of the product's pods: a part of a pod, not a resource.
    PodSecurityContext,
}

/// Generates the manifests with which a product runs in a cluster, except network policies.
pub trait RoleGenerator: Lifecycle {
    /// Generates a manifest: a resource of Kubernetes, or a part of one.
    ///
    /// # Errors
    ///
    /// A name is not valid in a cluster.
    fn generate(&self, manifest: Manifest, workload: &Workload<'_>) -> Result<Value, Error>;
}

/// Generates network policies for a product in a cluster.
pub trait NetworkPolicyGenerator: Lifecycle {
    /// Generates the policy that lets the product's pods connect to the services that it uses.
    ///
    /// # Errors
    ///
    /// A name is not valid in a cluster.
    fn generate_network_policy(&self, workload: &Workload<'_>) -> Result<Value, Error>;

    /// Generates the policies that deny all other connections in the namespace.
    ///
    /// # Errors
    ///
    /// As for [`generate_network_policy`](Self::generate_network_policy).
    fn generate_default_deny_policies(&self, workload: &Workload<'_>) -> Result<Vec<Value>, Error>;
}

/// A product that runs in a cluster.
#[derive(Clone, Copy, Debug, Default)]
pub struct Workload<'a> {
    /// The name of the product.
    pub name: &'a str,
    /// The namespace in the cluster.
    pub namespace: &'a str,
    /// The names of the cluster's Secrets that the product reads.
    pub secrets: &'a [&'a str],
    /// The hosts that the product connects to, by name or by address, and their ports.
    pub egress: &'a [(&'a str, u16)],
}

impl Handle<dyn RoleGenerator> {
    /// Generates a manifest, in a span such as `security.generate_role`.
    ///
    /// # Errors
    ///
    /// As for [`RoleGenerator::generate`].
    pub fn generate(&self, manifest: Manifest, workload: &Workload<'_>) -> Result<Value, Error> {
        use Manifest::{Namespace, PodSecurityContext, Role, RoleBinding, ServiceAccount};

        let (operation, policy_type) = match manifest {
            Namespace => ("generate_namespace", "Namespace"),
            ServiceAccount => ("generate_service_account", "ServiceAccount"),
            Role => ("generate_role", "Role"),
            RoleBinding => ("generate_role_binding", "RoleBinding"),
            PodSecurityContext => ("generate_pod_security_context", "PodSecurityContext"),
        };
        let has_level = matches!(manifest, Namespace | PodSecurityContext);
        let operation = Security {
            operation,
            area: "rbac",
            policy_type: Some(policy_type),
            resource_count: Some(1),
            namespace: Some(workload.namespace),
            pss_level: has_level.then_some(PSS_LEVEL),
        };
        self.observe(&operation, |it, _| it.generate(manifest, workload))
    }
}

impl Handle<dyn NetworkPolicyGenerator> {
    /// Generates the policy of the product, in the span `security.generate_network_policy`.
    ///
    /// # Errors
    ///
    /// As for [`NetworkPolicyGenerator::generate_network_policy`].
    pub fn generate_network_policy(&self, workload: &Workload<'_>) -> Result<Value, Error> {
        let operation =
            Security { resource_count: Some(1), ..network("generate_network_policy", workload) };
        self.observe(&operation, |it, _| it.generate_network_policy(workload))
    }

    /// Generates the policies that deny all other connections, in the span `security.generate_default_deny_policies`.
    ///
    /// # Errors
    ///
    /// As for [`NetworkPolicyGenerator::generate_default_deny_policies`].
    pub fn generate_default_deny_policies(
        &self,
        workload: &Workload<'_>,
    ) -> Result<Vec<Value>, Error> {
        let operation = network("generate_default_deny_policies", workload);
        self.observe(&operation, |it, span| {
            let policies = it.generate_default_deny_policies(workload)?;
            span.set_attribute(Security::RESOURCE_COUNT, policies.len());
            Ok(policies)
        })
    }
}

fn network<'a>(operation: &'a str, workload: &'a Workload<'_>) -> Security<'a> {
    Security {
        operation,
        area: "network",
        policy_type: Some("NetworkPolicy"),
        namespace: Some(workload.namespace),
        ..Security::default()
    }
}
