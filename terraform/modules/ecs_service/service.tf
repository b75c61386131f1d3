module "task" {
  source = "../ecs_task"

  name               = "${var.prefix}-${var.name}"
  aws                = var.aws
  cpu                = var.size.cpu
  memory             = var.size.memory
  architecture       = var.architecture
  containers         = var.containers
  task_statements    = var.task_statements
  kms_key_arn        = var.kms_key_arn
  log_retention_days = var.log_retention_days
}

resource "aws_security_group" "this" {
  name        = "${var.prefix}-${var.name}"
  description = "Tasks of ${var.name}"
  vpc_id      = var.network.vpc_id

  tags = { Name = "${var.prefix}-${var.name}" }
}

resource "aws_vpc_security_group_ingress_rule" "balancer" {
  count = var.balancer == null ? 0 : 1

  security_group_id            = aws_security_group.this.id
  description                  = "TLS from the load balancer"
  referenced_security_group_id = var.balancer.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.balancer.port
  to_port                      = var.balancer.port
}

resource "aws_vpc_security_group_egress_rule" "balancer" {
  count = var.balancer == null ? 0 : 1

  security_group_id            = var.balancer.security_group_id
  description                  = "TLS to ${var.name}"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = var.balancer.port
  to_port                      = var.balancer.port
}

# Tasks call services of AWS (queue, secrets, registry, log), and api fetches the tenants' key sets.
resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.this.id
  description       = "HTTPS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_ecs_service" "this" {
  name            = var.name
  cluster         = var.cluster.arn
  task_definition = module.task.task_definition_arn
  desired_count   = var.size.least
  launch_type     = "FARGATE"

  platform_version                   = "1.4.0"
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = var.maximum_percent
  health_check_grace_period_seconds  = var.balancer == null ? null : 60
  enable_execute_command             = false
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"
  wait_for_steady_state              = true

  network_configuration {
    subnets          = var.network.subnet_ids
    security_groups  = [aws_security_group.this.id]
    assign_public_ip = false
  }

  # When new tasks do not become healthy, ECS ends the rollout and returns to the last good revision.
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  dynamic "load_balancer" {
    for_each = var.balancer == null ? [] : [var.balancer]

    content {
      target_group_arn = load_balancer.value.target_group_arn
      container_name   = load_balancer.value.container
      container_port   = load_balancer.value.port
    }
  }

  # Autoscaling changes the number of tasks, so Terraform must leave it alone.
  lifecycle {
    ignore_changes = [desired_count]
  }
}
