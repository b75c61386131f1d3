mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name               = "echo"
  region             = "eu-central-1"
  cidr               = "10.20.0.0/16"
  availability_zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  kms_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/the-key"
}

run "vpc_has_three_kinds_of_subnets_in_three_zones" {
  command = apply

  module {
    source = "./modules/vpc"
  }

  assert {
    condition     = tolist([for s in aws_subnet.public : s.availability_zone]) == tolist(var.availability_zones)
    error_message = "each zone has a public subnet"
  }

  assert {
    condition     = tolist([for s in aws_subnet.private : s.availability_zone]) == tolist(var.availability_zones)
    error_message = "each zone has a private subnet"
  }

  assert {
    condition     = tolist([for s in aws_subnet.database : s.availability_zone]) == tolist(var.availability_zones)
    error_message = "each zone has a database subnet"
  }

  assert {
    condition     = length(distinct([for s in concat(values(aws_subnet.public), values(aws_subnet.private), values(aws_subnet.database)) : s.cidr_block])) == 9
    error_message = "the networks of the nine subnets do not overlap"
  }

  assert {
    condition     = aws_subnet.database["eu-central-1c"].cidr_block == "10.20.160.0/20"
    error_message = "a subnet is a sixteenth of the VPC"
  }

  assert {
    condition     = !anytrue([for s in concat(values(aws_subnet.public), values(aws_subnet.private), values(aws_subnet.database)) : s.map_public_ip_on_launch])
    error_message = "no subnet assigns public addresses"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 3
    error_message = "each zone has a NAT gateway"
  }

  assert {
    condition     = !contains([for r in concat(values(aws_route.nat), [aws_route.internet]) : r.route_table_id], aws_route_table.database.id)
    error_message = "no route leaves the VPC from the database subnets"
  }

  assert {
    condition     = alltrue([for a in aws_route_table_association.database : a.route_table_id == aws_route_table.database.id])
    error_message = "database subnets use the table without routes"
  }

  assert {
    condition     = aws_vpc_endpoint.s3.service_name == "com.amazonaws.eu-central-1.s3" && length(aws_vpc_endpoint.s3.route_table_ids) == 3
    error_message = "private subnets reach S3 without NAT"
  }

  assert {
    condition     = aws_cloudwatch_log_group.rejected.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.rejected.retention_in_days == 30
    error_message = "the log of rejected connections is encrypted and has a retention"
  }

  assert {
    condition     = aws_flow_log.rejected.traffic_type == "REJECT"
    error_message = "the flow log has rejected connections only"
  }

  assert {
    condition     = length(aws_vpc_endpoint.interface) == 0
    error_message = "no interface endpoint unless asked for"
  }
}

run "vpc_with_one_nat_gateway_and_endpoints" {
  command = apply

  module {
    source = "./modules/vpc"
  }

  variables {
    nat_gateway_per_zone = false
    interface_endpoints  = ["sqs"]
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["eu-central-1a"]
    error_message = "there is one NAT gateway"
  }

  assert {
    condition     = alltrue([for r in aws_route.nat : r.nat_gateway_id == aws_nat_gateway.this["eu-central-1a"].id])
    error_message = "all zones use the one NAT gateway"
  }

  assert {
    condition     = aws_vpc_endpoint.interface["sqs"].private_dns_enabled
    error_message = "the public name of the service resolves to the endpoint"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints[0].cidr_ipv4 == var.cidr && aws_vpc_security_group_ingress_rule.endpoints[0].from_port == 443
    error_message = "only the VPC reaches the endpoints"
  }
}

run "vpc_refuses_two_zones" {
  command = plan

  module {
    source = "./modules/vpc"
  }

  variables {
    availability_zones = ["eu-central-1a", "eu-central-1b"]
  }

  expect_failures = [var.availability_zones]
}

run "vpc_refuses_a_network_that_is_too_small" {
  command = plan

  module {
    source = "./modules/vpc"
  }

  variables {
    cidr = "10.20.0.0/21"
  }

  expect_failures = [var.cidr]
}
