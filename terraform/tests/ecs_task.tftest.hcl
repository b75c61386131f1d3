mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name        = "echo-push"
  aws         = { partition = "aws", region = "eu-central-1", account_id = "123456789012" }
  cpu         = 256
  memory      = 512
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/the-key"
  containers  = [{ name = "one", image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/echostream-push:1", command = ["echostream-push", "--x"], secrets = { PGPASSWORD = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:echo/app-AbCdEf:password::" }, environment = { B = "2", A = "1" }, ports = [8443] }]
}

run "task_has_no_more_rights_than_it_needs" {
  command = apply

  module {
    source = "./modules/ecs_task"
  }

  assert {
    condition     = jsondecode(aws_iam_role.task.assume_role_policy).Statement[0].Principal.Service == "ecs-tasks.amazonaws.com" && jsondecode(aws_iam_role.task.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "only tasks of this account may assume the role"
  }

  assert {
    condition     = length(aws_iam_role_policy.task) == 0
    error_message = "a task without statements has no policy"
  }

  assert {
    condition     = { for s in jsondecode(aws_iam_role_policy.execution.policy).Statement : s.Sid => s }.ReadSecrets.Resource == ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:echo/app-AbCdEf"]
    error_message = "ECS may read the task's secrets and no others"
  }

  assert {
    condition     = { for s in jsondecode(aws_iam_role_policy.execution.policy).Statement : s.Sid => s }.PullImages.Resource == ["arn:aws:ecr:eu-central-1:123456789012:repository/echostream-push"]
    error_message = "ECS may pull the task's images and no others"
  }

  assert {
    condition     = { for s in jsondecode(aws_iam_role_policy.execution.policy).Statement : s.Sid => s }.DecryptSecrets.Condition.StringEquals["kms:ViaService"] == "secretsmanager.eu-central-1.amazonaws.com"
    error_message = "ECS may use the key only to read secrets"
  }

  assert {
    condition     = alltrue([for s in jsondecode(aws_iam_role_policy.execution.policy).Statement : !contains(s.Resource, "*") || s.Action == ["ecr:GetAuthorizationToken"]])
    error_message = "only the login to the registry applies to all resources"
  }

  assert {
    condition     = alltrue(flatten([for s in jsondecode(aws_iam_role_policy.execution.policy).Statement : [for a in s.Action : !endswith(a, "*")]]))
    error_message = "no action is a wildcard"
  }
}

run "task_is_locked_down" {
  command = apply

  module {
    source = "./modules/ecs_task"
  }

  assert {
    condition     = output.container_definitions.one.readonlyRootFilesystem
    error_message = "the root file system is read-only"
  }

  assert {
    condition     = output.container_definitions.one.linuxParameters.capabilities.drop == ["ALL"]
    error_message = "containers have no capabilities"
  }

  assert {
    condition     = output.container_definitions.one.linuxParameters.initProcessEnabled
    error_message = "process 1 passes signals on"
  }

  assert {
    condition     = output.container_definitions.one.entryPoint == ["echostream-push"] && tolist(output.container_definitions.one.command) == tolist(["--x"])
    error_message = "the command replaces the image's command"
  }

  assert {
    condition     = output.container_definitions.one.ulimits[0].softLimit == 65535
    error_message = "the task may open two descriptors for each socket"
  }

  assert {
    condition     = output.container_definitions.one.logConfiguration.options["awslogs-group"] == "/echostream/echo-push" && output.container_definitions.one.logConfiguration.options.mode == "non-blocking"
    error_message = "a slow log never stops the program"
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 30 && aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn
    error_message = "the log is encrypted and has a retention"
  }

  assert {
    condition     = aws_ecs_task_definition.this.network_mode == "awsvpc" && aws_ecs_task_definition.this.requires_compatibilities == toset(["FARGATE"])
    error_message = "the task runs on Fargate"
  }

  assert {
    condition     = aws_ecs_task_definition.this.skip_destroy
    error_message = "older revisions stay for a rollback"
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment == [{ name = "A", value = "1" }, { name = "B", value = "2" }]
    error_message = "settings are sorted, so that no plan changes their order"
  }
}

run "task_refuses_the_tag_latest" {
  command = plan

  module {
    source = "./modules/ecs_task"
  }

  variables {
    containers = [{ name = "one", image = "example/one:latest", command = ["one"] }]
  }

  expect_failures = [var.containers]
}

run "task_refuses_a_stop_timeout_above_fargates" {
  command = plan

  module {
    source = "./modules/ecs_task"
  }

  variables {
    containers = [{ name = "one", image = "example/one:1", command = ["one"], stop_timeout_s = 121 }]
  }

  expect_failures = [var.containers]
}
