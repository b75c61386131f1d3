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

variable "queue_count" {
  description = "FIFO queues that share the channels. Change it only while all queues are empty, because a channel would change its queue."
  type        = number
  default     = 4

  validation {
    condition     = var.queue_count >= 1 && var.queue_count <= 64 && floor(var.queue_count) == var.queue_count
    error_message = "queue_count: 1 to 64, the maximum of ES_SQS_QUEUE_URLS."
  }
}

variable "visibility_timeout_s" {
  description = "Seconds after which SQS delivers the messages of a killed worker again. fanout extends the lease of longer work."
  type        = number
  default     = 30

  validation {
    condition     = var.visibility_timeout_s >= 10 && var.visibility_timeout_s <= 600
    error_message = "visibility_timeout_s: 10 to 600. When it is too short, SQS redelivers messages that fanout is still processing."
  }
}

variable "max_receive_count" {
  description = "Deliveries after which SQS moves a message to its dead letters. The number is high, because the message is not to blame for a delivery that a crash cut short."
  type        = number
  default     = 100

  validation {
    condition     = var.max_receive_count >= 20 && var.max_receive_count <= 1000
    error_message = "max_receive_count: 20 to 1000."
  }
}

variable "retention_s" {
  description = "Seconds that SQS keeps a message that nobody deletes: the longest outage without loss."
  type        = number
  default     = 1209600

  validation {
    condition     = var.retention_s >= 345600 && var.retention_s <= 1209600
    error_message = "retention_s: 345600 (4 days) to 1209600 (14 days, the maximum of SQS)."
  }
}
