resource "aws_appautoscaling_target" "this" {
  service_namespace  = "ecs"
  resource_id        = "service/${var.cluster.name}/${aws_ecs_service.this.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = var.size.least
  max_capacity       = var.size.most
}

resource "aws_appautoscaling_policy" "target" {
  count = var.target_tracking == null ? 0 : 1

  name               = "${var.prefix}-${var.name}-target"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  resource_id        = aws_appautoscaling_target.this.resource_id
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = var.target_tracking.target
    scale_in_cooldown  = var.target_tracking.scale_in_cooldown
    scale_out_cooldown = var.target_tracking.scale_out_cooldown

    dynamic "predefined_metric_specification" {
      for_each = var.target_tracking.predefined == null ? [] : [var.target_tracking.predefined]

      content {
        predefined_metric_type = predefined_metric_specification.value
      }
    }

    # All tasks report their values under the same dimension, so the average is the value for one task.
    dynamic "customized_metric_specification" {
      for_each = var.target_tracking.metric == null ? [] : [var.target_tracking]

      content {
        namespace   = customized_metric_specification.value.namespace
        metric_name = customized_metric_specification.value.metric
        statistic   = "Average"

        dynamic "dimensions" {
          for_each = customized_metric_specification.value.dimensions

          content {
            name  = dimensions.key
            value = dimensions.value
          }
        }
      }
    }
  }
}
