variable "region" {
  description = "Region of AWS."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region: a region of AWS, for example eu-central-1."
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

variable "database_ca_file" {
  description = "File with the certificate authorities of RDS in the region; docs/deploy-aws.md says how to get it."
  type        = string
  default     = "rds-ca.pem"

  validation {
    condition     = fileexists(var.database_ca_file)
    error_message = "database_ca_file: no such file; get it from https://truststore.pki.rds.amazonaws.com/REGION/REGION-bundle.pem."
  }
}

variable "gateway_image" {
  description = "Image of the target api, with a fixed tag or a digest."
  type        = string

  validation {
    condition     = can(regex("[:@][A-Za-z0-9._:-]+$", var.gateway_image)) && !endswith(var.gateway_image, ":latest")
    error_message = "gateway_image: an image with a fixed tag or a digest."
  }
}

variable "fanout_image" {
  description = "Image of the target fanout, with a fixed tag or a digest."
  type        = string

  validation {
    condition     = can(regex("[:@][A-Za-z0-9._:-]+$", var.fanout_image)) && !endswith(var.fanout_image, ":latest")
    error_message = "fanout_image: an image with a fixed tag or a digest."
  }
}

variable "push_image" {
  description = "Image of the target push, with a fixed tag or a digest."
  type        = string

  validation {
    condition     = can(regex("[:@][A-Za-z0-9._:-]+$", var.push_image)) && !endswith(var.push_image, ":latest")
    error_message = "push_image: an image with a fixed tag or a digest."
  }
}

variable "migrate_image" {
  description = "Image of the target migrate, with a fixed tag or a digest."
  type        = string

  validation {
    condition     = can(regex("[:@][A-Za-z0-9._:-]+$", var.migrate_image)) && !endswith(var.migrate_image, ":latest")
    error_message = "migrate_image: an image with a fixed tag or a digest."
  }
}

variable "migrate_on_apply" {
  description = "Run the migration before the services change. Needs the aws command."
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

variable "settings" {
  description = "Further settings of all programs (docs/settings.md)."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.settings) : can(regex("^ES_[A-Z0-9_]+$", name))])
    error_message = "settings: each name must begin with ES_."
  }
}

variable "secret_settings" {
  description = "Further secret settings of api and push: name to ARN, for example ES_JWT_SECRET_OLD during a rotation."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name, arn in var.secret_settings : startswith(name, "ES_") && startswith(arn, "arn:")])
    error_message = "secret_settings: each name must begin with ES_, and each value must be the ARN of a secret."
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
