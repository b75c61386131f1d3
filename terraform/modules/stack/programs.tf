module "cluster" {
  source = "../ecs_cluster"

  name               = var.name
  kms_key_arn        = aws_kms_key.this.arn
  log_retention_days = var.log_retention_days
}

locals {
  cluster = { arn = module.cluster.arn, name = module.cluster.name }
  network = { vpc_id = module.network.vpc_id, subnet_ids = module.network.private_subnet_ids }
}

module "api" {
  source = "../ecs_service"

  name               = "api"
  prefix             = var.name
  aws                = local.aws
  cluster            = local.cluster
  network            = local.network
  size               = var.sizes.api
  architecture       = var.architecture
  containers         = [local.prepare_front, local.api, local.api_front]
  task_statements    = local.send_statements
  kms_key_arn        = aws_kms_key.this.arn
  log_retention_days = var.log_retention_days

  balancer = {
    target_group_arn  = module.balancer.target_group_arns.api
    container         = "front"
    port              = local.tls_port
    security_group_id = module.balancer.security_group_id
  }

  target_tracking = {
    target     = 60
    predefined = "ECSServiceAverageCPUUtilization"
  }

  depends_on = [terraform_data.migrate, module.balancer]
}

module "push" {
  source = "../ecs_service"

  name               = "push"
  prefix             = var.name
  aws                = local.aws
  cluster            = local.cluster
  network            = local.network
  size               = var.sizes.push
  architecture       = var.architecture
  containers         = [local.prepare_front, local.push, local.push_front]
  task_statements    = local.send_statements
  maximum_percent    = 150
  kms_key_arn        = aws_kms_key.this.arn
  log_retention_days = var.log_retention_days

  balancer = {
    target_group_arn  = module.balancer.target_group_arns.push
    container         = "front"
    port              = local.tls_port
    security_group_id = module.balancer.security_group_id
  }

  # A scale-in cuts the sockets of a task, and its clients have to reconnect, so scale in slowly.
  target_tracking = {
    target            = var.push_connections
    namespace         = local.emf.namespace
    metric            = "Connections"
    dimensions        = local.emf.dimensions
    scale_in_cooldown = 900
  }

  depends_on = [terraform_data.migrate, module.balancer]
}

module "fanout" {
  source = "../ecs_service"

  name               = "fanout"
  prefix             = var.name
  aws                = local.aws
  cluster            = local.cluster
  network            = local.network
  size               = var.sizes.fanout
  architecture       = var.architecture
  containers         = [local.prepare_fanout, local.fanout]
  task_statements    = local.receive_statements
  kms_key_arn        = aws_kms_key.this.arn
  log_retention_days = var.log_retention_days

  backlog = {
    namespace   = local.emf.namespace
    metric      = "QueueAgeSeconds"
    dimensions  = local.emf.dimensions
    queue_names = module.queue.names
    high_s      = var.queue_age_s.high
    low_s       = var.queue_age_s.low
  }

  depends_on = [terraform_data.migrate]
}
