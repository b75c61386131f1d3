output "dns_name" {
  description = "AWS's name of the load balancer."
  value       = aws_lb.this.dns_name
}

output "zone_id" {
  description = "Hosted zone of that name, for alias records."
  value       = aws_lb.this.zone_id
}

output "arn_suffix" {
  description = "Value of the dimension LoadBalancer of the metrics."
  value       = aws_lb.this.arn_suffix
}

output "security_group_id" {
  description = "Security group of the load balancer."
  value       = aws_security_group.this.id
}

output "target_group_arns" {
  description = "Target groups by program: api, push."
  value       = { for program, group in aws_lb_target_group.this : program => group.arn }
}

output "target_group_arn_suffixes" {
  description = "Value of the dimension TargetGroup of the metrics, by program: api, push."
  value       = { for program, group in aws_lb_target_group.this : program => group.arn_suffix }
}

# A service must not register tasks before its target group belongs to a listener.
output "listener_arns" {
  description = "HTTPS listener and the rule of /ws."
  value       = [aws_lb_listener.https.arn, aws_lb_listener_rule.websockets.arn]
}
