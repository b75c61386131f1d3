# One key for all stores of the deployment. A principal without a right to it can read none of them.
resource "aws_kms_key" "this" {
  description             = "Stores, queues, secrets and logs of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "PoliciesOfTheAccountDecide"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.aws.partition}:iam::${local.aws.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "LogsOfThisDeployment"
        Effect    = "Allow"
        Principal = { Service = "logs.${local.aws.region}.amazonaws.com" }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
        Resource  = "*"
        Condition = {
          ArnLike = {
            "kms:EncryptionContext:aws:logs:arn" = [
              "arn:${local.aws.partition}:logs:${local.aws.region}:${local.aws.account_id}:log-group:/echostream/${var.name}*",
              "arn:${local.aws.partition}:logs:${local.aws.region}:${local.aws.account_id}:log-group:/aws/rds/cluster/${var.name}/*",
              "arn:${local.aws.partition}:logs:${local.aws.region}:${local.aws.account_id}:log-group:/aws/ecs/containerinsights/${var.name}/*",
            ]
          }
        }
      },
      {
        Sid       = "AlarmsIntoTheTopic"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = local.aws.account_id } }
      },
    ]
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}
