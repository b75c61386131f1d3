mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name        = "echo"
  vpc_id      = "vpc-1"
  subnet_ids  = ["subnet-1", "subnet-2", "subnet-3"]
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/the-key"
}

run "aurora_is_encrypted_and_private" {
  command = apply

  module {
    source = "./modules/rds_aurora"
  }

  assert {
    condition     = aws_rds_cluster.this.storage_encrypted && aws_rds_cluster.this.kms_key_id == var.kms_key_arn
    error_message = "storage is encrypted with our key"
  }

  assert {
    condition     = !anytrue([for i in aws_rds_cluster_instance.this : i.publicly_accessible])
    error_message = "no instance is public"
  }

  assert {
    condition     = length(aws_rds_cluster_instance.this) == 2
    error_message = "the cluster has a writer and a reader"
  }

  assert {
    condition     = aws_rds_cluster.this.manage_master_user_password && aws_rds_cluster.this.master_user_secret_kms_key_id == var.kms_key_arn
    error_message = "RDS manages the master password"
  }

  assert {
    condition     = anytrue([for p in aws_rds_cluster_parameter_group.this.parameter : p.name == "rds.force_ssl" && p.value == "1"])
    error_message = "connections without TLS are refused"
  }

  assert {
    condition     = anytrue([for p in aws_rds_cluster_parameter_group.this.parameter : p.name == "log_parameter_max_length" && p.value == "0"])
    error_message = "no parameter of a statement reaches the log"
  }

  assert {
    condition     = aws_rds_cluster.this.db_subnet_group_name == aws_db_subnet_group.this.name && aws_db_subnet_group.this.subnet_ids == toset(var.subnet_ids)
    error_message = "instances are in the database subnets"
  }

  assert {
    condition     = aws_rds_cluster.this.vpc_security_group_ids == toset([aws_security_group.this.id])
    error_message = "only our security group applies"
  }

  assert {
    condition     = aws_rds_cluster.this.deletion_protection && !aws_rds_cluster.this.skip_final_snapshot && aws_rds_cluster.this.final_snapshot_identifier == "echo-final"
    error_message = "deletion is refused, and would leave a snapshot"
  }

  assert {
    condition     = aws_rds_cluster.this.backup_retention_period == 14
    error_message = "backups cover 14 days"
  }

  assert {
    condition     = aws_cloudwatch_log_group.postgresql.name == "/aws/rds/cluster/echo/postgresql" && aws_cloudwatch_log_group.postgresql.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.postgresql.retention_in_days == 30
    error_message = "the log is encrypted and has a retention"
  }

  assert {
    condition     = alltrue([for i in aws_rds_cluster_instance.this : i.performance_insights_kms_key_id == var.kms_key_arn])
    error_message = "statements in Performance Insights are encrypted"
  }

  assert {
    condition     = aws_rds_cluster.this.engine == "aurora-postgresql" && aws_rds_cluster_parameter_group.this.family == "aurora-postgresql17"
    error_message = "the engine is Aurora PostgreSQL 17"
  }
}

run "aurora_refuses_two_zones" {
  command = plan

  module {
    source = "./modules/rds_aurora"
  }

  variables {
    subnet_ids = ["subnet-1", "subnet-2"]
  }

  expect_failures = [var.subnet_ids]
}

run "aurora_refuses_an_untested_version" {
  command = plan

  module {
    source = "./modules/rds_aurora"
  }

  variables {
    engine_version = "14.9"
  }

  expect_failures = [var.engine_version]
}
