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
  description = "VPC of the database."
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
    condition     = length(var.subnet_ids) >= 3
    error_message = "subnet_ids: three zones, because Aurora writes to three."
  }
}

variable "engine_version" {
  description = "Version of Aurora PostgreSQL. The programs are tested with PostgreSQL 15 and 17."
  type        = string
  default     = "17.5"

  validation {
    condition     = can(regex("^1[567]\\.[0-9]+$", var.engine_version))
    error_message = "engine_version: 15, 16 or 17 with a minor version, for example 17.5."
  }
}

variable "instance_class" {
  description = "Class of each instance; db.serverless takes its size from min_acu and max_acu."
  type        = string
  default     = "db.serverless"

  validation {
    condition     = can(regex("^db\\.", var.instance_class))
    error_message = "instance_class: a class of RDS, for example db.r8g.large."
  }
}

variable "instance_count" {
  description = "Instances. The first one writes; each other one reads and takes over when the writer fails."
  type        = number
  default     = 2

  validation {
    condition     = var.instance_count >= 1 && var.instance_count <= 15
    error_message = "instance_count: 1 to 15. With 1 there is no reader, and a failover takes minutes."
  }
}

variable "min_acu" {
  description = "Minimum capacity of a serverless instance, in ACU (2 GiB each)."
  type        = number
  default     = 0.5

  validation {
    condition     = var.min_acu >= 0.5 && var.min_acu <= 256
    error_message = "min_acu: 0.5 to 256. An instance with 0 would never pause, because the programs keep connections open."
  }
}

variable "max_acu" {
  description = "Maximum capacity of a serverless instance, in ACU."
  type        = number
  default     = 8

  validation {
    condition     = var.max_acu >= 1 && var.max_acu <= 256 && var.max_acu >= var.min_acu
    error_message = "max_acu: 1 to 256, and not below min_acu."
  }
}

variable "backup_retention_days" {
  description = "Days for which backups are kept. The database can be restored to any second of them."
  type        = number
  default     = 14

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35
    error_message = "backup_retention_days: 1 to 35."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the database; with false, a deletion makes no final snapshot, either."
  type        = bool
  default     = true
}
