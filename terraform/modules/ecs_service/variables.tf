variable "name" {
  description = "Name of the service, for example push."
  type        = string

  validation {
    condition     = contains(["api", "push", "fanout"], var.name)
    error_message = "name: api, push or fanout."
  }
}

variable "prefix" {
  description = "Prefix of the names of all resources."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.prefix))
    error_message = "prefix: 3 to 20 characters a-z, 0-9 and -, beginning with a letter."
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

variable "cluster" {
  description = "The ECS cluster."
  type        = object({ arn = string, name = string })

  validation {
    condition     = length(var.cluster.arn) > 0 && length(var.cluster.name) > 0
    error_message = "cluster: arn and name must not be empty."
  }
}

variable "network" {
  description = "VPC and private subnets of the tasks."
  type        = object({ vpc_id = string, subnet_ids = list(string) })

  validation {
    condition     = length(var.network.subnet_ids) >= 2
    error_message = "network: subnets in two zones or more."
  }
}

variable "size" {
  description = "Size of a task, and how many tasks run: at least `least`, also during a rollout, and at most `most`. Without autoscaling `least` tasks run."
  type = object({
    cpu    = number
    memory = number
    least  = number
    most   = number
  })

  validation {
    condition     = var.size.least >= 1 && var.size.most >= var.size.least
    error_message = "size: least must be 1 or more, and most not below least."
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
  description = "Containers of a task, as the module ecs_task takes them."
  type        = any

  validation {
    condition     = length(var.containers) > 0
    error_message = "containers: at least one."
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

variable "balancer" {
  description = "Target group that sends requests to a container; null: the service has no listener."
  type = object({
    target_group_arn  = string
    container         = string
    port              = number
    security_group_id = string
  })
  default = null

  validation {
    condition     = var.balancer == null ? true : var.balancer.port >= 1024 && var.balancer.port <= 65535
    error_message = "balancer: port is 1024 to 65535, because tasks do not run as root."
  }
}

variable "maximum_percent" {
  description = "Tasks that may run during a rollout, in percent of the wanted number. Less than 200 replaces them in steps, so that fewer sockets reconnect at once."
  type        = number
  default     = 200

  validation {
    condition     = var.maximum_percent > 100 && var.maximum_percent <= 200
    error_message = "maximum_percent: above 100, so that a new task can start, and at most 200."
  }
}

variable "target_tracking" {
  description = "Adds and removes tasks so that a metric stays at a target; null: no such policy. Set `predefined` to a metric of ECS, or namespace, metric and dimensions to a metric of our own."
  type = object({
    target             = number
    predefined         = optional(string)
    namespace          = optional(string)
    metric             = optional(string)
    dimensions         = optional(map(string), {})
    scale_in_cooldown  = optional(number, 300)
    scale_out_cooldown = optional(number, 60)
  })
  default = null

  validation {
    condition     = var.target_tracking == null ? true : (var.target_tracking.predefined == null) != (var.target_tracking.metric == null)
    error_message = "target_tracking: set either predefined, or namespace and metric."
  }
}

variable "backlog" {
  description = "Adds tasks while the oldest entry of the queue is older than high_s, and removes one when it is younger than low_s for a quarter of an hour; null: no such policy."
  type = object({
    namespace   = string
    metric      = string
    dimensions  = map(string)
    queue_names = list(string)
    high_s      = number
    low_s       = number
  })
  default = null

  validation {
    condition     = var.backlog == null ? true : var.backlog.low_s < var.backlog.high_s && length(var.backlog.queue_names) <= 9
    error_message = "backlog: low_s must be below high_s. At most nine queues, because one alarm reads all of them and our own metric."
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
    condition     = var.log_retention_days >= 1
    error_message = "log_retention_days: 1 or more."
  }
}
