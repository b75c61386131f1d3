output "api_url" {
  description = "URL of the REST API."
  value       = "https://${var.domain_name}/api/v1"
}

output "websocket_url" {
  description = "URL of WebSockets."
  value       = "wss://${var.domain_name}/ws"
}

output "health_url" {
  description = "URL that answers 200 and `ok`, for health checks from outside."
  value       = "https://${var.domain_name}/healthz"
}

output "balancer_dns_name" {
  description = "AWS's name of the load balancer; without zone_id, make a CNAME from domain_name to it."
  value       = module.balancer.dns_name
}

output "nat_addresses" {
  description = "Public addresses from which api fetches key sets of tenants."
  value       = module.network.nat_addresses
}

output "cluster_name" {
  description = "Name of the ECS cluster."
  value       = module.cluster.name
}

output "operator_key_secret" {
  description = "Secret with the operator's key, for the admin endpoints and echostreamctl."
  value       = aws_secretsmanager_secret.this["operator-key"].name
}

output "queue_urls" {
  description = "URLs of the SQS queues (ES_SQS_QUEUE_URLS)."
  value       = module.queue.urls
}

output "database_reader_endpoint" {
  description = "Host name of Aurora's readers, for reports."
  value       = module.database.reader_endpoint
}

output "log_groups" {
  description = "Log groups of the programs, for `aws logs tail`."
  value = {
    api     = module.api.log_group_name
    push    = module.push.log_group_name
    fanout  = module.fanout.log_group_name
    migrate = module.migrate.log_group_name
  }
}

output "migrate_command" {
  description = "Command that runs the migration by hand, for example when migrate_on_apply is false."
  value = join(" ", [
    "aws ecs run-task --cluster ${module.cluster.name} --task-definition ${module.migrate.task_definition_arn}",
    "--launch-type FARGATE --region ${local.aws.region}",
    "--network-configuration 'awsvpcConfiguration={subnets=[${join(",", module.network.private_subnet_ids)}],securityGroups=[${aws_security_group.migrate.id}],assignPublicIp=DISABLED}'",
  ])
}

# The outputs below serve tests and reviews.
output "task_policies" {
  description = "Policies of the task roles, as JSON; null: none."
  value       = { api = module.api.task_policy, push = module.push.task_policy, fanout = module.fanout.task_policy, migrate = module.migrate.task_policy }
}

output "execution_policies" {
  description = "Policies of the execution roles, as JSON."
  value       = { api = module.api.execution_policy, push = module.push.execution_policy, fanout = module.fanout.execution_policy, migrate = module.migrate.execution_policy }
}

output "containers" {
  description = "Definitions of the containers, by program and name."
  value       = { api = module.api.container_definitions, push = module.push.container_definitions, fanout = module.fanout.container_definitions, migrate = module.migrate.container_definitions }
}

output "scaling" {
  description = "Autoscaling of the services, by program."
  value       = { api = module.api.scaling, push = module.push.scaling, fanout = module.fanout.scaling }
}
