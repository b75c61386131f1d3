mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name        = "echo"
  vpc_id      = "vpc-1"
  subnet_ids  = ["subnet-1", "subnet-2", "subnet-3"]
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/the-key"
  auth_token  = "0123456789abcdefghijklmnopqrstuv"
}

run "redis_is_encrypted_and_fails_over" {
  command = apply

  module {
    source = "./modules/elasticache_redis"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.transit_encryption_enabled && aws_elasticache_replication_group.this.transit_encryption_mode == "required"
    error_message = "clients need TLS"
  }

  assert {
    condition     = tobool(aws_elasticache_replication_group.this.at_rest_encryption_enabled) && aws_elasticache_replication_group.this.kms_key_id == var.kms_key_arn
    error_message = "data at rest is encrypted with our key"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.auth_token == var.auth_token
    error_message = "clients need a password"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.multi_az_enabled && aws_elasticache_replication_group.this.automatic_failover_enabled && aws_elasticache_replication_group.this.num_cache_clusters == 2
    error_message = "the nodes are in two zones and fail over"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.cluster_mode == "disabled"
    error_message = "cluster mode is off"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.subnet_group_name == aws_elasticache_subnet_group.this.name && aws_elasticache_replication_group.this.security_group_ids == toset([aws_security_group.this.id])
    error_message = "nodes are in the database subnets, behind our security group"
  }

  assert {
    condition     = aws_elasticache_parameter_group.this.family == "valkey8"
    error_message = "the parameter group has the family of the engine"
  }

  assert {
    condition     = aws_cloudwatch_log_group.slow.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.slow.retention_in_days == 30
    error_message = "the slow log is encrypted and has a retention"
  }

  assert {
    condition     = output.node_ids == ["echo-001", "echo-002"]
    error_message = "the output has the nodes' names in CloudWatch"
  }
}

run "redis_refuses_a_single_node" {
  command = plan

  module {
    source = "./modules/elasticache_redis"
  }

  variables {
    node_count = 1
  }

  expect_failures = [var.node_count]
}

run "redis_refuses_a_password_that_a_url_must_escape" {
  command = plan

  module {
    source = "./modules/elasticache_redis"
  }

  variables {
    auth_token = "0123456789abcdefghijklmnopqrst@/"
  }

  expect_failures = [var.auth_token]
}
