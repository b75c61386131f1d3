# Scale in steps and not by target tracking, because the age of the queue does not shrink in proportion to the
# number of tasks.
resource "aws_appautoscaling_policy" "more" {
  count = var.backlog == null ? 0 : 1

  name               = "${var.prefix}-${var.name}-more"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  resource_id        = aws_appautoscaling_target.this.resource_id
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension

  step_scaling_policy_configuration {
    adjustment_type         = "ChangeInCapacity"
    metric_aggregation_type = "Maximum"
    cooldown                = 120

    step_adjustment {
      metric_interval_lower_bound = 0
      metric_interval_upper_bound = 30
      scaling_adjustment          = 1
    }

    step_adjustment {
      metric_interval_lower_bound = 30
      scaling_adjustment          = 3
    }
  }
}

resource "aws_appautoscaling_policy" "fewer" {
  count = var.backlog == null ? 0 : 1

  name               = "${var.prefix}-${var.name}-fewer"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  resource_id        = aws_appautoscaling_target.this.resource_id
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension

  step_scaling_policy_configuration {
    adjustment_type         = "ChangeInCapacity"
    metric_aggregation_type = "Maximum"
    cooldown                = 300

    step_adjustment {
      metric_interval_upper_bound = 0
      scaling_adjustment          = -1
    }
  }
}

locals {
  backlog_alarms = var.backlog == null ? {} : {
    old = {
      operator = "GreaterThanOrEqualToThreshold", threshold = var.backlog.high_s, minutes = 2
      actions  = aws_appautoscaling_policy.more[*].arn
    }
    young = {
      operator = "LessThanThreshold", threshold = var.backlog.low_s, minutes = 15
      actions  = aws_appautoscaling_policy.fewer[*].arn
    }
  }
  # The larger of two ages, because each source has a gap. SQS reports no age of messages that it has
  # delivered several times, and fanout reports none while all its tasks are down.
  backlog_ids = concat(["fanout"], [for at, name in try(var.backlog.queue_names, []) : "sqs${at}"])
}

resource "aws_cloudwatch_metric_alarm" "backlog" {
  for_each = local.backlog_alarms

  alarm_name          = "${var.prefix}-${var.name}-backlog-${each.key}"
  alarm_description   = "Scales ${var.name}: the age of the oldest entry of the queue, in seconds"
  comparison_operator = each.value.operator
  threshold           = each.value.threshold
  evaluation_periods  = each.value.minutes
  treat_missing_data  = "notBreaching"
  alarm_actions       = each.value.actions

  metric_query {
    id          = "oldest"
    expression  = "MAX([${join(", ", [for id in local.backlog_ids : "FILL(${id}, 0)"])}])"
    label       = "Age of the oldest entry"
    return_data = true
  }

  metric_query {
    id = "fanout"

    metric {
      namespace   = var.backlog.namespace
      metric_name = var.backlog.metric
      dimensions  = var.backlog.dimensions
      stat        = "Maximum"
      period      = 60
    }
  }

  dynamic "metric_query" {
    for_each = var.backlog.queue_names

    content {
      id = "sqs${metric_query.key}"

      metric {
        namespace   = "AWS/SQS"
        metric_name = "ApproximateAgeOfOldestMessage"
        dimensions  = { QueueName = metric_query.value }
        stat        = "Maximum"
        period      = 60
      }
    }
  }
}
