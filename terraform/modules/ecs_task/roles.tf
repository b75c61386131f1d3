locals {
  # Only tasks of this account may assume the roles.
  trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.aws.account_id }
        ArnLike      = { "aws:SourceArn" = "arn:${var.aws.partition}:ecs:${var.aws.region}:${var.aws.account_id}:*" }
      }
    }]
  })

  # "ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG" -> ARN of the repository. Other registries
  # need no right.
  ecr = "^([0-9]{12})\\.dkr\\.ecr\\.([a-z0-9-]+)\\.amazonaws\\.com/([^:@]+)"
  repositories = distinct([
    for c in var.containers :
    format("arn:%s:ecr:%s:%s:repository/%s", var.aws.partition, regex(local.ecr, c.image)[1], regex(local.ecr, c.image)[0], regex(local.ecr, c.image)[2])
    if can(regex(local.ecr, c.image))
  ])

  # "SECRET_ARN:json-key::" -> SECRET_ARN
  secrets = distinct(flatten([
    for c in var.containers : [for value in values(c.secrets) : join(":", slice(split(":", value), 0, min(7, length(split(":", value)))))]
  ]))

  execution_statements = concat([local.write_log],
    [for statement in local.pull_images : statement if length(local.repositories) > 0],
    [for statement in local.read_secrets : statement if length(local.secrets) > 0],
  )

  write_log = {
    Sid      = "WriteLog"
    Effect   = "Allow"
    Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    Resource = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }

  pull_images = [
    {
      Sid      = "PullImages"
      Effect   = "Allow"
      Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      Resource = local.repositories
    },
    {
      # IAM cannot restrict this action to a resource.
      Sid      = "LogInToRegistry"
      Effect   = "Allow"
      Action   = ["ecr:GetAuthorizationToken"]
      Resource = ["*"]
    },
  ]

  read_secrets = [
    {
      Sid      = "ReadSecrets"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = local.secrets
    },
    {
      Sid       = "DecryptSecrets"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = [var.kms_key_arn]
      Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${var.aws.region}.amazonaws.com" } }
    },
  ]
}

# The role of ECS itself, which pulls images, reads secrets and writes the log.
resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "execution" {
  name   = "start"
  role   = aws_iam_role.execution.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.execution_statements })
}

# The role of the programs.
resource "aws_iam_role" "task" {
  name               = "${var.name}-task"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "task" {
  count = length(var.task_statements) > 0 ? 1 : 0

  name   = "run"
  role   = aws_iam_role.task.id
  policy = jsonencode({ Version = "2012-10-17", Statement = var.task_statements })
}
