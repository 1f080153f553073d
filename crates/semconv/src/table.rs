// Made by `crates/semconv/generate.py` from OpenTelemetry's semantic conventions, which are under the
// Apache License 2.0.

use crate::row::{Kind, Row, rows};

pub(crate) const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.44.0";

rows! {
    "android.app.state" TextOf("created", "background", "foreground")
    "android.os.api_level" Text
    "android.state" TextOf("created", "background", "foreground") renamed_to("android.app.state")
    "app.build_id" Text
    "app.crash.id" Text
    "app.installation.id" Text
    "app.jank.frame_count" Int
    "app.jank.period" Double
    "app.jank.threshold" Double
    "app.screen.coordinate.x" Int
    "app.screen.coordinate.y" Int
    "app.screen.id" Text
    "app.screen.name" Text
    "app.widget.id" Text
    "app.widget.name" Text
    "artifact.attestation.filename" Text
    "artifact.attestation.hash" Text
    "artifact.attestation.id" Text
    "artifact.filename" Text
    "artifact.hash" Text
    "artifact.purl" Text
    "artifact.version" Text
    "aspnetcore.authentication.result" TextOf("success", "failure", "none")
    "aspnetcore.authentication.scheme" Text
    "aspnetcore.authorization.policy" Text
    "aspnetcore.authorization.result" TextOf("success", "failure")
    "aspnetcore.diagnostics.exception.result" TextOf("handled", "unhandled", "skipped", "aborted")
    "aspnetcore.diagnostics.handler.type" Text
    "aspnetcore.identity.error_code" Text
    "aspnetcore.identity.password_check_result" TextOf("success", "success_rehash_needed", "failure", "password_missing", "user_missing")
    "aspnetcore.identity.result" TextOf("success", "failure")
    "aspnetcore.identity.sign_in.result" TextOf("success", "locked_out", "not_allowed", "requires_two_factor", "failure")
    "aspnetcore.identity.sign_in.type" TextOf("password", "two_factor_recovery_code", "two_factor_authenticator", "two_factor", "external", "passkey")
    "aspnetcore.identity.token_purpose" TextOf("reset_password", "change_phone_number", "email_confirmation", "change_email", "two_factor", "_OTHER")
    "aspnetcore.identity.token_verified" TextOf("success", "failure")
    "aspnetcore.identity.user.update_type" TextOf("update", "user_name", "add_password", "change_password", "security_stamp", "reset_password", "remove_login", "add_login", "add_claims", "replace_claim", "remove_claims", "add_to_roles", "remove_from_roles", "set_email", "confirm_email", "password_rehash", "remove_password", "change_email", "set_phone_number", "change_phone_number", "set_two_factor_enabled", "set_lockout_enabled", "set_lockout_end_date", "access_failed", "reset_access_failed_count", "set_authentication_token", "remove_authentication_token", "reset_authenticator_key", "generate_new_two_factor_recovery_codes", "redeem_two_factor_recovery_code", "set_passkey", "remove_passkey", "_OTHER")
    "aspnetcore.identity.user_type" Text
    "aspnetcore.memory_pool.owner" Text
    "aspnetcore.rate_limiting.policy" Text
    "aspnetcore.rate_limiting.result" TextOf("acquired", "endpoint_limiter", "global_limiter", "request_canceled")
    "aspnetcore.request.is_unhandled" Bool
    "aspnetcore.routing.is_fallback" Bool
    "aspnetcore.routing.match_status" TextOf("success", "failure")
    "aspnetcore.sign_in.is_persistent" Bool
    "aspnetcore.user.is_authenticated" Bool
    "aws.bedrock.guardrail.id" Text
    "aws.bedrock.knowledge_base.id" Text
    "aws.dynamodb.attribute_definitions" Texts
    "aws.dynamodb.attributes_to_get" Texts
    "aws.dynamodb.consistent_read" Bool
    "aws.dynamodb.consumed_capacity" Texts
    "aws.dynamodb.count" Int
    "aws.dynamodb.exclusive_start_table" Text
    "aws.dynamodb.global_secondary_index_updates" Texts
    "aws.dynamodb.global_secondary_indexes" Texts
    "aws.dynamodb.index_name" Text
    "aws.dynamodb.item_collection_metrics" Text
    "aws.dynamodb.limit" Int
    "aws.dynamodb.local_secondary_indexes" Texts
    "aws.dynamodb.projection" Text
    "aws.dynamodb.provisioned_read_capacity" Double
    "aws.dynamodb.provisioned_write_capacity" Double
    "aws.dynamodb.scan_forward" Bool
    "aws.dynamodb.scanned_count" Int
    "aws.dynamodb.segment" Int
    "aws.dynamodb.select" Text
    "aws.dynamodb.table_count" Int
    "aws.dynamodb.table_names" Texts
    "aws.dynamodb.total_segments" Int
    "aws.ecs.cluster.arn" Text
    "aws.ecs.container.arn" Text
    "aws.ecs.launchtype" TextOf("ec2", "fargate")
    "aws.ecs.task.arn" Text
    "aws.ecs.task.family" Text
    "aws.ecs.task.id" Text
    "aws.ecs.task.revision" Text
    "aws.eks.cluster.arn" Text
    "aws.extended_request_id" Text
    "aws.kinesis.stream_name" Text
    "aws.lambda.invoked_arn" Text
    "aws.lambda.resource_mapping.id" Text
    "aws.log.group.arns" Texts
    "aws.log.group.names" Texts
    "aws.log.stream.arns" Texts
    "aws.log.stream.names" Texts
    "aws.request_id" Text
    "aws.s3.bucket" Text
    "aws.s3.copy_source" Text
    "aws.s3.delete" Text
    "aws.s3.key" Text
    "aws.s3.part_number" Int
    "aws.s3.upload_id" Text
    "aws.secretsmanager.secret.arn" Text
    "aws.sns.topic.arn" Text
    "aws.sqs.queue.url" Text
    "aws.step_functions.activity.arn" Text
    "aws.step_functions.state_machine.arn" Text
    "az.namespace" Text renamed_to("azure.resource_provider.namespace")
    "az.service_request_id" Text renamed_to("azure.service.request.id")
    "azure.client.id" Text
    "azure.cosmosdb.connection.mode" TextOf("gateway", "direct")
    "azure.cosmosdb.consistency.level" TextOf("Strong", "BoundedStaleness", "Session", "Eventual", "ConsistentPrefix")
    "azure.cosmosdb.operation.contacted_regions" Texts
    "azure.cosmosdb.operation.request_charge" Double
    "azure.cosmosdb.request.body.size" Int
    "azure.cosmosdb.response.sub_status_code" Int
    "azure.resource_group.name" Text
    "azure.resource_provider.namespace" Text
    "azure.service.request.id" Text
    "browser.brands" Texts
    "browser.document.url.full" Text
    "browser.language" Text
    "browser.mobile" Bool
    "browser.platform" Text
    "browser.web_vital.delta" Double
    "browser.web_vital.id" Text
    "browser.web_vital.name" TextOf("cls", "lcp", "fcp", "inp", "ttfb", "fid")
    "browser.web_vital.navigation_type" TextOf("navigate", "reload", "back-forward", "back-forward-cache", "prerender", "restore")
    "browser.web_vital.rating" TextOf("good", "needs-improvement", "poor")
    "browser.web_vital.value" Double
    "cassandra.consistency.level" TextOf("all", "each_quorum", "quorum", "local_quorum", "one", "two", "three", "local_one", "any", "serial", "local_serial")
    "cassandra.coordinator.dc" Text
    "cassandra.coordinator.id" Text
    "cassandra.page.size" Int
    "cassandra.query.idempotent" Bool
    "cassandra.speculative_execution.count" Int
    "cicd.pipeline.action.name" TextOf("BUILD", "RUN", "SYNC")
    "cicd.pipeline.name" Text
    "cicd.pipeline.result" TextOf("success", "failure", "error", "timeout", "cancellation", "skip")
    "cicd.pipeline.run.id" Text
    "cicd.pipeline.run.state" TextOf("pending", "executing", "finalizing")
    "cicd.pipeline.run.url.full" Text
    "cicd.pipeline.task.name" Text
    "cicd.pipeline.task.run.id" Text
    "cicd.pipeline.task.run.result" TextOf("success", "failure", "error", "timeout", "cancellation", "skip")
    "cicd.pipeline.task.run.url.full" Text
    "cicd.pipeline.task.type" TextOf("build", "test", "deploy")
    "cicd.system.component" Text
    "cicd.worker.id" Text
    "cicd.worker.name" Text
    "cicd.worker.state" TextOf("available", "busy", "offline")
    "cicd.worker.url.full" Text
    "client.address" Text
    "client.port" Int
    "cloud.account.id" Text
    "cloud.availability_zone" Text
    "cloud.platform" TextOf("akamai_cloud.compute", "alibaba_cloud_ecs", "alibaba_cloud_fc", "alibaba_cloud_openshift", "aws_ec2", "aws_ecs", "aws_eks", "aws_lambda", "aws_elastic_beanstalk", "aws_app_runner", "aws_openshift", "azure.vm", "azure.container_apps", "azure.container_instances", "azure.aks", "azure.functions", "azure.app_service", "azure.openshift", "azure_vm", "azure_container_apps", "azure_container_instances", "azure_aks", "azure_functions", "azure_app_service", "azure_openshift", "gcp.agent_engine", "gcp_bare_metal_solution", "gcp_compute_engine", "gcp_cloud_run", "gcp_kubernetes_engine", "gcp_cloud_functions", "gcp_app_engine", "gcp_openshift", "hetzner.cloud_server", "ibm_cloud_openshift", "oracle_cloud_compute", "oracle_cloud_oke", "scaleway_cloud_compute", "tencent_cloud_cvm", "tencent_cloud_eks", "tencent_cloud_scf", "vultr.cloud_compute")
    "cloud.provider" TextOf("akamai_cloud", "alibaba_cloud", "aws", "azure", "gcp", "heroku", "hetzner", "ibm_cloud", "oracle_cloud", "scaleway_cloud", "tencent_cloud", "vultr")
    "cloud.region" Text
    "cloud.resource_id" Text
    "cloudevents.event_id" Text
    "cloudevents.event_source" Text
    "cloudevents.event_spec_version" Text
    "cloudevents.event_subject" Text
    "cloudevents.event_type" Text
    "cloudfoundry.app.id" Text
    "cloudfoundry.app.instance.id" Text
    "cloudfoundry.app.name" Text
    "cloudfoundry.org.id" Text
    "cloudfoundry.org.name" Text
    "cloudfoundry.process.id" Text
    "cloudfoundry.process.type" Text
    "cloudfoundry.space.id" Text
    "cloudfoundry.space.name" Text
    "cloudfoundry.system.id" Text
    "cloudfoundry.system.instance.id" Text
    "code.column" Int renamed_to("code.column.number")
    "code.column.number" Int
    "code.file.path" Text
    "code.filepath" Text renamed_to("code.file.path")
    "code.function" Text deprecated("Value should be included in `code.function.name` which is expected to be a fully-qualified name.")
    "code.function.name" Text
    "code.line.number" Int
    "code.lineno" Int renamed_to("code.line.number")
    "code.namespace" Text deprecated("Value should be included in `code.function.name` which is expected to be a fully-qualified name.")
    "code.stacktrace" Text
    "container.command" Text
    "container.command_args" Texts
    "container.command_line" Text
    "container.cpu.state" TextOf("user", "system", "kernel") renamed_to("cpu.mode")
    "container.csi.plugin.name" Text
    "container.csi.volume.id" Text
    "container.id" Text
    "container.image.id" Text
    "container.image.name" Text
    "container.image.repo_digests" Texts
    "container.image.tags" Texts
    "container.label" Text template
    "container.labels" Text template renamed_to("container.label")
    "container.name" Text
    "container.runtime" Text renamed_to("container.runtime.name")
    "container.runtime.description" Text
    "container.runtime.name" Text
    "container.runtime.version" Text
    "cpu.logical_number" Int
    "cpu.mode" TextOf("user", "system", "nice", "idle", "iowait", "interrupt", "steal", "kernel")
    "cpython.gc.generation" IntOf(0, 1, 2)
    "db.cassandra.consistency_level" TextOf("all", "each_quorum", "quorum", "local_quorum", "one", "two", "three", "local_one", "any", "serial", "local_serial") renamed_to("cassandra.consistency.level")
    "db.cassandra.coordinator.dc" Text renamed_to("cassandra.coordinator.dc")
    "db.cassandra.coordinator.id" Text renamed_to("cassandra.coordinator.id")
    "db.cassandra.idempotence" Bool renamed_to("cassandra.query.idempotent")
    "db.cassandra.page_size" Int renamed_to("cassandra.page.size")
    "db.cassandra.speculative_execution_count" Int renamed_to("cassandra.speculative_execution.count")
    "db.cassandra.table" Text renamed_to("db.collection.name")
    "db.client.connection.pool.name" Text
    "db.client.connection.state" TextOf("idle", "used")
    "db.client.connections.pool.name" Text renamed_to("db.client.connection.pool.name")
    "db.client.connections.state" TextOf("idle", "used") renamed_to("db.client.connection.state")
    "db.collection.name" Text
    "db.connection_string" Text deprecated("Replaced by `server.address` and `server.port`.")
    "db.cosmosdb.client_id" Text renamed_to("azure.client.id")
    "db.cosmosdb.connection_mode" TextOf("gateway", "direct") renamed_to("azure.cosmosdb.connection.mode")
    "db.cosmosdb.consistency_level" TextOf("Strong", "BoundedStaleness", "Session", "Eventual", "ConsistentPrefix") renamed_to("azure.cosmosdb.consistency.level")
    "db.cosmosdb.container" Text renamed_to("db.collection.name")
    "db.cosmosdb.operation_type" TextOf("batch", "create", "delete", "execute", "execute_javascript", "invalid", "head", "head_feed", "patch", "query", "query_plan", "read", "read_feed", "replace", "upsert") deprecated("Removed, no replacement at this time.")
    "db.cosmosdb.regions_contacted" Texts renamed_to("azure.cosmosdb.operation.contacted_regions")
    "db.cosmosdb.request_charge" Double renamed_to("azure.cosmosdb.operation.request_charge")
    "db.cosmosdb.request_content_length" Int renamed_to("azure.cosmosdb.request.body.size")
    "db.cosmosdb.status_code" Int deprecated("Use `db.response.status_code` instead.")
    "db.cosmosdb.sub_status_code" Int renamed_to("azure.cosmosdb.response.sub_status_code")
    "db.elasticsearch.cluster.name" Text renamed_to("db.namespace")
    "db.elasticsearch.node.name" Text renamed_to("elasticsearch.node.name")
    "db.elasticsearch.path_parts" Text template renamed_to("db.operation.parameter")
    "db.instance.id" Text deprecated("Removed, no general replacement at this time. For Elasticsearch, use `db.elasticsearch.node.name` instead.")
    "db.jdbc.driver_classname" Text deprecated("Removed, no replacement at this time.")
    "db.mongodb.collection" Text renamed_to("db.collection.name")
    "db.mssql.instance_name" Text deprecated("Removed, no replacement at this time.")
    "db.name" Text renamed_to("db.namespace")
    "db.namespace" Text
    "db.operation" Text renamed_to("db.operation.name")
    "db.operation.batch.size" Int
    "db.operation.name" Text
    "db.operation.parameter" Text template
    "db.query.parameter" Text template
    "db.query.summary" Text
    "db.query.text" Text
    "db.redis.database_index" Int deprecated("Replaced by `db.namespace` (string).")
    "db.response.returned_rows" Int
    "db.response.status_code" Text
    "db.sql.table" Text deprecated("Replaced by `db.collection.name`, but only if not extracting the value from `db.query.text`.")
    "db.statement" Text renamed_to("db.query.text")
    "db.stored_procedure.name" Text
    "db.system" TextOf("other_sql", "adabas", "cache", "intersystems_cache", "cassandra", "clickhouse", "cloudscape", "cockroachdb", "coldfusion", "cosmosdb", "couchbase", "couchdb", "db2", "derby", "dynamodb", "edb", "elasticsearch", "filemaker", "firebird", "firstsql", "geode", "h2", "hanadb", "hbase", "hive", "hsqldb", "influxdb", "informix", "ingres", "instantdb", "interbase", "mariadb", "maxdb", "memcached", "mongodb", "mssql", "mssqlcompact", "mysql", "neo4j", "netezza", "opensearch", "oracle", "pervasive", "pointbase", "postgresql", "progress", "redis", "redshift", "spanner", "sqlite", "sybase", "teradata", "trino", "vertica") renamed_to("db.system.name")
    "db.system.name" TextOf("other_sql", "softwareag.adabas", "actian.ingres", "aws.dynamodb", "aws.redshift", "azure.cosmosdb", "intersystems.cache", "cassandra", "clickhouse", "cockroachdb", "couchbase", "couchdb", "derby", "elasticsearch", "firebirdsql", "gcp.spanner", "geode", "h2database", "hbase", "hive", "hsqldb", "ibm.db2", "ibm.informix", "ibm.netezza", "influxdb", "instantdb", "mariadb", "memcached", "mongodb", "microsoft.sql_server", "mysql", "neo4j", "opensearch", "oracle.db", "postgresql", "redis", "sap.hana", "sap.maxdb", "sqlite", "teradata", "trino")
    "db.user" Text deprecated("Removed, no replacement at this time.")
    "deployment.environment" Text renamed_to("deployment.environment.name")
    "deployment.environment.name" TextOf("production", "staging", "test", "development")
    "deployment.id" Text
    "deployment.name" Text
    "deployment.status" TextOf("failed", "succeeded")
    "destination.address" Text
    "destination.port" Int
    "device.id" Text
    "device.manufacturer" Text
    "device.model.identifier" Text
    "device.model.name" Text
    "disk.io.direction" TextOf("read", "write")
    "dns.answers" Texts
    "dns.question.name" Text
    "dotnet.gc.heap.generation" TextOf("gen0", "gen1", "gen2", "loh", "poh")
    "elasticsearch.node.name" Text
    "enduser.id" Text
    "enduser.pseudo.id" Text
    "enduser.role" Text deprecated("Use `user.roles` instead.")
    "enduser.scope" Text deprecated("Removed, no replacement at this time.")
    "error.message" Text deprecated("Use domain-specific error message attribute. For example, use `feature_flag.error.message` for feature flag errors.")
    "error.type" TextOf("_OTHER")
    "event.name" Text deprecated("The value of this attribute MUST now be set as the value of the EventName field on the LogRecord to indicate that the LogRecord represents an Event.")
    "exception.escaped" Bool deprecated("It's no longer recommended to record exceptions that are handled and do not escape the scope of a span.")
    "exception.message" Text
    "exception.stacktrace" Text
    "exception.type" Text
    "faas.coldstart" Bool
    "faas.cron" Text
    "faas.document.collection" Text
    "faas.document.name" Text
    "faas.document.operation" TextOf("insert", "edit", "delete")
    "faas.document.time" Text
    "faas.instance" Text
    "faas.invocation_id" Text
    "faas.invoked_name" Text
    "faas.invoked_provider" TextOf("alibaba_cloud", "aws", "azure", "gcp", "tencent_cloud")
    "faas.invoked_region" Text
    "faas.max_memory" Int
    "faas.name" Text
    "faas.time" Text
    "faas.trigger" TextOf("datasource", "http", "pubsub", "timer", "other")
    "faas.version" Text
    "feature_flag.context.id" Text
    "feature_flag.error.message" Text
    "feature_flag.evaluation.error.message" Text renamed_to("feature_flag.error.message")
    "feature_flag.evaluation.reason" TextOf("static", "default", "targeting_match", "split", "cached", "disabled", "unknown", "stale", "error") renamed_to("feature_flag.result.reason")
    "feature_flag.key" Text
    "feature_flag.provider.name" Text
    "feature_flag.provider_name" Text renamed_to("feature_flag.provider.name")
    "feature_flag.result.reason" TextOf("static", "default", "targeting_match", "split", "cached", "disabled", "unknown", "stale", "error")
    "feature_flag.result.value" Any
    "feature_flag.result.variant" Text
    "feature_flag.set.id" Text
    "feature_flag.variant" Text renamed_to("feature_flag.result.variant")
    "feature_flag.version" Text
    "file.accessed" Text
    "file.attributes" Texts
    "file.changed" Text
    "file.created" Text
    "file.directory" Text
    "file.extension" Text
    "file.fork_name" Text
    "file.group.id" Text
    "file.group.name" Text
    "file.inode" Text
    "file.lock.mechanism" Text
    "file.lock.mode" Text
    "file.lock.type" TextOf("read", "write")
    "file.mode" Text
    "file.modified" Text
    "file.name" Text
    "file.owner.id" Text
    "file.owner.name" Text
    "file.path" Text
    "file.size" Int
    "file.symbolic_link.target_path" Text
    "gcp.apphub.application.container" Text
    "gcp.apphub.application.id" Text
    "gcp.apphub.application.location" Text
    "gcp.apphub.service.criticality_type" TextOf("MISSION_CRITICAL", "HIGH", "MEDIUM", "LOW")
    "gcp.apphub.service.environment_type" TextOf("PRODUCTION", "STAGING", "TEST", "DEVELOPMENT")
    "gcp.apphub.service.id" Text
    "gcp.apphub.workload.criticality_type" TextOf("MISSION_CRITICAL", "HIGH", "MEDIUM", "LOW")
    "gcp.apphub.workload.environment_type" TextOf("PRODUCTION", "STAGING", "TEST", "DEVELOPMENT")
    "gcp.apphub.workload.id" Text
    "gcp.apphub_destination.application.container" Text
    "gcp.apphub_destination.application.id" Text
    "gcp.apphub_destination.application.location" Text
    "gcp.apphub_destination.service.criticality_type" TextOf("MISSION_CRITICAL", "HIGH", "MEDIUM", "LOW")
    "gcp.apphub_destination.service.environment_type" TextOf("PRODUCTION", "STAGING", "TEST", "DEVELOPMENT")
    "gcp.apphub_destination.service.id" Text
    "gcp.apphub_destination.workload.criticality_type" TextOf("MISSION_CRITICAL", "HIGH", "MEDIUM", "LOW")
    "gcp.apphub_destination.workload.environment_type" TextOf("PRODUCTION", "STAGING", "TEST", "DEVELOPMENT")
    "gcp.apphub_destination.workload.id" Text
    "gcp.client.service" Text
    "gcp.cloud_run.job.execution" Text
    "gcp.cloud_run.job.task_index" Int
    "gcp.gce.instance.hostname" Text
    "gcp.gce.instance.labels" Text template
    "gcp.gce.instance.name" Text
    "gcp.gce.instance_group_manager.name" Text
    "gcp.gce.instance_group_manager.region" Text
    "gcp.gce.instance_group_manager.zone" Text
    "gen_ai.agent.description" Text
    "gen_ai.agent.id" Text
    "gen_ai.agent.name" Text
    "gen_ai.agent.version" Text
    "gen_ai.completion" Text deprecated("Removed, no replacement at this time.")
    "gen_ai.conversation.id" Text
    "gen_ai.data_source.id" Text
    "gen_ai.embeddings.dimension.count" Int
    "gen_ai.evaluation.explanation" Text
    "gen_ai.evaluation.name" Text
    "gen_ai.evaluation.score.label" Text
    "gen_ai.evaluation.score.value" Double
    "gen_ai.input.messages" Any
    "gen_ai.openai.request.response_format" TextOf("text", "json_object", "json_schema") deprecated("Replaced by `gen_ai.output.type`, which has moved to the [OpenTelemetry GenAI semantic conventions repository](https://github.com/open-telemetry/semantic-conventions-genai).")
    "gen_ai.openai.request.seed" Int deprecated("Replaced by `gen_ai.request.seed`, which has moved to the [OpenTelemetry GenAI semantic conventions repository](https://github.com/open-telemetry/semantic-conventions-genai).")
    "gen_ai.openai.request.service_tier" TextOf("auto", "default") deprecated("Replaced by `openai.request.service_tier`, which has moved to the [OpenTelemetry GenAI semantic conventions repository](https://github.com/open-telemetry/semantic-conventions-genai).")
    "gen_ai.openai.response.service_tier" Text deprecated("Replaced by `openai.response.service_tier`, which has moved to the [OpenTelemetry GenAI semantic conventions repository](https://github.com/open-telemetry/semantic-conventions-genai).")
    "gen_ai.openai.response.system_fingerprint" Text deprecated("Replaced by `openai.response.system_fingerprint`, which has moved to the [OpenTelemetry GenAI semantic conventions repository](https://github.com/open-telemetry/semantic-conventions-genai).")
    "gen_ai.operation.name" TextOf("chat", "generate_content", "text_completion", "embeddings", "retrieval", "create_agent", "invoke_agent", "execute_tool", "invoke_workflow")
    "gen_ai.output.messages" Any
    "gen_ai.output.type" TextOf("text", "json", "image", "speech")
    "gen_ai.prompt" Text deprecated("Removed, no replacement at this time.")
    "gen_ai.prompt.name" Text
    "gen_ai.provider.name" TextOf("openai", "gcp.gen_ai", "gcp.vertex_ai", "gcp.gemini", "anthropic", "cohere", "azure.ai.inference", "azure.ai.openai", "ibm.watsonx.ai", "aws.bedrock", "perplexity", "x_ai", "deepseek", "groq", "mistral_ai")
    "gen_ai.request.choice.count" Int
    "gen_ai.request.encoding_formats" Texts
    "gen_ai.request.frequency_penalty" Double
    "gen_ai.request.max_tokens" Int
    "gen_ai.request.model" Text
    "gen_ai.request.presence_penalty" Double
    "gen_ai.request.seed" Int
    "gen_ai.request.stop_sequences" Texts
    "gen_ai.request.stream" Bool
    "gen_ai.request.temperature" Double
    "gen_ai.request.top_k" Double
    "gen_ai.request.top_p" Double
    "gen_ai.response.finish_reasons" Texts
    "gen_ai.response.id" Text
    "gen_ai.response.model" Text
    "gen_ai.response.time_to_first_chunk" Double
    "gen_ai.retrieval.documents" Any
    "gen_ai.retrieval.query.text" Text
    "gen_ai.system" TextOf("openai", "gcp.gen_ai", "gcp.vertex_ai", "gcp.gemini", "vertex_ai", "gemini", "anthropic", "cohere", "az.ai.inference", "az.ai.openai", "azure.ai.inference", "azure.ai.openai", "ibm.watsonx.ai", "aws.bedrock", "perplexity", "xai", "deepseek", "groq", "mistral_ai") deprecated("Replaced by `gen_ai.provider.name`, which has moved to the [OpenTelemetry GenAI semantic conventions repository](https://github.com/open-telemetry/semantic-conventions-genai).")
    "gen_ai.system_instructions" Any
    "gen_ai.token.type" TextOf("input", "output", "output")
    "gen_ai.tool.call.arguments" Any
    "gen_ai.tool.call.id" Text
    "gen_ai.tool.call.result" Any
    "gen_ai.tool.definitions" Any
    "gen_ai.tool.description" Text
    "gen_ai.tool.name" Text
    "gen_ai.tool.type" Text
    "gen_ai.usage.cache_creation.input_tokens" Int
    "gen_ai.usage.cache_read.input_tokens" Int
    "gen_ai.usage.completion_tokens" Int deprecated("Replaced by `gen_ai.usage.output_tokens`, which has moved to the [OpenTelemetry GenAI semantic conventions repository](https://github.com/open-telemetry/semantic-conventions-genai).")
    "gen_ai.usage.input_tokens" Int
    "gen_ai.usage.output_tokens" Int
    "gen_ai.usage.prompt_tokens" Int deprecated("Replaced by `gen_ai.usage.input_tokens`, which has moved to the [OpenTelemetry GenAI semantic conventions repository](https://github.com/open-telemetry/semantic-conventions-genai).")
    "gen_ai.usage.reasoning.output_tokens" Int
    "gen_ai.workflow.name" Text
    "geo.continent.code" TextOf("AF", "AN", "AS", "EU", "NA", "OC", "SA")
    "geo.country.iso_code" Text
    "geo.locality.name" Text
    "geo.location.lat" Double
    "geo.location.lon" Double
    "geo.postal_code" Text
    "geo.region.iso_code" Text
    "go.cpu.detailed_state" Text
    "go.cpu.state" TextOf("user", "gc", "scavenge", "idle")
    "go.memory.detailed_type" Text
    "go.memory.type" TextOf("stack", "other")
    "graphql.document" Text
    "graphql.operation.name" Text
    "graphql.operation.type" TextOf("query", "mutation", "subscription")
    "heroku.app.id" Text
    "heroku.release.commit" Text
    "heroku.release.creation_timestamp" Text
    "host.arch" TextOf("amd64", "arm32", "arm64", "ia64", "ppc32", "ppc64", "s390x", "x86")
    "host.cpu.cache.l2.size" Int
    "host.cpu.family" Text
    "host.cpu.model.id" Text
    "host.cpu.model.name" Text
    "host.cpu.stepping" Text
    "host.cpu.vendor.id" Text
    "host.id" Text
    "host.image.id" Text
    "host.image.name" Text
    "host.image.version" Text
    "host.ip" Texts
    "host.mac" Texts
    "host.name" Text
    "host.type" Text
    "http.client_ip" Text renamed_to("client.address")
    "http.connection.state" TextOf("active", "idle")
    "http.flavor" TextOf("1.0", "1.1", "2.0", "3.0", "SPDY", "QUIC") deprecated("Split into `network.protocol.name` and `network.protocol.version`")
    "http.host" Text deprecated("Replaced by one of `server.address`, `client.address` or `http.request.header.host`, depending on the usage.")
    "http.method" Text renamed_to("http.request.method")
    "http.request.body.size" Int
    "http.request.header" Texts template
    "http.request.method" TextOf("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE", "QUERY", "_OTHER")
    "http.request.method_original" Text
    "http.request.resend_count" Int
    "http.request.size" Int
    "http.request_content_length" Int deprecated("Replaced by `http.request.header.content-length`.")
    "http.request_content_length_uncompressed" Int renamed_to("http.request.body.size")
    "http.response.body.size" Int
    "http.response.header" Texts template
    "http.response.size" Int
    "http.response.status_code" Int
    "http.response_content_length" Int deprecated("Replaced by `http.response.header.content-length`.")
    "http.response_content_length_uncompressed" Int renamed_to("http.response.body.size")
    "http.route" Text
    "http.scheme" Text renamed_to("url.scheme")
    "http.server_name" Text renamed_to("server.address")
    "http.status_code" Int renamed_to("http.response.status_code")
    "http.target" Text deprecated("Split to `url.path` and `url.query`.")
    "http.url" Text renamed_to("url.full")
    "http.user_agent" Text renamed_to("user_agent.original")
    "hw.battery.capacity" Text
    "hw.battery.chemistry" Text
    "hw.battery.state" TextOf("charging", "discharging")
    "hw.bios_version" Text
    "hw.driver_version" Text
    "hw.enclosure.type" Text
    "hw.firmware_version" Text
    "hw.gpu.task" TextOf("decoder", "encoder", "general")
    "hw.id" Text
    "hw.limit_type" TextOf("critical", "degraded", "high.critical", "high.degraded", "low.critical", "low.degraded", "max", "throttled", "turbo")
    "hw.logical_disk.raid_level" Text
    "hw.logical_disk.state" TextOf("used", "free")
    "hw.memory.type" Text
    "hw.model" Text
    "hw.name" Text
    "hw.network.logical_addresses" Texts
    "hw.network.physical_address" Text
    "hw.parent" Text
    "hw.physical_disk.smart_attribute" Text
    "hw.physical_disk.state" TextOf("remaining")
    "hw.physical_disk.type" Text
    "hw.sensor_location" Text
    "hw.serial_number" Text
    "hw.state" TextOf("degraded", "failed", "needs_cleaning", "ok", "predicted_failure")
    "hw.tape_drive.operation_type" TextOf("mount", "unmount", "clean")
    "hw.type" TextOf("battery", "cpu", "disk_controller", "enclosure", "fan", "gpu", "logical_disk", "memory", "network", "physical_disk", "power_supply", "tape_drive", "temperature", "voltage")
    "hw.vendor" Text
    "ios.app.state" TextOf("active", "inactive", "background", "foreground", "terminate")
    "ios.state" TextOf("active", "inactive", "background", "foreground", "terminate") renamed_to("ios.app.state")
    "jsonrpc.protocol.version" Text
    "jsonrpc.request.id" Text
    "jvm.buffer.pool.name" Text
    "jvm.gc.action" Text
    "jvm.gc.cause" Text
    "jvm.gc.name" Text
    "jvm.memory.pool.name" Text
    "jvm.memory.type" TextOf("heap", "non_heap")
    "jvm.thread.daemon" Bool
    "jvm.thread.state" TextOf("new", "runnable", "blocked", "waiting", "timed_waiting", "terminated")
    "k8s.cluster.name" Text
    "k8s.cluster.uid" Text
    "k8s.container.ephemeral_storage.fs_type" TextOf("rootfs", "logs")
    "k8s.container.name" Text
    "k8s.container.restart_count" Int
    "k8s.container.status.last_terminated_reason" Text
    "k8s.container.status.reason" TextOf("ContainerCreating", "CrashLoopBackOff", "CreateContainerConfigError", "ErrImagePull", "ImagePullBackOff", "OOMKilled", "Completed", "Error", "ContainerCannotRun")
    "k8s.container.status.state" TextOf("terminated", "running", "waiting")
    "k8s.cronjob.annotation" Text template
    "k8s.cronjob.label" Text template
    "k8s.cronjob.name" Text
    "k8s.cronjob.uid" Text
    "k8s.daemonset.annotation" Text template
    "k8s.daemonset.label" Text template
    "k8s.daemonset.name" Text
    "k8s.daemonset.uid" Text
    "k8s.deployment.annotation" Text template
    "k8s.deployment.label" Text template
    "k8s.deployment.name" Text
    "k8s.deployment.uid" Text
    "k8s.hpa.metric.type" Text
    "k8s.hpa.name" Text
    "k8s.hpa.scaletargetref.api_version" Text
    "k8s.hpa.scaletargetref.kind" Text
    "k8s.hpa.scaletargetref.name" Text
    "k8s.hpa.uid" Text
    "k8s.hugepage.size" Text
    "k8s.job.annotation" Text template
    "k8s.job.label" Text template
    "k8s.job.name" Text
    "k8s.job.uid" Text
    "k8s.namespace.annotation" Text template
    "k8s.namespace.label" Text template
    "k8s.namespace.name" Text
    "k8s.namespace.phase" TextOf("active", "terminating")
    "k8s.node.annotation" Text template
    "k8s.node.condition.status" TextOf("true", "false", "unknown")
    "k8s.node.condition.type" TextOf("Ready", "DiskPressure", "MemoryPressure", "PIDPressure", "NetworkUnavailable")
    "k8s.node.label" Text template
    "k8s.node.name" Text
    "k8s.node.system_container.name" Text
    "k8s.node.uid" Text
    "k8s.persistentvolume.annotation" Text template
    "k8s.persistentvolume.label" Text template
    "k8s.persistentvolume.name" Text
    "k8s.persistentvolume.reclaim_policy" TextOf("Delete", "Recycle", "Retain")
    "k8s.persistentvolume.status.phase" TextOf("Available", "Bound", "Failed", "Pending", "Released")
    "k8s.persistentvolume.uid" Text
    "k8s.persistentvolumeclaim.annotation" Text template
    "k8s.persistentvolumeclaim.label" Text template
    "k8s.persistentvolumeclaim.name" Text
    "k8s.persistentvolumeclaim.status.phase" TextOf("Bound", "Lost", "Pending")
    "k8s.persistentvolumeclaim.uid" Text
    "k8s.pod.annotation" Text template
    "k8s.pod.hostname" Text
    "k8s.pod.ip" Text
    "k8s.pod.label" Text template
    "k8s.pod.labels" Text template renamed_to("k8s.pod.label")
    "k8s.pod.name" Text
    "k8s.pod.start_time" Text
    "k8s.pod.status.phase" TextOf("Pending", "Running", "Succeeded", "Failed", "Unknown")
    "k8s.pod.status.reason" TextOf("Evicted", "NodeAffinity", "NodeLost", "Shutdown", "UnexpectedAdmissionError")
    "k8s.pod.uid" Text
    "k8s.replicaset.annotation" Text template
    "k8s.replicaset.label" Text template
    "k8s.replicaset.name" Text
    "k8s.replicaset.uid" Text
    "k8s.replicationcontroller.name" Text
    "k8s.replicationcontroller.uid" Text
    "k8s.resourcequota.name" Text
    "k8s.resourcequota.resource_name" Text
    "k8s.resourcequota.uid" Text
    "k8s.service.annotation" Text template
    "k8s.service.endpoint.address_type" TextOf("IPv4", "IPv6", "FQDN")
    "k8s.service.endpoint.condition" TextOf("ready", "serving", "terminating")
    "k8s.service.endpoint.zone" Text
    "k8s.service.label" Text template
    "k8s.service.name" Text
    "k8s.service.publish_not_ready_addresses" Bool
    "k8s.service.selector" Text template
    "k8s.service.traffic_distribution" Text
    "k8s.service.type" TextOf("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
    "k8s.service.uid" Text
    "k8s.statefulset.annotation" Text template
    "k8s.statefulset.label" Text template
    "k8s.statefulset.name" Text
    "k8s.statefulset.uid" Text
    "k8s.storageclass.name" Text
    "k8s.volume.name" Text
    "k8s.volume.type" TextOf("persistentVolumeClaim", "configMap", "downwardAPI", "emptyDir", "secret", "local")
    "linux.memory.slab.state" TextOf("reclaimable", "unreclaimable") renamed_to("system.memory.linux.slab.state")
    "log.file.name" Text
    "log.file.name_resolved" Text
    "log.file.path" Text
    "log.file.path_resolved" Text
    "log.iostream" TextOf("stdout", "stderr")
    "log.record.original" Text
    "log.record.uid" Text
    "mainframe.lpar.name" Text
    "mcp.method.name" TextOf("notifications/cancelled", "initialize", "notifications/initialized", "notifications/progress", "ping", "resources/list", "resources/templates/list", "resources/read", "notifications/resources/list_changed", "resources/subscribe", "resources/unsubscribe", "notifications/resources/updated", "prompts/list", "prompts/get", "notifications/prompts/list_changed", "tools/list", "tools/call", "notifications/tools/list_changed", "logging/setLevel", "notifications/message", "sampling/createMessage", "completion/complete", "roots/list", "notifications/roots/list_changed", "elicitation/create")
    "mcp.protocol.version" Text
    "mcp.resource.uri" Text
    "mcp.session.id" Text
    "message.compressed_size" Int deprecated("No replacement at this time.")
    "message.id" Int deprecated("No replacement at this time.")
    "message.type" TextOf("SENT", "RECEIVED") deprecated("No replacement at this time.")
    "message.uncompressed_size" Int deprecated("No replacement at this time.")
    "messaging.batch.message_count" Int
    "messaging.client.id" Text
    "messaging.client_id" Text renamed_to("messaging.client.id")
    "messaging.consumer.group.name" Text
    "messaging.destination.anonymous" Bool
    "messaging.destination.name" Text
    "messaging.destination.partition.id" Text
    "messaging.destination.subscription.name" Text
    "messaging.destination.template" Text
    "messaging.destination.temporary" Bool
    "messaging.destination_publish.anonymous" Bool deprecated("Removed. No replacement at this time.")
    "messaging.destination_publish.name" Text deprecated("Removed. No replacement at this time.")
    "messaging.eventhubs.consumer.group" Text renamed_to("messaging.consumer.group.name")
    "messaging.eventhubs.message.enqueued_time" Int
    "messaging.gcp_pubsub.message.ack_deadline" Int
    "messaging.gcp_pubsub.message.ack_id" Text
    "messaging.gcp_pubsub.message.delivery_attempt" Int
    "messaging.gcp_pubsub.message.ordering_key" Text
    "messaging.kafka.cluster.id" Text
    "messaging.kafka.consumer.group" Text renamed_to("messaging.consumer.group.name")
    "messaging.kafka.destination.partition" Int deprecated("Record string representation of the partition ID in `messaging.destination.partition.id` attribute.")
    "messaging.kafka.message.key" Text
    "messaging.kafka.message.offset" Int renamed_to("messaging.kafka.offset")
    "messaging.kafka.message.tombstone" Bool
    "messaging.kafka.offset" Int
    "messaging.message.body.size" Int
    "messaging.message.conversation_id" Text
    "messaging.message.envelope.size" Int
    "messaging.message.id" Text
    "messaging.operation" Text renamed_to("messaging.operation.type")
    "messaging.operation.name" Text
    "messaging.operation.type" TextOf("create", "send", "receive", "process", "settle", "deliver", "publish")
    "messaging.rabbitmq.destination.routing_key" Text
    "messaging.rabbitmq.message.delivery_tag" Int
    "messaging.rocketmq.client_group" Text deprecated("Replaced by `messaging.consumer.group.name` on the consumer spans. No replacement for producer spans.")
    "messaging.rocketmq.consumption_model" TextOf("clustering", "broadcasting")
    "messaging.rocketmq.message.delay_time_level" Int
    "messaging.rocketmq.message.delivery_timestamp" Int
    "messaging.rocketmq.message.group" Text
    "messaging.rocketmq.message.keys" Texts
    "messaging.rocketmq.message.tag" Text
    "messaging.rocketmq.message.type" TextOf("normal", "fifo", "delay", "transaction")
    "messaging.rocketmq.namespace" Text
    "messaging.servicebus.destination.subscription_name" Text renamed_to("messaging.destination.subscription.name")
    "messaging.servicebus.disposition_status" TextOf("complete", "abandon", "dead_letter", "defer")
    "messaging.servicebus.message.delivery_count" Int
    "messaging.servicebus.message.enqueued_time" Int
    "messaging.system" TextOf("activemq", "aws.sns", "aws_sqs", "eventgrid", "eventhubs", "servicebus", "gcp_pubsub", "jms", "kafka", "rabbitmq", "rocketmq", "pulsar")
    "net.host.ip" Text renamed_to("network.local.address")
    "net.host.name" Text renamed_to("server.address")
    "net.host.port" Int renamed_to("server.port")
    "net.peer.ip" Text renamed_to("network.peer.address")
    "net.peer.name" Text deprecated("Replaced by `server.address` on client spans and `client.address` on server spans.")
    "net.peer.port" Int deprecated("Replaced by `server.port` on client spans and `client.port` on server spans.")
    "net.protocol.name" Text renamed_to("network.protocol.name")
    "net.protocol.version" Text renamed_to("network.protocol.version")
    "net.sock.family" TextOf("inet", "inet6", "unix") deprecated("Split to `network.transport` and `network.type`.")
    "net.sock.host.addr" Text renamed_to("network.local.address")
    "net.sock.host.port" Int renamed_to("network.local.port")
    "net.sock.peer.addr" Text renamed_to("network.peer.address")
    "net.sock.peer.name" Text deprecated("Removed. No replacement at this time.")
    "net.sock.peer.port" Int renamed_to("network.peer.port")
    "net.transport" TextOf("ip_tcp", "ip_udp", "pipe", "inproc", "other") renamed_to("network.transport")
    "network.carrier.icc" Text
    "network.carrier.mcc" Text
    "network.carrier.mnc" Text
    "network.carrier.name" Text
    "network.connection.state" TextOf("closed", "close_wait", "closing", "established", "fin_wait_1", "fin_wait_2", "last_ack", "listen", "syn_received", "syn_sent", "time_wait")
    "network.connection.subtype" TextOf("gprs", "edge", "umts", "cdma", "evdo_0", "evdo_a", "cdma2000_1xrtt", "hsdpa", "hsupa", "hspa", "iden", "evdo_b", "lte", "ehrpd", "hspap", "gsm", "td_scdma", "iwlan", "nr", "nrnsa", "lte_ca")
    "network.connection.type" TextOf("wifi", "wired", "cell", "unavailable", "unknown")
    "network.interface.name" Text
    "network.io.direction" TextOf("transmit", "receive")
    "network.local.address" Text
    "network.local.port" Int
    "network.peer.address" Text
    "network.peer.port" Int
    "network.protocol.name" Text
    "network.protocol.version" Text
    "network.transport" TextOf("tcp", "udp", "pipe", "unix", "quic")
    "network.type" TextOf("ipv4", "ipv6")
    "nfs.operation.name" Text
    "nfs.server.repcache.status" Text
    "nodejs.eventloop.state" TextOf("active", "idle")
    "oci.manifest.digest" Text
    "onc_rpc.procedure.name" Text
    "onc_rpc.procedure.number" Int
    "onc_rpc.program.name" Text
    "onc_rpc.version" Int
    "openai.api.type" TextOf("chat_completions", "responses")
    "openai.request.service_tier" TextOf("auto", "default")
    "openai.response.service_tier" Text
    "openai.response.system_fingerprint" Text
    "openshift.clusterquota.name" Text
    "openshift.clusterquota.uid" Text
    "opentracing.ref_type" TextOf("child_of", "follows_from")
    "oracle.db.domain" Text
    "oracle.db.instance.name" Text
    "oracle.db.name" Text
    "oracle.db.pdb" Text
    "oracle.db.service" Text
    "oracle_cloud.realm" Text
    "os.build_id" Text
    "os.description" Text
    "os.name" Text
    "os.type" TextOf("windows", "linux", "darwin", "freebsd", "netbsd", "openbsd", "dragonflybsd", "hpux", "aix", "solaris", "z_os", "zos")
    "os.version" Text
    "otel.component.name" Text
    "otel.component.type" TextOf("batching_span_processor", "simple_span_processor", "batching_log_processor", "simple_log_processor", "otlp_grpc_span_exporter", "otlp_http_span_exporter", "otlp_http_json_span_exporter", "zipkin_http_span_exporter", "otlp_grpc_log_exporter", "otlp_http_log_exporter", "otlp_http_json_log_exporter", "periodic_metric_reader", "otlp_grpc_metric_exporter", "otlp_http_metric_exporter", "otlp_http_json_metric_exporter", "prometheus_http_text_metric_exporter")
    "otel.event.name" Text
    "otel.library.name" Text renamed_to("otel.scope.name")
    "otel.library.version" Text renamed_to("otel.scope.version")
    "otel.scope.name" Text
    "otel.scope.schema_url" Text
    "otel.scope.version" Text
    "otel.span.parent.origin" TextOf("none", "local", "remote")
    "otel.span.sampling_result" TextOf("DROP", "RECORD_ONLY", "RECORD_AND_SAMPLE")
    "otel.status_code" TextOf("OK", "ERROR")
    "otel.status_description" Text
    "peer.service" Text renamed_to("service.peer.name")
    "pool.name" Text renamed_to("db.client.connection.pool.name")
    "pprof.location.is_folded" Bool
    "pprof.mapping.has_filenames" Bool
    "pprof.mapping.has_functions" Bool
    "pprof.mapping.has_inline_frames" Bool
    "pprof.mapping.has_line_numbers" Bool
    "pprof.profile.comment" Texts
    "pprof.profile.doc_url" Text
    "pprof.profile.drop_frames" Text
    "pprof.profile.keep_frames" Text
    "pprof.scope.default_sample_type" Text
    "pprof.scope.sample_type_order" Ints
    "process.args_count" Int
    "process.command" Text
    "process.command_args" Texts
    "process.command_line" Text
    "process.context_switch.type" TextOf("voluntary", "involuntary")
    "process.context_switch_type" TextOf("voluntary", "involuntary") renamed_to("process.context_switch.type")
    "process.cpu.state" TextOf("system", "user", "wait") renamed_to("cpu.mode")
    "process.creation.time" Text
    "process.environment_variable" Text template
    "process.executable.build_id.gnu" Text
    "process.executable.build_id.go" Text
    "process.executable.build_id.htlhash" Text
    "process.executable.build_id.profiling" Text renamed_to("process.executable.build_id.htlhash")
    "process.executable.name" Text
    "process.executable.path" Text
    "process.exit.code" Int
    "process.exit.time" Text
    "process.group_leader.pid" Int
    "process.interactive" Bool
    "process.linux.cgroup" Text
    "process.owner" Text
    "process.paging.fault_type" TextOf("major", "minor") renamed_to("system.paging.fault.type")
    "process.parent_pid" Int
    "process.pid" Int
    "process.real_user.id" Int
    "process.real_user.name" Text
    "process.runtime.description" Text
    "process.runtime.name" Text
    "process.runtime.version" Text
    "process.saved_user.id" Int
    "process.saved_user.name" Text
    "process.session_leader.pid" Int
    "process.state" TextOf("running", "sleeping", "stopped", "defunct")
    "process.title" Text
    "process.user.id" Int
    "process.user.name" Text
    "process.vpid" Int
    "process.working_directory" Text
    "profile.frame.type" TextOf("dotnet", "jvm", "kernel", "native", "perl", "php", "cpython", "ruby", "v8js", "beam", "go", "rust", "luajit")
    "rpc.connect_rpc.error_code" TextOf("cancelled", "unknown", "invalid_argument", "deadline_exceeded", "not_found", "already_exists", "permission_denied", "resource_exhausted", "failed_precondition", "aborted", "out_of_range", "unimplemented", "internal", "unavailable", "data_loss", "unauthenticated") renamed_to("rpc.response.status_code")
    "rpc.connect_rpc.request.metadata" Texts template renamed_to("rpc.request.metadata")
    "rpc.connect_rpc.response.metadata" Texts template renamed_to("rpc.response.metadata")
    "rpc.grpc.request.metadata" Texts template renamed_to("rpc.request.metadata")
    "rpc.grpc.response.metadata" Texts template renamed_to("rpc.response.metadata")
    "rpc.grpc.status_code" IntOf(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16) deprecated("Use string representation of the gRPC status code on the `rpc.response.status_code` attribute.")
    "rpc.jsonrpc.error_code" Int deprecated("Use string representation of the error code on the `rpc.response.status_code` attribute.")
    "rpc.jsonrpc.error_message" Text deprecated("Use the span status description when reporting JSON-RPC spans.")
    "rpc.jsonrpc.request_id" Text renamed_to("jsonrpc.request.id")
    "rpc.jsonrpc.version" Text renamed_to("jsonrpc.protocol.version")
    "rpc.message.compressed_size" Int deprecated("No replacement at this time.")
    "rpc.message.id" Int deprecated("No replacement at this time.")
    "rpc.message.type" TextOf("SENT", "RECEIVED") deprecated("No replacement at this time.")
    "rpc.message.uncompressed_size" Int deprecated("No replacement at this time.")
    "rpc.method" Text
    "rpc.method_original" Text
    "rpc.request.metadata" Texts template
    "rpc.response.metadata" Texts template
    "rpc.response.status_code" Text
    "rpc.service" Text deprecated("Value should be included in `rpc.method` which is expected to be a fully-qualified name.")
    "rpc.system" TextOf("grpc", "java_rmi", "dotnet_wcf", "apache_dubbo", "connect_rpc", "onc_rpc", "jsonrpc") renamed_to("rpc.system.name")
    "rpc.system.name" TextOf("grpc", "dubbo", "connectrpc", "jsonrpc")
    "security_rule.category" Text
    "security_rule.description" Text
    "security_rule.license" Text
    "security_rule.name" Text
    "security_rule.reference" Text
    "security_rule.ruleset.name" Text
    "security_rule.uuid" Text
    "security_rule.version" Text
    "server.address" Text
    "server.port" Int
    "service.criticality" TextOf("critical", "high", "medium", "low")
    "service.instance.id" Text
    "service.name" Text
    "service.namespace" Text
    "service.peer.name" Text
    "service.peer.namespace" Text
    "service.version" Text
    "session.id" Text
    "session.previous_id" Text
    "signalr.connection.status" TextOf("normal_closure", "timeout", "app_shutdown")
    "signalr.transport" TextOf("server_sent_events", "long_polling", "web_sockets")
    "source.address" Text
    "source.port" Int
    "state" TextOf("idle", "used") renamed_to("db.client.connection.state")
    "system.cpu.logical_number" Int renamed_to("cpu.logical_number")
    "system.cpu.state" TextOf("user", "system", "nice", "idle", "iowait", "interrupt", "steal") renamed_to("cpu.mode")
    "system.device" Text
    "system.filesystem.mode" Text
    "system.filesystem.mountpoint" Text
    "system.filesystem.state" TextOf("used", "free", "reserved")
    "system.filesystem.type" TextOf("fat32", "exfat", "ntfs", "refs", "hfsplus", "ext4")
    "system.memory.linux.hugepages.state" TextOf("free", "used")
    "system.memory.linux.slab.state" TextOf("reclaimable", "unreclaimable")
    "system.memory.state" TextOf("used", "free", "shared", "buffers", "cached")
    "system.network.state" TextOf("close", "close_wait", "closing", "delete", "established", "fin_wait_1", "fin_wait_2", "last_ack", "listen", "syn_recv", "syn_sent", "time_wait") renamed_to("network.connection.state")
    "system.paging.direction" TextOf("in", "out")
    "system.paging.fault.type" TextOf("major", "minor")
    "system.paging.state" TextOf("used", "free")
    "system.paging.type" TextOf("major", "minor") renamed_to("system.paging.fault.type")
    "system.process.status" TextOf("running", "sleeping", "stopped", "defunct") renamed_to("process.state")
    "system.processes.status" TextOf("running", "sleeping", "stopped", "defunct") renamed_to("process.state")
    "telemetry.distro.name" Text
    "telemetry.distro.version" Text
    "telemetry.sdk.language" TextOf("cpp", "dotnet", "erlang", "go", "java", "kotlin", "nodejs", "php", "python", "ruby", "rust", "swift", "webjs")
    "telemetry.sdk.name" Text
    "telemetry.sdk.version" Text
    "test.case.name" Text
    "test.case.result.status" TextOf("pass", "fail")
    "test.suite.name" Text
    "test.suite.run.status" TextOf("success", "failure", "skipped", "aborted", "timed_out", "in_progress")
    "thread.id" Int
    "thread.name" Text
    "tls.cipher" Text
    "tls.client.certificate" Text
    "tls.client.certificate_chain" Texts
    "tls.client.hash.md5" Text
    "tls.client.hash.sha1" Text
    "tls.client.hash.sha256" Text
    "tls.client.issuer" Text
    "tls.client.ja3" Text
    "tls.client.not_after" Text
    "tls.client.not_before" Text
    "tls.client.server_name" Text renamed_to("server.address")
    "tls.client.subject" Text
    "tls.client.supported_ciphers" Texts
    "tls.curve" Text
    "tls.established" Bool
    "tls.next_protocol" Text
    "tls.protocol.name" TextOf("ssl", "tls")
    "tls.protocol.version" Text
    "tls.resumed" Bool
    "tls.server.certificate" Text
    "tls.server.certificate_chain" Texts
    "tls.server.hash.md5" Text
    "tls.server.hash.sha1" Text
    "tls.server.hash.sha256" Text
    "tls.server.issuer" Text
    "tls.server.ja3s" Text
    "tls.server.not_after" Text
    "tls.server.not_before" Text
    "tls.server.subject" Text
    "url.domain" Text
    "url.extension" Text
    "url.fragment" Text
    "url.full" Text
    "url.original" Text
    "url.path" Text
    "url.port" Int
    "url.query" Text
    "url.registered_domain" Text
    "url.scheme" Text
    "url.subdomain" Text
    "url.template" Text
    "url.top_level_domain" Text
    "user.email" Text
    "user.full_name" Text
    "user.hash" Text
    "user.id" Text
    "user.name" Text
    "user.roles" Texts
    "user_agent.name" Text
    "user_agent.original" Text
    "user_agent.os.name" Text
    "user_agent.os.version" Text
    "user_agent.synthetic.type" TextOf("bot", "test")
    "user_agent.version" Text
    "v8js.gc.type" TextOf("major", "minor", "incremental", "weakcb")
    "v8js.heap.space.name" TextOf("new_space", "old_space", "code_space", "map_space", "large_object_space")
    "v8js.resource.type" TextOf("Immediate", "TCPServerWrap", "TCPWrap", "Timeout", "TTYWrap")
    "vcs.change.id" Text
    "vcs.change.state" TextOf("open", "wip", "closed", "merged")
    "vcs.change.title" Text
    "vcs.line_change.type" TextOf("added", "removed")
    "vcs.owner.name" Text
    "vcs.provider.name" TextOf("github", "gitlab", "gittea", "gitea", "bitbucket")
    "vcs.ref.base.name" Text
    "vcs.ref.base.revision" Text
    "vcs.ref.base.type" TextOf("branch", "tag")
    "vcs.ref.head.name" Text
    "vcs.ref.head.revision" Text
    "vcs.ref.head.type" TextOf("branch", "tag")
    "vcs.ref.type" TextOf("branch", "tag")
    "vcs.repository.change.id" Text renamed_to("vcs.change.id")
    "vcs.repository.change.title" Text renamed_to("vcs.change.title")
    "vcs.repository.name" Text
    "vcs.repository.ref.name" Text renamed_to("vcs.ref.head.name")
    "vcs.repository.ref.revision" Text renamed_to("vcs.ref.head.revision")
    "vcs.repository.ref.type" TextOf("branch", "tag") renamed_to("vcs.ref.head.type")
    "vcs.repository.url.full" Text
    "vcs.revision_delta.direction" TextOf("behind", "ahead")
    "webengine.description" Text
    "webengine.name" Text
    "webengine.version" Text
    "zos.smf.id" Text
    "zos.sysplex.name" Text
}
