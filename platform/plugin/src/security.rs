//! Network policies and roles that are generated for a cluster.

use floe_telemetry::FloeAttributes;
use serde_json::Value;

use crate::error::Error;
use crate::handle::{Handle, Kind};
use crate::kind::PluginType;
use crate::lifecycle::Lifecycle;
use crate::operation::Operation;
pub use crate::operation::operation_span as security_span;

/// The area of a manifest.
#[derive(Clone, Copy, Debug, Default, Eq, FloeAttributes, Hash, PartialEq)]
#[floe(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Area {
    /// Network policies.
    #[default]
    Network,
    /// Roles and role bindings.
    Rbac,
}

/// A generated manifest.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "security")]
pub struct Security<'a> {
    /// The operation: the last part of the span's name.
    pub operation: &'a str,
    /// The area of the manifest.
    pub area: Area,
    /// The Kubernetes kind of the manifest.
    pub policy_type: Option<&'a str>,
    /// The number of resources in the manifest.
    pub resource_count: Option<u64>,
    /// The Kubernetes namespace of the manifest.
    pub namespace: Option<&'a str>,
    /// The Pod Security Standard: `privileged`, `baseline` or `restricted`.
    pub pss_level: Option<&'a str>,
}

impl Operation for Security<'_> {
    const DOMAIN: &'static str = "security";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Generates roles for the cluster of a product. Each manifest is a resource of Kubernetes.
