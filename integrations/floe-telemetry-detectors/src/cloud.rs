//! Detects the cloud platform ([conventions](https://opentelemetry.io/docs/specs/semconv/resource/cloud/)) by the
//! environment variables that the platforms set.

use floe_telemetry::detection::{DetectedAttributes, Surroundings};
use opentelemetry::{Array, Value};

pub(crate) fn detect(surroundings: &mut Surroundings<'_>, found: &mut DetectedAttributes) {
    let variable = |name| surroundings.variable(name);
    let platform = [aws_lambda, aws_ecs, gcp_functions, gcp_cloud_run, gcp_app_engine, azure]
        .into_iter()
        .find_map(|platform| platform(&variable, found));
    let Some((provider, platform)) = platform else {
        return;
    };
    found.add("cloud.provider", Some(provider));
    found.add("cloud.platform", Some(platform));
}

type Platform = (&'static str, &'static str);

type Variable<'a> = &'a dyn Fn(&'static str) -> Option<String>;

/// Reads the [variables of Lambda](https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html).
fn aws_lambda(variable: Variable<'_>, found: &mut DetectedAttributes) -> Option<Platform> {
    found.add("faas.name", Some(variable("AWS_LAMBDA_FUNCTION_NAME")?));
    found.add("faas.version", variable("AWS_LAMBDA_FUNCTION_VERSION"));
    found.add("faas.instance", variable("AWS_LAMBDA_LOG_STREAM_NAME"));
    let megabytes =
        variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").and_then(|size| size.parse::<i64>().ok());
    found.add("faas.max_memory", megabytes.and_then(|size| size.checked_mul(1024 * 1024)));
    found.add("cloud.region", variable("AWS_REGION"));
    let group = variable("AWS_LAMBDA_LOG_GROUP_NAME");
    let groups = group.map(|group| Value::Array(Array::String(vec![group.into()])));
    found.add("aws.log.group.names", groups);
    Some(("aws", "aws_lambda"))
}

/// Detects ECS without the name of the task, which only the metadata endpoint returns.
fn aws_ecs(variable: Variable<'_>, found: &mut DetectedAttributes) -> Option<Platform> {
    let endpoint = variable("ECS_CONTAINER_METADATA_URI_V4");
    endpoint.or_else(|| variable("ECS_CONTAINER_METADATA_URI"))?;
    found.add("cloud.region", variable("AWS_REGION"));
    Some(("aws", "aws_ecs"))
}

/// Reads the [variables of functions](https://cloud.google.com/run/docs/container-contract#env-vars).
fn gcp_functions(variable: Variable<'_>, found: &mut DetectedAttributes) -> Option<Platform> {
    variable("FUNCTION_TARGET")?;
    gcp_cloud_run(variable, found)?;
    Some(("gcp", "gcp_cloud_functions"))
}

fn gcp_cloud_run(variable: Variable<'_>, found: &mut DetectedAttributes) -> Option<Platform> {
    if let Some(job) = variable("CLOUD_RUN_JOB") {
        found.add("faas.name", Some(job));
        found.add("gcp.cloud_run.job.execution", variable("CLOUD_RUN_EXECUTION"));
        let index = variable("CLOUD_RUN_TASK_INDEX").and_then(|text| text.parse::<i64>().ok());
        found.add("gcp.cloud_run.job.task_index", index);
    } else {
        found.add("faas.name", Some(variable("K_SERVICE")?));
        found.add("faas.version", variable("K_REVISION"));
    }
    gcp_project(variable, found);
    Some(("gcp", "gcp_cloud_run"))
}

fn gcp_app_engine(variable: Variable<'_>, found: &mut DetectedAttributes) -> Option<Platform> {
    found.add("faas.name", Some(variable("GAE_SERVICE")?));
    found.add("faas.version", variable("GAE_VERSION"));
    found.add("faas.instance", variable("GAE_INSTANCE"));
    gcp_project(variable, found);
    Some(("gcp", "gcp_app_engine"))
}

fn gcp_project(variable: Variable<'_>, found: &mut DetectedAttributes) {
    found.add("cloud.account.id", variable("GOOGLE_CLOUD_PROJECT"));
}

/// Reads the variables of Container Apps, and those of [App
/// Service](https://learn.microsoft.com/azure/app-service/reference-app-settings), on which functions run, too.
fn azure(variable: Variable<'_>, found: &mut DetectedAttributes) -> Option<Platform> {
    if let Some(app) = variable("CONTAINER_APP_NAME") {
        found.add("faas.name", Some(app));
        found.add("faas.version", variable("CONTAINER_APP_REVISION"));
        found.add("faas.instance", variable("CONTAINER_APP_REPLICA_NAME"));
        return Some(("azure", "azure.container_apps"));
    }
    let site = variable("WEBSITE_SITE_NAME")?;
    found.add("cloud.region", variable("REGION_NAME"));
    // The owner begins with the subscription: `{subscription}+{resource group}-{region}webspace`.
    let owner = variable("WEBSITE_OWNER_NAME");
    let subscription = owner.and_then(|owner| Some(owner.split_once('+')?.0.to_owned()));
    if let (Some(subscription), Some(group)) = (&subscription, variable("WEBSITE_RESOURCE_GROUP")) {
        let id = format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Web/sites/{site}"
        );
        found.add("cloud.resource_id", Some(id));
    }
    found.add("cloud.account.id", subscription);
    if variable("FUNCTIONS_EXTENSION_VERSION").is_some() {
        found.add("faas.name", Some(site));
        found.add("faas.instance", variable("WEBSITE_INSTANCE_ID"));
        return Some(("azure", "azure.functions"));
    }
    found.add("deployment.environment.name", variable("WEBSITE_SLOT_NAME"));
    found.add("host.id", variable("WEBSITE_HOSTNAME"));
    Some(("azure", "azure.app_service"))
}
