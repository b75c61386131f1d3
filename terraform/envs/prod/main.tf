# Sizes for 10,000 sockets. docs/deploy-aws.md has the sizes for 1,000 and 100,000.
module "echostream" {
  source = "../../modules/stack"

  name                 = "echostream-prod"
  vpc_cidr             = "10.30.0.0/16"
  nat_gateway_per_zone = true
  deletion_protection  = true
  log_retention_days   = 90

  domain_name     = var.domain_name
  zone_id         = var.zone_id
  certificate_arn = var.certificate_arn
  alarm_emails    = var.alarm_emails

  gateway_image    = var.gateway_image
  fanout_image     = var.fanout_image
  push_image       = var.push_image
  migrate_image    = var.migrate_image
  migrate_on_apply = var.migrate_on_apply
  migrate_to       = var.migrate_to
  settings         = var.settings
  secret_settings  = var.secret_settings

  sizes = {
    api    = { cpu = 512, memory = 1024, least = 3, most = 12 }
    push   = { cpu = 1024, memory = 2048, least = 3, most = 20 }
    fanout = { cpu = 512, memory = 1024, least = 2, most = 8 }
  }
  push_connections = 6000
  queue_count      = 4

  database_ca_pem = file(var.database_ca_file)
  database        = { instance_class = "db.r8g.large", instance_count = 2, backup_days = 14 }
  redis           = { node_type = "cache.m7g.large", node_count = 3 }
}
