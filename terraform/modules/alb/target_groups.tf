# The balancer does not verify the certificate of a target, so tasks make their own at each start.
resource "aws_lb_target_group" "this" {
  for_each = var.deregistration_delay_s

  name                 = "${var.name}-${each.key}"
  vpc_id               = var.vpc_id
  target_type          = "ip"
  protocol             = "HTTPS"
  port                 = var.target_port
  deregistration_delay = each.value

  # A WebSocket is an outstanding request, so a new task gets sockets until it has as many as the
  # others. Round robin would leave it behind for hours after a rollout.
  load_balancing_algorithm_type = "least_outstanding_requests"

  # /healthz and not /readyz: while PostgreSQL is away, /readyz fails in all tasks, and the balancer
  # would have no healthy target.
  health_check {
    protocol            = "HTTPS"
    path                = "/healthz"
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }

  stickiness {
    type    = "lb_cookie"
    enabled = false
  }
}