pub trait RoleGenerator: Lifecycle {
    /// The namespace, with its Pod Security Standard as labels.
    ///
    /// # Errors
    ///
    /// A name is not valid in a cluster.
    fn generate_namespace(&self, workload: &Workload<'_>) -> Result<Value, Error>;

    /// The service account of the product.
    ///
    /// # Errors
    ///
    /// As for [`generate_namespace`](Self::generate_namespace).
    fn generate_service_account(&self, workload: &Workload<'_>) -> Result<Value, Error>;

    /// The role that may read only the product's secrets, in their namespace.
    ///
    /// # Errors
    ///
    /// As for [`generate_namespace`](Self::generate_namespace).
    fn generate_role(&self, workload: &Workload<'_>) -> Result<Value, Error>;

    /// The binding of the role to the service account, in the namespace of the role.
    ///
    /// # Errors
    ///
    /// As for [`generate_namespace`](Self::generate_namespace).
    fn generate_role_binding(&self, workload: &Workload<'_>) -> Result<Value, Error>;

    /// The security context of the product's pods: a part of a pod, not a resource.
    ///
    /// # Errors
    ///
    /// As for [`generate_namespace`](Self::generate_namespace).
    fn generate_pod_security_context(&self, workload: &Workload<'_>) -> Result<Value, Error>;
}

/// Generates network policies for the cluster of a product.
pub trait NetworkPolicyGenerator: Lifecycle {
    /// The policy that lets the product's pods connect to the services that it uses.
    ///
    /// # Errors
    ///
    /// A name is not valid in a cluster.
    fn generate_network_policy(&self, workload: &Workload<'_>) -> Result<Value, Error>;

    /// The policies that deny everything else in the namespace.
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
    /// The namespace of the Secrets and of the role that reads them; `None` means the namespace of the product.
    pub secrets_namespace: Option<&'a str>,
    /// The hosts that the product connects to, by name or by address, and their ports.
    pub egress: &'a [(&'a str, u16)],
    /// The Pod Security Standard: `privileged`, `baseline` or `restricted`.
    pub pss_level: &'a str,
}

impl Workload<'_> {
    /// The namespace of the role that reads the Secrets, and of its binding.
    #[must_use]
    pub fn role_namespace(&self) -> &str {
        self.secrets_namespace.unwrap_or(self.namespace)
    }
}

impl Kind for dyn RoleGenerator {
    const TYPE: PluginType = PluginType::Rbac;
}

impl Kind for dyn NetworkPolicyGenerator {
    const TYPE: PluginType = PluginType::NetworkSecurity;
}

impl Handle<dyn RoleGenerator> {
    /// The namespace, in the span `security.generate_namespace`.
    ///
    /// # Errors
    ///
    /// As for [`RoleGenerator::generate_namespace`].
    pub fn generate_namespace(&self, workload: &Workload<'_>) -> Result<Value, Error> {
        let operation = Security {
            pss_level: Some(workload.pss_level),
            ..rbac("generate_namespace", "Namespace", workload)
        };
        self.observe(&operation, |it, _| it.generate_namespace(workload))
    }

    /// The service account, in the span `security.generate_service_account`.
    ///
    /// # Errors
    ///
    /// As for [`RoleGenerator::generate_service_account`].
    pub fn generate_service_account(&self, workload: &Workload<'_>) -> Result<Value, Error> {
        let operation = rbac("generate_service_account", "ServiceAccount", workload);
        self.observe(&operation, |it, _| it.generate_service_account(workload))
    }

    /// The role, in the span `security.generate_role`.
    ///
    /// # Errors
    ///
    /// As for [`RoleGenerator::generate_role`].
    pub fn generate_role(&self, workload: &Workload<'_>) -> Result<Value, Error> {
        let operation = Security {
            namespace: Some(workload.role_namespace()),
            ..rbac("generate_role", "Role", workload)
        };
        self.observe(&operation, |it, _| it.generate_role(workload))
    }

    /// The binding of the role, in the span `security.generate_role_binding`.
    ///
    /// # Errors
    ///
    /// As for [`RoleGenerator::generate_role_binding`].
    pub fn generate_role_binding(&self, workload: &Workload<'_>) -> Result<Value, Error> {
        let operation = Security {
            namespace: Some(workload.role_namespace()),
            ..rbac("generate_role_binding", "RoleBinding", workload)
        };
        self.observe(&operation, |it, _| it.generate_role_binding(workload))
    }

    /// The security context of pods, in the span `security.generate_pod_security_context`.
    ///
    /// # Errors
    ///
    /// As for [`RoleGenerator::generate_pod_security_context`].
    pub fn generate_pod_security_context(&self, workload: &Workload<'_>) -> Result<Value, Error> {
        let operation = Security {
            pss_level: Some(workload.pss_level),
            ..rbac("generate_pod_security_context", "PodSecurityContext", workload)
        };
        self.observe(&operation, |it, _| it.generate_pod_security_context(workload))
    }
}

impl Handle<dyn NetworkPolicyGenerator> {
    /// The policy of the product, in the span `security.generate_network_policy`.
    ///
    /// # Errors
    ///
    /// As for [`NetworkPolicyGenerator::generate_network_policy`].
    pub fn generate_network_policy(&self, workload: &Workload<'_>) -> Result<Value, Error> {
        let operation = network("generate_network_policy", workload);
        self.observe(&operation, |it, _| it.generate_network_policy(workload))
    }

    /// The policies that deny everything else, in the span `security.generate_default_deny_policies`.
    ///
    /// # Errors
    ///
    /// As for [`NetworkPolicyGenerator::generate_default_deny_policies`].
    pub fn generate_default_deny_policies(
        &self,
        workload: &Workload<'_>,
    ) -> Result<Vec<Value>, Error> {
        let operation = network("generate_default_deny_policies", workload);
        self.observe(&operation, |it, _| it.generate_default_deny_policies(workload))
    }
}

fn rbac<'a>(operation: &'a str, policy_type: &'a str, workload: &'a Workload<'_>) -> Security<'a> {
    Security {
        operation,
        area: Area::Rbac,
        policy_type: Some(policy_type),
        resource_count: Some(1),
        namespace: Some(workload.namespace),
        pss_level: None,
    }
}

fn network<'a>(operation: &'a str, workload: &'a Workload<'_>) -> Security<'a> {
    Security {
        operation,
        area: Area::Network,
        policy_type: Some("NetworkPolicy"),
        namespace: Some(workload.namespace),
        ..Security::default()
    }
}
