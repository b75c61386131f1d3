output "host" {
  description = "Host name of the primary; its certificate has this name."
  value       = aws_elasticache_replication_group.this.primary_endpoint_address
}

output "port" {
  description = "TCP port, TLS only."
  value       = aws_elasticache_replication_group.this.port
}

output "security_group_id" {
  description = "Security group of the nodes."
  value       = aws_security_group.this.id
}

output "node_ids" {
  description = "Value of the dimension CacheClusterId of the metrics, one for each node."
  value       = [for n in range(var.node_count) : format("%s-%03d", var.name, n + 1)]
}
