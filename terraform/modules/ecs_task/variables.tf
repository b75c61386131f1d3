variable "name" {
  description = "Name of the task definition and prefix of its roles, for example echostream-prod-push."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name: 3 to 40 characters a-z, 0-9 and -, beginning with a letter."
  }
}

variable "aws" {
  description = "Partition, region and account of the deployment."
  type        = object({ partition = string, region = string, account_id = string })

  validation {
    condition     = alltrue([for part in values(var.aws) : length(part) > 0])
    error_message = "aws: partition, region and account_id must not be empty."
  }
}

variable "cpu" {
  description = "CPU units of the task; 1024 are one vCPU."
  type        = number

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.cpu)
    error_message = "cpu: 256, 512, 1024, 2048, 4096, 8192 or 16384."
  }
}

variable "memory" {
  description = "MiB of memory of the task."
  type        = number

  validation {
    condition     = var.memory >= 512 && var.memory <= 122880
    error_message = "memory: 512 to 122880, and a size that Fargate offers for this cpu."
  }
}

variable "architecture" {
  description = "Processor that the images are built for: X86_64 or ARM64."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.architecture)
    error_message = "architecture: X86_64 or ARM64."
  }
}

variable "containers" {
  description = "Containers of the task. All mount the volume `run` at /run/echostream."
  type = list(object({
    name           = string
    image          = string
    command        = list(string)
    essential      = optional(bool, true)
    user           = optional(string)
    environment    = optional(map(string), {})
    secrets        = optional(map(string), {})
    ports          = optional(list(number), [])
    after          = optional(map(string), {})
    health_command = optional(list(string))
    stop_timeout_s = optional(number, 30)
  }))

  validation {
    condition     = length(var.containers) > 0 && anytrue([for c in var.containers : c.essential])
    error_message = "containers: at least one that is essential."
  }

  validation {
    condition     = alltrue([for c in var.containers : c.stop_timeout_s >= 2 && c.stop_timeout_s <= 120])
    error_message = "containers: stop_timeout_s is 2 to 120, the maximum of Fargate."
  }

  validation {
    condition = alltrue(flatten([
      for c in var.containers : [for when in values(c.after) : contains(["START", "SUCCESS", "COMPLETE", "HEALTHY"], when)]
    ]))
    error_message = "containers: after maps a container to START, SUCCESS, COMPLETE or HEALTHY."
  }

  validation {
    condition     = alltrue([for c in var.containers : can(regex("^[^:@]+(:[^:@/]+)?(:[0-9]+/[^:@]+)?([:@].+)?$", c.image)) && !endswith(c.image, ":latest")])
    error_message = "containers: each image must have a fixed tag or a digest, because a rollback needs the previous image."
  }
}

variable "task_statements" {
  description = "Statements of the task role's policy. None: the programs may call no service of AWS."
  type        = any
  default     = []

  validation {
    condition     = alltrue([for statement in var.task_statements : can(statement.Sid) && statement.Effect == "Allow"])
    error_message = "task_statements: a list of statements of a policy, each with a Sid, that allow something."
  }
}

variable "kms_key_arn" {
  description = "KMS key of the secrets and of the log."
  type        = string

  validation {
    condition     = length(var.kms_key_arn) > 0
    error_message = "kms_key_arn: must not be empty."
  }
}

variable "log_retention_days" {
  description = "Days that the log is kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "log_retention_days: a number of days that CloudWatch Logs accepts."
  }
}
