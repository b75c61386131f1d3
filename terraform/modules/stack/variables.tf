variable "name" {
  description = "Name of the deployment: prefix of all names, and the dimension Deployment of the metrics."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "name: 3 to 20 characters a-z, 0-9 and -, beginning with a letter."
  }
}

variable "vpc_cidr" {
  description = "IPv4 network of the VPC."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrhost(var.vpc_cidr, 0))
    error_message = "vpc_cidr: an IPv4 network, for example 10.20.0.0/16."
  }
}

variable "availability_zones" {
  description = "Three zones; null: the first three of the region."
  type        = list(string)
  default     = null

  validation {
    condition     = var.availability_zones == null ? true : length(distinct(var.availability_zones)) == 3
    error_message = "availability_zones: three different zones."
  }
}

variable "nat_gateway_per_zone" {
  description = "true: one NAT gateway in each zone. false: one for all, which fails with its zone."
  type        = bool
  default     = true
}

variable "interface_endpoints" {
  description = "AWS services that tasks reach inside the VPC, for example sqs."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for s in var.interface_endpoints : can(regex("^[a-z0-9.-]+$", s))])
    error_message = "interface_endpoints: names of services as in com.amazonaws.REGION.NAME."
  }
}

variable "domain_name" {
  description = "Public host name, for example chat.example.com."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain_name))
    error_message = "domain_name: a host name in lower case, for example chat.example.com."
  }
}

variable "zone_id" {
  description = "Hosted zone of Route 53 for domain_name; null: you make the DNS record, and certificate_arn is needed."
  type        = string
  default     = null

  validation {
    condition     = var.zone_id == null ? true : can(regex("^Z[A-Z0-9]+$", var.zone_id))
    error_message = "zone_id: the id of a hosted zone, for example Z0123456789ABCDEFGHIJ."
  }
}

variable "certificate_arn" {
  description = "Certificate of ACM for domain_name; null: Terraform requests one and validates it by a record in zone_id."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn != null || var.zone_id != null
    error_message = "certificate_arn: set it, or set zone_id so that a certificate can be requested."
  }
}

variable "allowed_cidrs" {
  description = "Networks that may connect to the load balancer."
  type        = set(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = alltrue([for c in var.allowed_cidrs : can(cidrhost(c, 0))])
    error_message = "allowed_cidrs: IPv4 networks."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the database and the load balancer."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "log_retention_days: a number of days that CloudWatch Logs accepts."
  }
}

variable "alarm_emails" {
  description = "Addresses that receive alarms. AWS asks each to confirm."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for a in var.alarm_emails : can(regex("^[^@ ]+@[^@ ]+$", a))])
    error_message = "alarm_emails: e-mail addresses."
  }
}
