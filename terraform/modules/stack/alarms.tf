# Alarms into the topic. docs/deploy-aws.md says what to do for each.
resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = aws_kms_key.this.arn
}

resource "aws_sns_topic_subscription" "email" {
  for_each = var.alarm_emails

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.key
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.what
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = each.value.below ? "LessThanThreshold" : "GreaterThanThreshold"
  threshold           = each.value.limit
  period              = 60
  evaluation_periods  = each.value.minutes
  datapoints_to_alarm = each.value.minutes
  treat_missing_data  = each.value.silence
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

locals {
  # Values of a row of alarms_programs.tf or alarms_stores.tf that does not name them.
  alarm_defaults = {
    statistic = "Maximum"
    below     = false
    minutes   = 3
    # No data is no fault, except where a program that is gone sends none.
    silence = "notBreaching"
  }
  alarms = { for key, row in merge(local.program_alarms, local.store_alarms) : key => merge(local.alarm_defaults, row) }
}
