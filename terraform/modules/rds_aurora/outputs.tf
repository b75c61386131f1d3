output "cluster_identifier" {
  description = "Value of the dimension DBClusterIdentifier of the metrics."
  value       = aws_rds_cluster.this.cluster_identifier
}

output "endpoint" {
  description = "Host name of the writer."
  value       = aws_rds_cluster.this.endpoint
}

output "reader_endpoint" {
  description = "Host name of the readers, for reports. The programs do not use it."
  value       = aws_rds_cluster.this.reader_endpoint
}

output "port" {
  description = "TCP port."
  value       = aws_rds_cluster.this.port
}

output "database_name" {
  description = "Name of the database."
  value       = aws_rds_cluster.this.database_name
}

output "master_username" {
  description = "Role that runs db/roles.sql."
  value       = aws_rds_cluster.this.master_username
}

output "master_secret_arn" {
  description = "Secret with username and password of that role, which RDS rotates."
  value       = aws_rds_cluster.this.master_user_secret[0].secret_arn
}

output "security_group_id" {
  description = "Security group of the database."
  value       = aws_security_group.this.id
}

output "instance_ids" {
  description = "Identifiers of the instances, the writer and its readers."
  value       = aws_rds_cluster_instance.this[*].identifier
}
