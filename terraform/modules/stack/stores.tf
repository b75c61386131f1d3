module "network" {
  source = "../vpc"

  name                 = var.name
  region               = local.aws.region
  cidr                 = var.vpc_cidr
  availability_zones   = local.zones
  nat_gateway_per_zone = var.nat_gateway_per_zone
  interface_endpoints  = var.interface_endpoints
  kms_key_arn          = aws_kms_key.this.arn
  log_retention_days   = var.log_retention_days
}

module "database" {
  source = "../rds_aurora"

  name                  = var.name
  vpc_id                = module.network.vpc_id
  subnet_ids            = module.network.database_subnet_ids
  kms_key_arn           = aws_kms_key.this.arn
  engine_version        = var.database.engine_version
  instance_class        = var.database.instance_class
  instance_count        = var.database.instance_count
  min_acu               = var.database.min_acu
  max_acu               = var.database.max_acu
  backup_retention_days = var.database.backup_days
  deletion_protection   = var.deletion_protection
  log_retention_days    = var.log_retention_days
}

module "redis" {
  source = "../elasticache_redis"

  name               = var.name
  vpc_id             = module.network.vpc_id
  subnet_ids         = module.network.database_subnet_ids
  kms_key_arn        = aws_kms_key.this.arn
  engine             = var.redis.engine
  engine_version     = var.redis.engine_version
  node_type          = var.redis.node_type
  node_count         = var.redis.node_count
  auth_token         = aws_secretsmanager_secret_version.this["redis-token"].secret_string
  log_retention_days = var.log_retention_days
}

module "queue" {
  source = "../sqs"

  name        = var.name
  kms_key_arn = aws_kms_key.this.arn
  queue_count = var.queue_count
}
