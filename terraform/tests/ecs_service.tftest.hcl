mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name        = "push"
  prefix      = "echo"
  aws         = { partition = "aws", region = "eu-central-1", account_id = "123456789012" }
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/the-key"
  cluster     = { arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/echo", name = "echo" }
  network     = { vpc_id = "vpc-1", subnet_ids = ["subnet-1", "subnet-2", "subnet-3"] }
  size        = { cpu = 256, memory = 512, least = 2, most = 9 }
  containers  = [{ name = "front", image = "example/front:1", command = ["lighttpd"] }]
}

run "service_behind_the_balancer" {
  command = apply

  module {
    source = "./modules/ecs_service"
  }

  variables {
    maximum_percent = 150
    balancer        = { target_group_arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/echo-push/1", container = "front", port = 8443, security_group_id = "sg-alb" }
    target_tracking = { target = 6000, namespace = "EchoStream", metric = "Connections", dimensions = { Deployment = "echo" } }
  }

  assert {
    condition     = aws_ecs_service.this.network_configuration[0].assign_public_ip == false
    error_message = "tasks have no public address"
  }

  assert {
    condition     = aws_ecs_service.this.network_configuration[0].subnets == toset(var.network.subnet_ids)
    error_message = "tasks are in the private subnets"
  }

  assert {
    condition     = aws_ecs_service.this.deployment_circuit_breaker[0].enable && aws_ecs_service.this.deployment_circuit_breaker[0].rollback
    error_message = "ECS rolls a failed rollout back"
  }

  assert {
    condition     = aws_ecs_service.this.deployment_minimum_healthy_percent == 100 && aws_ecs_service.this.deployment_maximum_percent == 150
    error_message = "a rollout keeps all tasks running, and replaces them in steps"
  }

  assert {
    condition     = !aws_ecs_service.this.enable_execute_command
    error_message = "execute-command is off, so nobody can open a shell in a task"
  }

  assert {
    condition     = aws_ecs_service.this.load_balancer != null && one(aws_ecs_service.this.load_balancer).container_port == 8443
    error_message = "the load balancer connects to the container front"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.balancer[0].referenced_security_group_id == "sg-alb" && aws_vpc_security_group_ingress_rule.balancer[0].from_port == 8443 && aws_vpc_security_group_ingress_rule.balancer[0].to_port == 8443
    error_message = "only the balancer reaches a task, on one port"
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.https.from_port == 443 && aws_vpc_security_group_egress_rule.https.to_port == 443
    error_message = "tasks call out by HTTPS only"
  }

  assert {
    condition     = aws_appautoscaling_target.this.resource_id == "service/echo/push" && aws_appautoscaling_target.this.min_capacity == 2 && aws_appautoscaling_target.this.max_capacity == 9
    error_message = "autoscaling has the limits of size"
  }

  assert {
    condition     = one(aws_appautoscaling_policy.target[0].target_tracking_scaling_policy_configuration[0].customized_metric_specification).namespace == "EchoStream" && one(aws_appautoscaling_policy.target[0].target_tracking_scaling_policy_configuration[0].customized_metric_specification).metric_name == "Connections" && one(aws_appautoscaling_policy.target[0].target_tracking_scaling_policy_configuration[0].customized_metric_specification).statistic == "Average"
    error_message = "the policy tracks the average of our own metric"
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.backlog) == 0
    error_message = "no backlog policy unless asked for"
  }
}

run "service_scaled_by_the_age_of_the_queue" {
  command = apply

  module {
    source = "./modules/ecs_service"
  }

  variables {
    name    = "fanout"
    backlog = { namespace = "EchoStream", metric = "QueueAgeSeconds", dimensions = { Deployment = "echo" }, queue_names = ["a.fifo", "b.fifo"], high_s = 5, low_s = 1 }
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.balancer) == 0
    error_message = "nothing reaches a task without a balancer"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.backlog["old"].threshold == 5 && aws_cloudwatch_metric_alarm.backlog["old"].alarm_actions == toset([aws_appautoscaling_policy.more[0].arn])
    error_message = "an old entry in the queue adds tasks"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.backlog["young"].threshold == 1 && aws_cloudwatch_metric_alarm.backlog["young"].evaluation_periods == 15 && aws_cloudwatch_metric_alarm.backlog["young"].alarm_actions == toset([aws_appautoscaling_policy.fewer[0].arn])
    error_message = "a quarter of an hour without a backlog removes a task"
  }

  assert {
    condition     = one([for q in aws_cloudwatch_metric_alarm.backlog["old"].metric_query : q if q.id == "oldest"]).expression == "MAX([FILL(fanout, 0), FILL(sqs0, 0), FILL(sqs1, 0)])"
    error_message = "the alarm takes the larger of fanout's and SQS's age"
  }

  assert {
    condition     = one(one([for q in aws_cloudwatch_metric_alarm.backlog["old"].metric_query : q if q.id == "sqs1"]).metric).dimensions == tomap({ QueueName = "b.fifo" })
    error_message = "the alarm reads the age of each queue"
  }
}

run "service_refuses_two_metrics_for_one_target" {
  command = plan

  module {
    source = "./modules/ecs_service"
  }

  variables {
    target_tracking = { target = 60, predefined = "ECSServiceAverageCPUUtilization", namespace = "EchoStream", metric = "Connections" }
  }

  expect_failures = [var.target_tracking]
}
