locals {
  numbers = toset([for n in range(var.queue_count) : tostring(n)])
  queues  = { for n in local.numbers : n => "${var.name}-events-${n}.fifo" }
}

# High-throughput FIFO: order and deduplication hold within a message group, which is a channel.
resource "aws_sqs_queue" "events" {
  for_each = local.queues

  name                              = each.value
  fifo_queue                        = true
  content_based_deduplication       = false
  deduplication_scope               = "messageGroup"
  fifo_throughput_limit             = "perMessageGroupId"
  visibility_timeout_seconds        = var.visibility_timeout_s
  message_retention_seconds         = var.retention_s
  max_message_size                  = 262144
  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = 3600

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead[each.key].arn
    maxReceiveCount     = var.max_receive_count
  })
}

# The dead-letter queue of a FIFO queue must be FIFO, too.
resource "aws_sqs_queue" "dead" {
  for_each = local.queues

  name                              = "${var.name}-dead-${each.key}.fifo"
  fifo_queue                        = true
  deduplication_scope               = "messageGroup"
  fifo_throughput_limit             = "perMessageGroupId"
  message_retention_seconds         = 1209600
  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = 3600
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  for_each = local.queues

  queue_url = aws_sqs_queue.dead[each.key].id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.events[each.key].arn]
  })
}

locals {
  all = merge(
    { for n, queue in aws_sqs_queue.events : "events-${n}" => queue },
    { for n, queue in aws_sqs_queue.dead : "dead-${n}" => queue },
  )
  policy_keys = toset(flatten([for n in local.numbers : ["events-${n}", "dead-${n}"]]))
}

resource "aws_sqs_queue_policy" "tls_only" {
  for_each = local.policy_keys

  queue_url = local.all[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "RefusePlainHttp"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = local.all[each.key].arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}
