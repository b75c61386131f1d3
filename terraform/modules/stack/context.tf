data "aws_partition" "current" {}

data "aws_region" "current" {}

data "aws_caller_identity" "current" {}

data "aws_availability_zones" "available" {
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  aws = {
    partition  = data.aws_partition.current.partition
    region     = data.aws_region.current.region
    account_id = data.aws_caller_identity.current.account_id
  }
  zones = coalesce(var.availability_zones, try(slice(data.aws_availability_zones.available.names, 0, 3), []))

  # The names that the programs write with ES_METRICS_EMF=1 (docs/operations.md).
  emf = {
    namespace  = "EchoStream"
    dimensions = { Deployment = var.name }
  }
}
