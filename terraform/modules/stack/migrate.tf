# One task: `roles` makes the login roles as Aurora's master user, then `migrate` applies migrations as
# echostream_owner. Both may run again without harm, so the task runs before each rollout.
locals {
  prepare_migrate = {
    name        = "prepare"
    image       = var.migrate_image
    command     = ["sh", "-ec", local.write_ca]
    essential   = false
    environment = { DATABASE_CA = var.database_ca_pem }
  }

  roles = {
    name      = "roles"
    image     = var.migrate_image
    after     = local.prepared
    essential = false
    command = [
      "sh", "-ec",
      "exec psql -X -q -v owner_password=\"$OWNER_PASSWORD\" -v app_password=\"$APP_PASSWORD\" -f /usr/share/echostream/db/roles.sql",
    ]
    environment = {
      PGHOST        = module.database.endpoint
      PGPORT        = tostring(module.database.port)
      PGDATABASE    = module.database.database_name
      PGUSER        = module.database.master_username
      PGSSLMODE     = "verify-full"
      PGSSLROOTCERT = "${local.run}/database-ca.pem"
    }
    secrets = {
      PGPASSWORD     = "${module.database.master_secret_arn}:password::"
      OWNER_PASSWORD = aws_secretsmanager_secret_version.this["owner-password"].arn
      APP_PASSWORD   = aws_secretsmanager_secret_version.this["app-password"].arn
    }
  }

  migrate = {
    name    = "migrate"
    image   = var.migrate_image
    after   = { roles = "SUCCESS" }
    command = concat(["echostreamctl", "db", "migrate"], var.migrate_to == "" ? [] : ["--to", var.migrate_to])
    environment = {
      ES_DATABASE_OWNER_URL = "postgresql://echostream_owner@${local.database_at}"
      ES_MIGRATIONS_DIR     = "/usr/share/echostream/db/migrations"
    }
    secrets = { PGPASSWORD = aws_secretsmanager_secret_version.this["owner-password"].arn }
  }
}

module "migrate" {
  source = "../ecs_task"

  name               = "${var.name}-migrate"
  aws                = local.aws
  cpu                = 256
  memory             = 512
  architecture       = var.architecture
  containers         = [local.prepare_migrate, local.roles, local.migrate]
  kms_key_arn        = aws_kms_key.this.arn
  log_retention_days = var.log_retention_days
}

resource "aws_security_group" "migrate" {
  name        = "${var.name}-migrate"
  description = "Migration of the database"
  vpc_id      = module.network.vpc_id

  tags = { Name = "${var.name}-migrate" }
}

resource "aws_vpc_security_group_egress_rule" "migrate_https" {
  security_group_id = aws_security_group.migrate.id
  description       = "Registry, secrets and log"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# Separate from the rules of the services, because the services depend on this migration.
resource "aws_vpc_security_group_egress_rule" "migrate_database" {
  security_group_id            = aws_security_group.migrate.id
  description                  = "PostgreSQL"
  referenced_security_group_id = module.database.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_ingress_rule" "migrate_database" {
  security_group_id            = module.database.security_group_id
  description                  = "PostgreSQL from migrate"
  referenced_security_group_id = aws_security_group.migrate.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

# The services depend on this, so they change only after the migration.
resource "terraform_data" "migrate" {
  count = var.migrate_on_apply ? 1 : 0

  triggers_replace = [module.migrate.task_definition_arn]

  provisioner "local-exec" {
    command = "sh ${path.module}/run-migrate.sh"

    environment = {
      AWS_REGION      = local.aws.region
      CLUSTER         = module.cluster.name
      TASK_DEFINITION = module.migrate.task_definition_arn
      SUBNETS         = join(",", module.network.private_subnet_ids)
      SECURITY_GROUP  = aws_security_group.migrate.id
      LOG_GROUP       = module.migrate.log_group_name
    }
  }

  depends_on = [
    module.database, module.network,
    aws_secretsmanager_secret_version.this,
    aws_vpc_security_group_egress_rule.migrate_https,
    aws_vpc_security_group_egress_rule.migrate_database,
    aws_vpc_security_group_ingress_rule.migrate_database,
  ]
}
