variable "database_ca_pem" {
  description = "Certificate authorities (PEM) of RDS in the region, from https://truststore.pki.rds.amazonaws.com/REGION/REGION-bundle.pem."
  type        = string

  validation {
    condition     = can(regex("-----BEGIN CERTIFICATE-----", var.database_ca_pem)) && length(var.database_ca_pem) <= 20000
    error_message = "database_ca_pem: certificates in PEM, at most 20000 characters (the bundle of one region, not the global one)."
  }
}

variable "database" {
  description = "Aurora: class and number of instances (the first writes), ACUs of db.serverless, days of backup."
  type = object({
    engine_version = optional(string, "17.5")
    instance_class = optional(string, "db.serverless")
    instance_count = optional(number, 2)
    min_acu        = optional(number, 0.5)
    max_acu        = optional(number, 8)
    backup_days    = optional(number, 14)
  })
  default = {}

  validation {
    condition     = var.database.instance_count >= 1
    error_message = "database: instance_count is 1 or more."
  }
}

variable "redis" {
  description = "ElastiCache: engine, type and number of nodes (one is the primary)."
  type = object({
    engine         = optional(string, "valkey")
    engine_version = optional(string, "8.0")
    node_type      = optional(string, "cache.t4g.small")
    node_count     = optional(number, 2)
  })
  default = {}

  validation {
    condition     = var.redis.node_count >= 2
    error_message = "redis: node_count is 2 or more, because a single node has nothing to fail over to."
  }
}

variable "queue_count" {
  description = "FIFO queues that share the channels. Change it only while all queues are empty."
  type        = number
  default     = 4

  validation {
    condition     = var.queue_count >= 1 && var.queue_count <= 9
    error_message = "queue_count: 1 to 9; the alarm that scales fanout reads each queue."
  }
}
