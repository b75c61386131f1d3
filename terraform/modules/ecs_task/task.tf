locals {
  # ECS stops a container before those that it starts after, so a TLS front outlives its program.
  definitions = [for c in var.containers : merge(
    {
      name                   = c.name
      image                  = c.image
      entryPoint             = [c.command[0]]
      command                = slice(c.command, 1, length(c.command))
      essential              = c.essential
      readonlyRootFilesystem = true
      stopTimeout            = c.stop_timeout_s
      environment            = [for name in sort(keys(c.environment)) : { name = name, value = c.environment[name] }]
      secrets                = [for name in sort(keys(c.secrets)) : { name = name, valueFrom = c.secrets[name] }]
      portMappings           = [for port in c.ports : { containerPort = port, hostPort = port, protocol = "tcp" }]
      dependsOn              = [for name in sort(keys(c.after)) : { containerName = name, condition = c.after[name] }]
      mountPoints            = [{ sourceVolume = "run", containerPath = "/run/echostream", readOnly = false }]
      volumesFrom            = []
      systemControls         = []
      ulimits                = [{ name = "nofile", softLimit = 65535, hardLimit = 65535 }]
      linuxParameters = {
        # ECS runs an init as process 1, which passes signals on and reaps children.
        initProcessEnabled = true
        capabilities       = { add = [], drop = ["ALL"] }
      }
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.this.name
          awslogs-region        = var.aws.region
          awslogs-stream-prefix = c.name
          # A full buffer drops lines of the log and does not stop the program.
          mode            = "non-blocking"
          max-buffer-size = "4m"
        }
      }
    },
    c.user == null ? {} : { user = c.user },
    c.health_command == null ? {} : {
      healthCheck = { command = concat(["CMD"], c.health_command), interval = 10, timeout = 5, retries = 3, startPeriod = 60 }
    },
  )]
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = tostring(var.cpu)
  memory                   = tostring(var.memory)
  task_role_arn            = aws_iam_role.task.arn
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions    = jsonencode(local.definitions)

  # Keep older revisions, because a rollback needs one.
  skip_destroy = true

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.architecture
  }

  # The volume holds sockets, the certificate of the TLS front, and the database's certificate
  # authorities. Fargate encrypts the volume, gives it the owner of the image's VOLUME, and deletes it
  # with the task.
  volume {
    name = "run"
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/echostream/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}
