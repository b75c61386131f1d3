mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name             = "echo"
  domain_name      = "chat.example.com"
  zone_id          = "Z0123456789ABCDEFGHIJ"
  gateway_image    = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/echostream-api:1"
  fanout_image     = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/echostream-fanout:1"
  push_image       = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/echostream-push:1"
  migrate_image    = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/echostream-migrate:1"
  database_ca_pem  = "-----BEGIN CERTIFICATE-----"
  migrate_on_apply = false
  alarm_emails     = ["operators@example.com"]
}

run "stack_migrates_before_the_services_change" {
  command = plan

  module {
    source = "./modules/stack"
  }

  variables {
    migrate_on_apply = true
    migrate_to       = "20261129120000"
    zone_id          = null
    certificate_arn  = "arn:aws:acm:eu-central-1:123456789012:certificate/one"
  }

  assert {
    condition     = length(terraform_data.migrate) == 1
    error_message = "apply runs the migration"
  }

  assert {
    condition     = tolist(output.containers.migrate.migrate.command) == tolist(["db", "migrate", "--to", "20261129120000"])
    error_message = "the migration stops at the version migrate_to"
  }

  assert {
    condition     = length(aws_acm_certificate.this) == 0 && length(aws_route53_record.public) == 0
    error_message = "with certificate_arn and no zone_id, no DNS record and no certificate is created"
  }
}

run "stack_refuses_to_start_without_a_way_to_a_certificate" {
  command = plan

  module {
    source = "./modules/stack"
  }

  variables {
    zone_id = null
  }

  expect_failures = [var.certificate_arn]
}

run "stack_refuses_the_tag_latest" {
  command = plan

  module {
    source = "./modules/stack"
  }

  variables {
    push_image = "example/push:latest"
  }

  expect_failures = [var.push_image]
}

run "stack_refuses_a_database_without_authorities" {
  command = plan

  module {
    source = "./modules/stack"
  }

  variables {
    database_ca_pem = "none"
  }

  expect_failures = [var.database_ca_pem]
}
