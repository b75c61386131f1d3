mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name            = "echo"
  vpc_id          = "vpc-1"
  subnet_ids      = ["subnet-1", "subnet-2", "subnet-3"]
  certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/one"
}

run "alb_serves_https_and_sends_ws_to_push" {
  command = apply

  module {
    source = "./modules/alb"
  }

  assert {
    condition     = aws_lb_listener.https.port == 443 && aws_lb_listener.https.protocol == "HTTPS"
    error_message = "the load balancer serves HTTPS on port 443"
  }

  assert {
    condition     = aws_lb_listener.https.certificate_arn == var.certificate_arn
    error_message = "the listener has the certificate of ACM"
  }

  assert {
    condition     = startswith(aws_lb_listener.https.ssl_policy, "ELBSecurityPolicy-TLS13-1-2-")
    error_message = "clients need TLS 1.2 or later"
  }

  assert {
    condition     = aws_lb_listener.http.default_action[0].type == "redirect" && aws_lb_listener.http.default_action[0].redirect[0].protocol == "HTTPS" && aws_lb_listener.http.default_action[0].redirect[0].status_code == "HTTP_301"
    error_message = "port 80 only redirects"
  }

  assert {
    condition     = aws_lb_listener.https.default_action[0].target_group_arn == aws_lb_target_group.this["api"].arn
    error_message = "all paths but /ws go to api"
  }

  assert {
    condition     = one(one(aws_lb_listener_rule.websockets.condition).path_pattern).values == toset(["/ws"]) && aws_lb_listener_rule.websockets.action[0].target_group_arn == aws_lb_target_group.this["push"].arn
    error_message = "/ws goes to push"
  }

  assert {
    condition     = length(setsubtract(["/readyz", "/metrics", "/version", "/push/*", "/fanout/*"], one(one(aws_lb_listener_rule.operators.condition).path_pattern).values)) == 0 && aws_lb_listener_rule.operators.action[0].fixed_response[0].status_code == "404"
    error_message = "operators' paths do not exist for clients"
  }

  assert {
    condition     = aws_lb_listener_rule.operators.priority < aws_lb_listener_rule.websockets.priority
    error_message = "the rule for operators' paths has the highest priority"
  }

  assert {
    condition     = aws_lb.this.idle_timeout >= 50
    error_message = "the idle time-out outlives two pings of push-server (25 s each)"
  }

  assert {
    condition     = aws_lb.this.drop_invalid_header_fields && aws_lb.this.enable_deletion_protection
    error_message = "malformed headers are dropped, deletion is refused"
  }

  assert {
    condition     = aws_lb.this.xff_header_processing_mode == "append"
    error_message = "the client's address is the last of X-Forwarded-For"
  }

  assert {
    condition     = length(aws_lb.this.access_logs) == 0
    error_message = "no access log, because it would hold the token of /ws?token="
  }
}

run "alb_checks_targets_over_tls" {
  command = apply

  module {
    source = "./modules/alb"
  }

  assert {
    condition     = toset(keys(aws_lb_target_group.this)) == toset(["api", "push"])
    error_message = "api and push have a target group each"
  }

  assert {
    condition     = alltrue([for g in aws_lb_target_group.this : g.protocol == "HTTPS" && g.port == 8443 && g.target_type == "ip"])
    error_message = "the load balancer connects to tasks by TLS"
  }

  assert {
    condition     = alltrue([for g in aws_lb_target_group.this : g.load_balancing_algorithm_type == "least_outstanding_requests"])
    error_message = "new sockets go to the task with the fewest sockets"
  }

  assert {
    condition     = alltrue([for g in aws_lb_target_group.this : g.health_check[0].path == "/healthz" && g.health_check[0].matcher == "200" && g.health_check[0].protocol == "HTTPS"])
    error_message = "the health check asks /healthz over TLS"
  }

  assert {
    condition     = aws_lb_target_group.this["api"].deregistration_delay == "30" && aws_lb_target_group.this["push"].deregistration_delay == "15"
    error_message = "deregistration leaves api 30 s for its requests, and push 15 s"
  }

  assert {
    condition     = alltrue([for r in concat(values(aws_vpc_security_group_ingress_rule.https), values(aws_vpc_security_group_ingress_rule.http)) : r.from_port == r.to_port && contains([80, 443], r.from_port) && r.ip_protocol == "tcp"])
    error_message = "clients reach ports 80 and 443 only"
  }
}

run "alb_can_be_closed_to_other_networks" {
  command = apply

  module {
    source = "./modules/alb"
  }

  variables {
    allowed_cidrs = ["192.0.2.0/24"]
  }

  assert {
    condition     = [for r in aws_vpc_security_group_ingress_rule.https : r.cidr_ipv4] == ["192.0.2.0/24"]
    error_message = "only the allowed network may connect"
  }
}

run "alb_refuses_an_idle_timeout_below_two_pings" {
  command = plan

  module {
    source = "./modules/alb"
  }

  variables {
    idle_timeout_s = 59
  }

  expect_failures = [var.idle_timeout_s]
}

run "alb_refuses_a_privileged_port" {
  command = plan

  module {
    source = "./modules/alb"
  }

  variables {
    target_port = 443
  }

  expect_failures = [var.target_port]
}
