output "api_url" {
  description = "URL of the REST API."
  value       = module.echostream.api_url
}

output "websocket_url" {
  description = "URL of WebSockets."
  value       = module.echostream.websocket_url
}

output "health_url" {
  description = "URL that answers 200 and `ok`, for health checks from outside."
  value       = module.echostream.health_url
}

output "balancer_dns_name" {
  description = "AWS's name of the load balancer; without zone_id, make a CNAME from domain_name to it."
  value       = module.echostream.balancer_dns_name
}

output "nat_addresses" {
  description = "Public addresses from which api fetches key sets of tenants."
  value       = module.echostream.nat_addresses
}

output "cluster_name" {
  description = "Name of the ECS cluster."
  value       = module.echostream.cluster_name
}

output "operator_key_secret" {
  description = "Secret with the operator's key."
  value       = module.echostream.operator_key_secret
}

output "queue_urls" {
  description = "URLs of the SQS queues."
  value       = module.echostream.queue_urls
}

output "log_groups" {
  description = "Log groups of the programs, for `aws logs tail`."
  value       = module.echostream.log_groups
}

output "migrate_command" {
  description = "Command that runs the migration by hand."
  value       = module.echostream.migrate_command
}
