mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name        = "echo"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/the-key"
  queue_count = 3
}

run "sqs_queues_are_fifo_with_high_throughput" {
  command = apply

  module {
    source = "./modules/sqs"
  }

  assert {
    condition     = [for q in aws_sqs_queue.events : q.name] == ["echo-events-0.fifo", "echo-events-1.fifo", "echo-events-2.fifo"]
    error_message = "names end with .fifo, as ES_SQS_QUEUE_URLS needs"
  }

  assert {
    condition     = alltrue([for q in aws_sqs_queue.events : q.fifo_queue && q.deduplication_scope == "messageGroup" && q.fifo_throughput_limit == "perMessageGroupId"])
    error_message = "order and throughput limits apply to each channel"
  }

  assert {
    condition     = !anytrue([for q in aws_sqs_queue.events : q.content_based_deduplication])
    error_message = "two messages with the same text are two messages"
  }

  assert {
    condition     = alltrue([for q in concat(values(aws_sqs_queue.events), values(aws_sqs_queue.dead)) : q.kms_master_key_id == var.kms_key_arn])
    error_message = "every queue is encrypted with our key"
  }

  assert {
    condition     = alltrue([for q in aws_sqs_queue.events : q.visibility_timeout_seconds == 30 && q.message_retention_seconds == 1209600 && q.max_message_size == 262144])
    error_message = "visibility, retention and size are those of docs/guarantees.md"
  }

  assert {
    condition     = alltrue([for n, q in aws_sqs_queue.events : jsondecode(q.redrive_policy).deadLetterTargetArn == aws_sqs_queue.dead[n].arn && jsondecode(q.redrive_policy).maxReceiveCount == 100])
    error_message = "each queue has the redrive policy that readiness checks"
  }

  assert {
    condition     = alltrue([for q in aws_sqs_queue.dead : q.fifo_queue && q.message_retention_seconds == 1209600])
    error_message = "queues of dead letters are FIFO and keep messages for 14 days"
  }

  assert {
    condition     = alltrue([for n, p in aws_sqs_queue_redrive_allow_policy.dead : jsondecode(p.redrive_allow_policy).sourceQueueArns == [aws_sqs_queue.events[n].arn]])
    error_message = "no other queue may use our queues of dead letters"
  }

  assert {
    condition     = length(aws_sqs_queue_policy.tls_only) == 6 && alltrue([for p in aws_sqs_queue_policy.tls_only : jsondecode(p.policy).Statement[0].Effect == "Deny" && jsondecode(p.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"])
    error_message = "plain HTTP is refused on every queue"
  }

  assert {
    condition     = output.urls == [for n in ["0", "1", "2"] : aws_sqs_queue.events[n].id]
    error_message = "the URLs keep their order, because a channel's hash selects one"
  }
}

run "sqs_refuses_more_queues_than_the_programs_take" {
  command = plan

  module {
    source = "./modules/sqs"
  }

  variables {
    queue_count = 65
  }

  expect_failures = [var.queue_count]
}

run "sqs_refuses_few_deliveries" {
  command = plan

  module {
    source = "./modules/sqs"
  }

  variables {
    max_receive_count = 19
  }

  expect_failures = [var.max_receive_count]
}
