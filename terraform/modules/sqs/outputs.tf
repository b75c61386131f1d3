output "urls" {
  description = "URLs of the queues in the order of their numbers, for ES_SQS_QUEUE_URLS."
  value       = [for n in range(var.queue_count) : aws_sqs_queue.events[tostring(n)].id]
}

output "arns" {
  description = "ARNs of the queues, for the policies of tasks."
  value       = [for n in range(var.queue_count) : aws_sqs_queue.events[tostring(n)].arn]
}

output "names" {
  description = "Names of the queues: the values of the dimension QueueName of the metrics."
  value       = [for n in range(var.queue_count) : local.queues[tostring(n)]]
}

output "dead_letter_names" {
  description = "Names of the queues of dead letters."
  value       = [for n in range(var.queue_count) : "${var.name}-dead-${n}.fifo"]
}
