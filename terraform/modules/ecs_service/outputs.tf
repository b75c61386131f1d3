output "service_name" {
  description = "Value of the dimension ServiceName of the metrics."
  value       = aws_ecs_service.this.name
}

output "security_group_id" {
  description = "Security group of the tasks."
  value       = aws_security_group.this.id
}

output "task_definition_arn" {
  description = "ARN of the newest revision of the task definition."
  value       = module.task.task_definition_arn
}

output "log_group_name" {
  description = "Log group of the containers."
  value       = module.task.log_group_name
}

output "container_definitions" {
  description = "Containers as ECS gets them, by name."
  value       = module.task.container_definitions
}

output "execution_policy" {
  description = "Policy of the execution role, as JSON."
  value       = module.task.execution_policy
}

output "task_policy" {
  description = "Policy of the task role, as JSON; null: none."
  value       = module.task.task_policy
}

output "scaling" {
  description = "Autoscaling of the service: metric, dimensions and target of target tracking, queries of the backlog alarms."
  value = {
    least  = aws_appautoscaling_target.this.min_capacity
    most   = aws_appautoscaling_target.this.max_capacity
    target = one([for policy in aws_appautoscaling_policy.target : policy.target_tracking_scaling_policy_configuration[0]])
    alarms = aws_cloudwatch_metric_alarm.backlog
  }
}
