# Each rule names the security group of the other side, so only tasks can connect to the stores.
locals {
  task_groups = {
    api    = module.api.security_group_id
    push   = module.push.security_group_id
    fanout = module.fanout.security_group_id
  }
}

resource "aws_vpc_security_group_egress_rule" "database" {
  for_each = local.task_groups

  security_group_id            = each.value
  description                  = "PostgreSQL"
  referenced_security_group_id = module.database.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  for_each = local.task_groups

  security_group_id            = module.database.security_group_id
  description                  = "PostgreSQL from ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_egress_rule" "redis" {
  for_each = local.task_groups

  security_group_id            = each.value
  description                  = "Redis"
  referenced_security_group_id = module.redis.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
}

resource "aws_vpc_security_group_ingress_rule" "redis" {
  for_each = local.task_groups

  security_group_id            = module.redis.security_group_id
  description                  = "Redis from ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
}
