# The smallest sizes that the modules allow: the outage of one zone may be an outage of dev.
module "echostream" {
  source = "../../modules/stack"

  name                 = "echostream-dev"
  vpc_cidr             = "10.20.0.0/16"
  nat_gateway_per_zone = false
  deletion_protection  = false
  log_retention_days   = 7

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
    api    = { cpu = 256, memory = 512, least = 1, most = 2 }
    push   = { cpu = 256, memory = 512, least = 1, most = 2 }
    fanout = { cpu = 256, memory = 512, least = 1, most = 2 }
  }
  push_connections = 1000
  queue_count      = 2

  database_ca_pem = file(var.database_ca_file)
  database        = { max_acu = 2, backup_days = 1 }
  redis           = { node_type = "cache.t4g.micro" }
}
