output "arn" {
  description = "ARN of the cluster."
  value       = aws_ecs_cluster.this.arn
}

output "name" {
  description = "Value of the dimension ClusterName of the metrics."
  value       = aws_ecs_cluster.this.name
}
