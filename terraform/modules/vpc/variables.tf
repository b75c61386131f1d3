variable "name" {
  description = "Prefix of the names of all resources."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "name: 3 to 20 characters a-z, 0-9 and -, beginning with a letter."
  }
}

variable "region" {
  description = "Region of the VPC endpoints' service names."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region: a region of AWS, for example eu-central-1."
  }
}

variable "cidr" {
  description = "IPv4 network of the VPC. Each subnet gets a sixteenth of it."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrsubnet(var.cidr, 4, 10)) && tonumber(split("/", var.cidr)[1]) <= 20
    error_message = "cidr: an IPv4 network of /16 to /20, so that a subnet has 250 addresses or more."
  }
}

variable "availability_zones" {
  description = "The three availability zones that the subnets are in."
  type        = list(string)

  validation {
    condition     = length(distinct(var.availability_zones)) == 3 && length(var.availability_zones) == 3
    error_message = "availability_zones: exactly three different zones."
  }
}

variable "nat_gateway_per_zone" {
  description = "true: one NAT gateway in each zone. false: one for all, which fails with its zone."
  type        = bool
  default     = true
}

variable "interface_endpoints" {
  description = "AWS services that tasks reach by endpoints inside the VPC instead of by NAT, for example sqs."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for s in var.interface_endpoints : can(regex("^[a-z0-9.-]+$", s))])
    error_message = "interface_endpoints: names of services as in com.amazonaws.REGION.NAME."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the log of rejected connections."
  type        = string

  validation {
    condition     = length(var.kms_key_arn) > 0
    error_message = "kms_key_arn: must not be empty."
  }
}

variable "log_retention_days" {
  description = "Days that the log of rejected connections is kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "log_retention_days: a number of days that CloudWatch Logs accepts."
  }
}
