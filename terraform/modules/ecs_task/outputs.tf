output "task_definition_arn" {
  description = "ARN of the newest revision of the task definition."
  value       = aws_ecs_task_definition.this.arn
}

output "log_group_name" {
  description = "Log group of the containers."
  value       = aws_cloudwatch_log_group.this.name
}

output "container_definitions" {
  description = "Containers as ECS gets them, by name."
  value       = { for definition in local.definitions : definition.name => definition }
}

output "execution_policy" {
  description = "Policy of the execution role, as JSON."
  value       = aws_iam_role_policy.execution.policy
}

output "task_policy" {
  description = "Policy of the task role, as JSON; null: none."
  value       = one(aws_iam_role_policy.task[*].policy)
}
