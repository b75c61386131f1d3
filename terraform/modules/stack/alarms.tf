# Each alarm notifies the topic. docs/deploy-aws.md says what to do for each.
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
  # Defaults for the rows of alarms_programs.tf and alarms_stores.tf.
  alarm_defaults = {
    statistic = "Maximum"
    below     = false
    minutes   = 3
    # Missing data is no fault, except in alarms that find missing programs ("breaching").
    silence = "notBreaching"
  }
  alarms = { for key, row in merge(local.program_alarms, local.store_alarms) : key => merge(local.alarm_defaults, row) }
}
