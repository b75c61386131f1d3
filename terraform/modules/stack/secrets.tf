locals {
  # Letters and digits, so that a URL needs no escaping.
  random_secrets = {
    owner-password = "password of the role echostream_owner"
    app-password   = "password of the role echostream_app"
    jwt-secret     = "ES_JWT_SECRET"
    operator-key   = "ES_OPERATOR_KEY"
    redis-token    = "password of Redis"
  }
}

# Each plan draws new values, but Terraform stores only the first ones (ignore_changes below). The state
# file holds them, so it must be encrypted and private (terraform/README.md).
data "aws_secretsmanager_random_password" "this" {
  for_each = local.random_secrets

  password_length     = 64
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "this" {
  for_each = local.random_secrets

  name                    = "${var.name}/${each.key}"
  description             = "EchoStream: ${each.value}"
  kms_key_id              = aws_kms_key.this.arn
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret_version" "this" {
  for_each = local.random_secrets

  secret_id     = aws_secretsmanager_secret.this[each.key].id
  secret_string = data.aws_secretsmanager_random_password.this[each.key].random_password

  # Terraform also keeps a value that `aws secretsmanager put-secret-value` has set.
  lifecycle {
    ignore_changes = [secret_string]
  }
}

# ES_REDIS_URL contains Redis's password. Programs get PostgreSQL's password outside its URL, in
# PGPASSWORD.
resource "aws_secretsmanager_secret" "redis_url" {
  name                    = "${var.name}/redis-url"
  description             = "EchoStream: ES_REDIS_URL"
  kms_key_id              = aws_kms_key.this.arn
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret_version" "redis_url" {
  secret_id     = aws_secretsmanager_secret.redis_url.id
  secret_string = "rediss://:${aws_secretsmanager_secret_version.this["redis-token"].secret_string}@${module.redis.host}:${module.redis.port}"
}
