variable "gateway_image" {
  description = "Image of the target api: lighttpd and echostream-api. The TLS front of push uses it, too."
  type        = string

  validation {
    condition     = can(regex("[:@][A-Za-z0-9._:-]+$", var.gateway_image)) && !endswith(var.gateway_image, ":latest")
    error_message = "gateway_image: an image with a fixed tag or a digest."
  }
}

variable "fanout_image" {
  description = "Image of the target fanout."
  type        = string

  validation {
    condition     = can(regex("[:@][A-Za-z0-9._:-]+$", var.fanout_image)) && !endswith(var.fanout_image, ":latest")
    error_message = "fanout_image: an image with a fixed tag or a digest."
  }
}

variable "push_image" {
  description = "Image of the target push."
  type        = string

  validation {
    condition     = can(regex("[:@][A-Za-z0-9._:-]+$", var.push_image)) && !endswith(var.push_image, ":latest")
    error_message = "push_image: an image with a fixed tag or a digest."
  }
}

variable "migrate_image" {
  description = "Image of the target migrate: echostreamctl, psql and db/."
  type        = string

  validation {
    condition     = can(regex("[:@][A-Za-z0-9._:-]+$", var.migrate_image)) && !endswith(var.migrate_image, ":latest")
    error_message = "migrate_image: an image with a fixed tag or a digest."
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

variable "sizes" {
  description = "Size of each program's tasks, and how many run: at least `least`, at most `most`. A push task of 1024 CPU units and 2048 MiB holds push_connections sockets."
  type = object({
    api    = object({ cpu = number, memory = number, least = number, most = number })
    push   = object({ cpu = number, memory = number, least = number, most = number })
    fanout = object({ cpu = number, memory = number, least = number, most = number })
  })
  default = {
    api    = { cpu = 512, memory = 1024, least = 2, most = 10 }
    push   = { cpu = 1024, memory = 2048, least = 2, most = 20 }
    fanout = { cpu = 512, memory = 1024, least = 2, most = 8 }
  }

  validation {
    condition     = alltrue([for size in values(var.sizes) : size.least >= 1 && size.most >= size.least])
    error_message = "sizes: least must be 1 or more, and most not below least."
  }
}

variable "push_connections" {
  description = "Sockets on each push task that autoscaling aims at. A task accepts twice as many, for the time until new tasks run."
  type        = number
  default     = 6000

  validation {
    condition     = var.push_connections >= 100 && var.push_connections <= 15000
    error_message = "push_connections: 100 to 15000; the TLS front has 65535 descriptors and needs two for each socket."
  }
}

variable "queue_age_s" {
  description = "Age of the oldest entry of the queue, in seconds, above which fanout gets more tasks and below which it may lose one."
  type        = object({ high = number, low = number })
  default     = { high = 5, low = 1 }

  validation {
    condition     = var.queue_age_s.high > var.queue_age_s.low && var.queue_age_s.low > 0
    error_message = "queue_age_s: high is above low, and low above 0."
  }
}

variable "settings" {
  description = "Further settings of all three programs (docs/settings.md), for example { ES_LOG_LEVEL = \"debug\" }."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.settings) : can(regex("^ES_[A-Z0-9_]+$", name))])
    error_message = "settings: each name must begin with ES_."
  }
}

variable "secret_settings" {
  description = "Further settings of api and push that are secrets: name to ARN, for example ES_JWT_SECRET_OLD during a rotation."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name, arn in var.secret_settings : startswith(name, "ES_") && startswith(arn, "arn:")])
    error_message = "secret_settings: each name must begin with ES_, and each value must be the ARN of a secret."
  }
}

variable "migrate_on_apply" {
  description = "Run the migration before the services change, on each apply with a new migrate task. Needs the aws command."
  type        = bool
  default     = true
}

variable "migrate_to" {
  description = "Version up to which migrations are applied; empty: all. db/README.md says when a rollout needs it."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([0-9]{14})?$", var.migrate_to))
    error_message = "migrate_to: 14 digits, or empty."
  }
}
