mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name        = "echo"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/the-key"
}

run "cluster_counts_its_tasks_and_keeps_its_logs" {
  command = apply

  module {
    source = "./modules/ecs_cluster"
  }

  assert {
    condition     = one(aws_ecs_cluster.this.setting).name == "containerInsights" && one(aws_ecs_cluster.this.setting).value == "enabled"
    error_message = "Container Insights counts the running tasks"
  }

  assert {
    condition     = aws_cloudwatch_log_group.insights.name == "/aws/ecs/containerinsights/echo/performance"
    error_message = "the stack creates the log group of Container Insights before ECS does"
  }

  assert {
    condition     = alltrue([for g in [aws_cloudwatch_log_group.insights, aws_cloudwatch_log_group.exec] : g.retention_in_days == 30 && g.kms_key_id == var.kms_key_arn])
    error_message = "logs are encrypted and have a retention"
  }

  assert {
    condition     = aws_ecs_cluster_capacity_providers.this.capacity_providers == toset(["FARGATE"])
    error_message = "no task runs on spot capacity, which would cut its sockets"
  }
}
