variable "name" {
  description = "Prefix of the names of all resources."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "name: 3 to 20 characters a-z, 0-9 and -, beginning with a letter."
  }
}

variable "vpc_id" {
  description = "VPC of the targets."
  type        = string

  validation {
    condition     = length(var.vpc_id) > 0
    error_message = "vpc_id: must not be empty."
  }
}

variable "subnet_ids" {
  description = "Public subnets, one in each zone."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids: a load balancer needs subnets in two zones or more."
  }
}

variable "certificate_arn" {
  description = "ACM certificate of the public name."
  type        = string

  validation {
    condition     = length(var.certificate_arn) > 0
    error_message = "certificate_arn: HTTPS needs a certificate."
  }
}

variable "allowed_cidrs" {
  description = "Networks that may connect to ports 443 and 80."
  type        = set(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = length(var.allowed_cidrs) > 0 && alltrue([for c in var.allowed_cidrs : can(cidrhost(c, 0))])
    error_message = "allowed_cidrs: one or more IPv4 networks."
  }
}

variable "idle_timeout_s" {
  description = "Seconds without a byte after which the balancer cuts a connection. push-server pings every 25 s."
  type        = number
  default     = 120

  validation {
    condition     = var.idle_timeout_s >= 60 && var.idle_timeout_s <= 4000
    error_message = "idle_timeout_s: 60 to 4000, at least twice the 25 s between two pings of push-server."
  }
}

variable "target_port" {
  description = "Port of the tasks that terminates TLS."
  type        = number
  default     = 8443

  validation {
    condition     = var.target_port >= 1024 && var.target_port <= 65535
    error_message = "target_port: 1024 to 65535, because tasks do not run as root."
  }
}

variable "deregistration_delay_s" {
  description = "Seconds that a task keeps running after it gets no more new requests, until SIGTERM; by target group."
  type        = object({ api = number, push = number })
  default     = { api = 30, push = 15 }

  validation {
    condition     = alltrue([for s in values(var.deregistration_delay_s) : s >= 5 && s <= 300])
    error_message = "deregistration_delay_s: 5 to 300."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the load balancer."
  type        = bool
  default     = true
}
