variable "name" {
  description = "Prefix of the names of all resources."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "name: 3 to 20 characters a-z, 0-9 and -, beginning with a letter."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts everything this module stores."
  type        = string

  validation {
    condition     = length(var.kms_key_arn) > 0
    error_message = "kms_key_arn: must not be empty."
  }
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

variable "vpc_id" {
  description = "VPC of the nodes."
  type        = string

  validation {
    condition     = length(var.vpc_id) > 0
    error_message = "vpc_id: must not be empty."
  }
}

variable "subnet_ids" {
  description = "Database subnets, one in each zone."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids: two zones or more."
  }
}

variable "node_type" {
  description = "Type of each node. Pub/sub needs network bandwidth and one fast core rather than memory."
  type        = string
  default     = "cache.t4g.small"

  validation {
    condition     = can(regex("^cache\\.", var.node_type))
    error_message = "node_type: a type of ElastiCache, for example cache.m7g.large."
  }
}

variable "node_count" {
  description = "Nodes, one of them the primary. Two or more fail over to another zone."
  type        = number
  default     = 2

  validation {
    condition     = var.node_count >= 2 && var.node_count <= 6
    error_message = "node_count: 2 to 6; a single node has nothing to fail over to."
  }
}

variable "engine" {
  description = "valkey or redis; the programs are tested with both."
  type        = string
  default     = "valkey"

  validation {
    condition     = contains(["valkey", "redis"], var.engine)
    error_message = "engine: valkey or redis."
  }
}

variable "engine_version" {
  description = "Version of the engine."
  type        = string
  default     = "8.0"

  validation {
    condition     = can(regex("^[78]\\.[0-9]+$", var.engine_version))
    error_message = "engine_version: 7.x or 8.x."
  }
}

variable "auth_token" {
  description = "Password of all clients."
  type        = string
  sensitive   = true

  validation {
    condition     = can(regex("^[A-Za-z0-9]{32,128}$", var.auth_token))
    error_message = "auth_token: 32 to 128 letters and digits, so that it needs no escaping in a URL."
  }
}
