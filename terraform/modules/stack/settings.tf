locals {
  run      = "/run/echostream"
  tls_port = 8443

  database_query = "sslmode=verify-full&sslrootcert=${local.run}/database-ca.pem"
  database_at    = "${module.database.endpoint}:${module.database.port}/${module.database.database_name}?${local.database_query}"

  common_settings = merge({
    ES_DATABASE_URL           = "postgresql://echostream_app@${local.database_at}"
    ES_QUEUE_URL              = "sqs:"
    ES_SQS_QUEUE_URLS         = join(",", module.queue.urls)
    ES_SQS_REGION             = local.aws.region
    ES_METRICS_EMF            = "1"
    ES_METRICS_EMF_DEPLOYMENT = var.name
  }, var.settings)

  # libpq takes PGPASSWORD where the URL has no password.
  common_secrets = {
    PGPASSWORD   = aws_secretsmanager_secret_version.this["app-password"].arn
    ES_REDIS_URL = aws_secretsmanager_secret_version.redis_url.arn
  }

  token_secrets = merge({ ES_JWT_SECRET = aws_secretsmanager_secret_version.this["jwt-secret"].arn }, var.secret_settings)
}

# Only the actions that shared/queue calls. The readiness check reads the attributes of each queue.
locals {
  through_sqs = { StringEquals = { "kms:ViaService" = "sqs.${local.aws.region}.amazonaws.com" } }

  send_statements = [
    {
      Sid      = "SendMessages"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage", "sqs:GetQueueAttributes"]
      Resource = module.queue.arns
    },
    {
      # A sender needs Decrypt, too, because SQS decrypts the data key again before each use.
      Sid       = "EncryptMessages"
      Effect    = "Allow"
      Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
      Resource  = [aws_kms_key.this.arn]
      Condition = local.through_sqs
    },
  ]

  receive_statements = [
    {
      Sid      = "ReceiveMessages"
      Effect   = "Allow"
      Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
      Resource = module.queue.arns
    },
    {
      Sid       = "DecryptMessages"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = [aws_kms_key.this.arn]
      Condition = local.through_sqs
    },
  ]
}
