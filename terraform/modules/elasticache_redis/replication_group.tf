resource "aws_elasticache_subnet_group" "this" {
  name        = var.name
  description = "Database subnets of ${var.name}"
  subnet_ids  = var.subnet_ids
}

locals {
  major  = split(".", var.engine_version)[0]
  family = var.engine == "valkey" ? "valkey${local.major}" : "redis${local.major}"
}

# With the queue in SQS, Redis holds nothing that must stay: counters of limits, presence, topics.
resource "aws_elasticache_parameter_group" "this" {
  name        = "${var.name}-${local.family}"
  family      = local.family
  description = "Cache of ${var.name}"

  parameter {
    name  = "maxmemory-policy"
    value = "volatile-lru"
  }
}

# Cluster mode is off, because its bus would send each published event to every shard.
resource "aws_elasticache_replication_group" "this" {
  replication_group_id = var.name
  description          = "Topics, presence and limits of ${var.name}"
  engine               = var.engine
  engine_version       = var.engine_version
  node_type            = var.node_type
  cluster_mode         = "disabled"
  num_cache_clusters   = var.node_count
  port                 = 6379
  parameter_group_name = aws_elasticache_parameter_group.this.name
  subnet_group_name    = aws_elasticache_subnet_group.this.name
  security_group_ids   = [aws_security_group.this.id]

  automatic_failover_enabled = true
  multi_az_enabled           = true

  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  auth_token                 = var.auth_token
  auth_token_update_strategy = "ROTATE"
  at_rest_encryption_enabled = true
  kms_key_id                 = var.kms_key_arn

  snapshot_retention_limit   = 1
  snapshot_window            = "03:00-04:00"
  maintenance_window         = "sun:04:30-sun:05:30"
  auto_minor_version_upgrade = true
  apply_immediately          = false

  log_delivery_configuration {
    destination      = aws_cloudwatch_log_group.slow.name
    destination_type = "cloudwatch-logs"
    log_format       = "json"
    log_type         = "slow-log"
  }
}

resource "aws_cloudwatch_log_group" "slow" {
  name              = "/echostream/${var.name}/redis-slow-log"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_security_group" "this" {
  name        = "${var.name}-redis"
  description = "Redis"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-redis" }
}
