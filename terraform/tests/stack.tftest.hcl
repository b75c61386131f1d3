mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name             = "echo"
  domain_name      = "chat.example.com"
  zone_id          = "Z0123456789ABCDEFGHIJ"
  gateway_image    = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/echostream-api:1"
  fanout_image     = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/echostream-fanout:1"
  push_image       = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/echostream-push:1"
  migrate_image    = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/echostream-migrate:1"
  database_ca_pem  = "-----BEGIN CERTIFICATE-----"
  migrate_on_apply = false
  alarm_emails     = ["operators@example.com"]
}

# One run, because each run plans and applies the whole deployment again.
run "stack" {
  command = apply

  module {
    source = "./modules/stack"
  }

  # The stack gives each task the least rights.
  assert {
    condition     = toset(flatten([for s in jsondecode(output.task_policies.api).Statement : s.Action])) == toset(["sqs:SendMessage", "sqs:GetQueueAttributes", "kms:GenerateDataKey", "kms:Decrypt"])
    error_message = "api sends and asks for attributes, nothing else"
  }

  assert {
    condition     = toset(flatten([for s in jsondecode(output.task_policies.push).Statement : s.Action])) == toset(["sqs:SendMessage", "sqs:GetQueueAttributes", "kms:GenerateDataKey", "kms:Decrypt"])
    error_message = "push sends and asks for attributes, nothing else"
  }

  assert {
    condition     = toset(flatten([for s in jsondecode(output.task_policies.fanout).Statement : s.Action])) == toset(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "kms:Decrypt"])
    error_message = "fanout receives and deletes, and sends nothing"
  }

  assert {
    condition     = output.task_policies.migrate == null
    error_message = "migrate calls no service of AWS"
  }

  assert {
    condition     = alltrue(flatten([for p in ["api", "push", "fanout"] : [for s in jsondecode(output.task_policies[p]).Statement : !contains(s.Resource, "*")]]))
    error_message = "no statement of a task role applies to all resources"
  }

  assert {
    condition     = toset({ for s in jsondecode(output.task_policies.api).Statement : s.Sid => s }.SendMessages.Resource) == toset(module.queue.arns)
    error_message = "api sends to the queues of this deployment"
  }

  assert {
    condition     = toset({ for s in jsondecode(output.task_policies.fanout).Statement : s.Sid => s }.ReceiveMessages.Resource) == toset(module.queue.arns)
    error_message = "fanout receives from the queues of this deployment"
  }

  assert {
    condition     = { for s in jsondecode(output.task_policies.push).Statement : s.Sid => s }.EncryptMessages.Condition.StringEquals["kms:ViaService"] == "sqs.eu-central-1.amazonaws.com"
    error_message = "task roles may use the key only through SQS"
  }

  assert {
    condition     = toset({ for s in jsondecode(output.execution_policies.fanout).Statement : s.Sid => s }.ReadSecrets.Resource) == toset([aws_secretsmanager_secret_version.this["app-password"].arn, aws_secretsmanager_secret_version.redis_url.arn])
    error_message = "fanout gets neither the token secret nor the operator's key"
  }

  assert {
    condition     = !contains({ for s in jsondecode(output.execution_policies.push).Statement : s.Sid => s }.ReadSecrets.Resource, aws_secretsmanager_secret_version.this["operator-key"].arn)
    error_message = "push does not get the operator's key"
  }

  assert {
    condition     = !anytrue([for p in ["api", "push", "fanout"] : contains({ for s in jsondecode(output.execution_policies[p]).Statement : s.Sid => s }.ReadSecrets.Resource, aws_secretsmanager_secret_version.this["owner-password"].arn)])
    error_message = "no program can become the owner of the tables"
  }

  # The stack sets up the programs.
  assert {
    condition     = { for e in output.containers.api.api.environment : e.name => e.value }.ES_DATABASE_URL == "postgresql://echostream_app@writer.example:${module.database.port}/${module.database.database_name}?sslmode=verify-full&sslrootcert=/run/echostream/database-ca.pem"
    error_message = "programs reach PostgreSQL by TLS, with the password outside the URL"
  }

  assert {
    condition     = alltrue([for p in ["api", "push", "fanout"] : strcontains({ for e in output.containers[p][p].environment : e.name => e.value }.ES_DATABASE_URL, "sslmode=verify-full")])
    error_message = "every program checks the certificate of Aurora"
  }

  assert {
    condition     = { for e in output.containers.migrate.roles.environment : e.name => e.value }.PGSSLMODE == "verify-full" && strcontains({ for e in output.containers.migrate.migrate.environment : e.name => e.value }.ES_DATABASE_OWNER_URL, "sslmode=verify-full")
    error_message = "the migration checks the certificate of Aurora"
  }

  assert {
    condition     = startswith(aws_secretsmanager_secret_version.redis_url.secret_string, "rediss://:") && endswith(aws_secretsmanager_secret_version.redis_url.secret_string, "@primary.example:6379")
    error_message = "programs reach Redis by TLS with a password"
  }

  assert {
    condition     = { for e in output.containers.push.push.secrets : e.name => e.valueFrom }.ES_REDIS_URL == aws_secretsmanager_secret_version.redis_url.arn
    error_message = "the URL of Redis is a secret"
  }

  assert {
    condition     = { for e in output.containers.fanout.fanout.environment : e.name => e.value }.ES_QUEUE_URL == "sqs:" && { for e in output.containers.fanout.fanout.environment : e.name => e.value }.ES_SQS_QUEUE_URLS == join(",", module.queue.urls)
    error_message = "ES_SQS_QUEUE_URLS has all queues in the order of their numbers"
  }

  assert {
    condition     = alltrue([for p in ["api", "push", "fanout"] : { for e in output.containers[p][p].environment : e.name => e.value }.ES_METRICS_EMF == "1" && { for e in output.containers[p][p].environment : e.name => e.value }.ES_METRICS_EMF_DEPLOYMENT == "echo"])
    error_message = "each program writes metrics for this deployment"
  }

  assert {
    condition     = alltrue(flatten([for p in values(output.containers) : [for c in values(p) : [for e in c.environment : !strcontains(lower(e.name), "password") && e.name != "ES_JWT_SECRET" && e.name != "ES_OPERATOR_KEY" && e.name != "ES_REDIS_URL"]]]))
    error_message = "no task definition holds a secret"
  }

  assert {
    condition     = { for e in output.containers.api.api.secrets : e.name => e.valueFrom }.ES_OPERATOR_KEY == aws_secretsmanager_secret_version.this["operator-key"].arn
    error_message = "the operator's key comes from Secrets Manager"
  }

  assert {
    condition     = { for e in output.containers.migrate.roles.secrets : e.name => e.valueFrom }.PGPASSWORD == "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds-master:password::"
    error_message = "the master password comes from RDS's secret"
  }

  assert {
    condition     = tonumber({ for e in output.containers.push.push.environment : e.name => e.value }.ES_PUSH_DRAIN_MS) < 1000 * output.containers.push.push.stopTimeout && output.containers.push.push.stopTimeout == 120
    error_message = "push drains within Fargate's longest stop time-out"
  }

  assert {
    condition     = tonumber({ for e in output.containers.api.api.environment : e.name => e.value }.ES_API_DRAIN_MS) < 1000 * output.containers.api.api.stopTimeout && tonumber({ for e in output.containers.fanout.fanout.environment : e.name => e.value }.ES_FANOUT_DRAIN_MS) < 1000 * output.containers.fanout.fanout.stopTimeout
    error_message = "api and fanout drain before they are killed"
  }

  assert {
    condition     = alltrue([for p in ["api", "push"] : anytrue([for d in output.containers[p][p].dependsOn : d.containerName == "front" && d.condition == "START"])])
    error_message = "ECS ends a program before its TLS front"
  }

  assert {
    condition     = alltrue([for p in ["api", "push"] : output.containers[p].front.portMappings[0].containerPort == 8443 && length(output.containers[p][p].portMappings) == 0])
    error_message = "only the TLS front has a port"
  }

  assert {
    condition     = output.containers.push.front.command == tolist(["-D", "-f", "/usr/share/echostream/lighttpd/alb-push.conf"]) || output.containers.push.front.command[2] == "/usr/share/echostream/lighttpd/alb-push.conf"
    error_message = "push's front has its own configuration"
  }

  assert {
    condition     = { for e in output.containers.push.front.environment : e.name => e.value }.ES_PROXY_FROM == var.vpc_cidr
    error_message = "the front takes X-Forwarded-For from the VPC only"
  }

  assert {
    condition     = { for e in output.containers.push.push.environment : e.name => e.value }.ES_TRUSTED_PROXIES == var.vpc_cidr
    error_message = "push-server finds the client's address before the load balancer's"
  }

  assert {
    condition     = { for e in output.containers.push.push.environment : e.name => e.value }.ES_OUT_BYTES == "134217728" && { for e in output.containers.push.push.environment : e.name => e.value }.ES_PAGE_BYTES == "33554432"
    error_message = "push-server's limits of memory follow the size of its task"
  }

  assert {
    condition     = { for e in output.containers.fanout.fanout.environment : e.name => e.value }.ES_FANOUT_OPS_LISTEN == "127.0.0.1:8081" && contains(output.containers.fanout.fanout.healthCheck.command, "http://127.0.0.1:8081/healthz")
    error_message = "ECS asks fanout for its health on loopback"
  }

  assert {
    condition     = alltrue([for p in values(output.containers) : anytrue([for c in values(p) : c.name == "prepare" && !c.essential])])
    error_message = "a first container writes the certificates and ends"
  }

  assert {
    condition     = output.containers.migrate.migrate.dependsOn[0].containerName == "roles" && output.containers.migrate.migrate.dependsOn[0].condition == "SUCCESS"
    error_message = "migrations run after the roles exist"
  }

  # The stack scales and alarms on the metrics of the programs.
  assert {
    condition     = one(output.scaling.push.target.customized_metric_specification).namespace == "EchoStream" && one(output.scaling.push.target.customized_metric_specification).metric_name == "Connections"
    error_message = "push scales on EchoStream/Connections"
  }

  assert {
    condition     = [for d in one(output.scaling.push.target.customized_metric_specification).dimensions : "${d.name}=${d.value}"] == ["Deployment=echo"]
    error_message = "the dimension is Deployment and nothing else"
  }

  assert {
    condition     = output.scaling.push.target.target_value == 6000 && output.scaling.push.target.scale_in_cooldown == 900
    error_message = "push aims at 6000 sockets for each task, and scales in slowly"
  }

  assert {
    condition     = one(one([for q in output.scaling.fanout.alarms["old"].metric_query : q if q.id == "fanout"]).metric).metric_name == "QueueAgeSeconds" && one(one([for q in output.scaling.fanout.alarms["old"].metric_query : q if q.id == "fanout"]).metric).namespace == "EchoStream" && one(one([for q in output.scaling.fanout.alarms["old"].metric_query : q if q.id == "fanout"]).metric).dimensions == tomap({ Deployment = "echo" })
    error_message = "fanout scales on EchoStream/QueueAgeSeconds"
  }

  assert {
    condition     = length([for q in output.scaling.fanout.alarms["old"].metric_query : q if startswith(q.id, "sqs")]) == 4
    error_message = "fanout scales on the age of each queue as SQS reports it"
  }

  assert {
    condition     = one(output.scaling.api.target.predefined_metric_specification).predefined_metric_type == "ECSServiceAverageCPUUtilization"
    error_message = "api scales on its CPU"
  }

  assert {
    condition     = { for k in ["delivery-p95", "queue-age", "dead-letters", "http-errors", "metrics-missing"] : k => aws_cloudwatch_metric_alarm.this[k].metric_name } == { delivery-p95 = "DeliveryP95Ms", queue-age = "QueueAgeSeconds", dead-letters = "DeadLetters", http-errors = "HttpErrors", metrics-missing = "Connections" }
    error_message = "alarms use the metric names that the programs write"
  }

  assert {
    condition     = alltrue([for k in ["delivery-p95", "queue-age", "dead-letters", "http-errors"] : aws_cloudwatch_metric_alarm.this[k].namespace == "EchoStream" && aws_cloudwatch_metric_alarm.this[k].dimensions == tomap({ Deployment = "echo" })])
    error_message = "alarms use the namespace and the dimension that the programs write"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["delivery-p95"].threshold == 200 && aws_cloudwatch_metric_alarm.this["queue-age"].threshold == 60
    error_message = "alarms have the limits 200 ms for delivery and 60 s in the queue"
  }

  assert {
    condition     = alltrue([for p in ["api", "push", "fanout"] : aws_cloudwatch_metric_alarm.this["${p}-tasks"].metric_name == "RunningTaskCount" && aws_cloudwatch_metric_alarm.this["${p}-tasks"].comparison_operator == "LessThanThreshold" && aws_cloudwatch_metric_alarm.this["${p}-tasks"].treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.this["${p}-tasks"].dimensions.ServiceName == p])
    error_message = "an alarm reports missing tasks, also when no data comes"
  }

  assert {
    condition     = alltrue([for p in ["api", "push"] : aws_cloudwatch_metric_alarm.this["${p}-unhealthy"].metric_name == "UnHealthyHostCount" && aws_cloudwatch_metric_alarm.this["${p}-unhealthy"].dimensions.TargetGroup == module.balancer.target_group_arn_suffixes[p]])
    error_message = "an alarm reports unhealthy tasks"
  }

  assert {
    condition     = alltrue([for k in ["api-target-5xx", "push-target-5xx", "balancer-5xx"] : aws_cloudwatch_metric_alarm.this[k].statistic == "Sum"])
    error_message = "alarms report 5xx of each program and of the load balancer"
  }

  assert {
    condition     = alltrue([for n in range(4) : aws_cloudwatch_metric_alarm.this["sqs-${n}-dead"].dimensions.QueueName == "echo-dead-${n}.fifo" && aws_cloudwatch_metric_alarm.this["sqs-${n}-dead"].threshold == 0])
    error_message = "an alarm for each queue reports dead letters"
  }

  assert {
    condition     = alltrue([for a in aws_cloudwatch_metric_alarm.this : contains(a.alarm_actions, aws_sns_topic.alarms.arn) && contains(a.ok_actions, aws_sns_topic.alarms.arn)])
    error_message = "the topic gets the begin and the end of every alarm"
  }

  assert {
    condition     = alltrue([for a in aws_cloudwatch_metric_alarm.this : length(a.alarm_description) > 20])
    error_message = "every alarm has a description"
  }

  assert {
    condition     = keys(aws_sns_topic_subscription.email) == ["operators@example.com"]
    error_message = "the topic sends e-mails to the operators"
  }

  # The stack encrypts and closes everything.
  assert {
    condition     = aws_kms_key.this.enable_key_rotation
    error_message = "the key is rotated"
  }

  assert {
    condition     = alltrue([for s in aws_secretsmanager_secret.this : s.kms_key_id == aws_kms_key.this.arn]) && aws_secretsmanager_secret.redis_url.kms_key_id == aws_kms_key.this.arn
    error_message = "secrets are encrypted with our key"
  }

  assert {
    condition     = aws_sns_topic.alarms.kms_master_key_id == aws_kms_key.this.arn
    error_message = "the topic of alarms is encrypted"
  }

  assert {
    condition     = strcontains(jsonencode(jsondecode(aws_kms_key.this.policy).Statement[1].Condition), "log-group:/echostream/echo*")
    error_message = "only logs of this deployment may use our key"
  }

  assert {
    condition     = length(data.aws_secretsmanager_random_password.this) == 5 && alltrue([for p in data.aws_secretsmanager_random_password.this : p.password_length == 64])
    error_message = "secrets have 64 random characters"
  }

  assert {
    condition     = alltrue([for r in values(aws_vpc_security_group_ingress_rule.database) : r.from_port == 5432 && r.to_port == 5432 && r.security_group_id == module.database.security_group_id])
    error_message = "only port 5432 of Aurora is open"
  }

  assert {
    condition     = toset([for r in values(aws_vpc_security_group_ingress_rule.database) : r.referenced_security_group_id]) == toset([module.api.security_group_id, module.push.security_group_id, module.fanout.security_group_id])
    error_message = "only our tasks reach Aurora"
  }

  assert {
    condition     = toset([for r in values(aws_vpc_security_group_ingress_rule.redis) : r.referenced_security_group_id]) == toset([module.api.security_group_id, module.push.security_group_id, module.fanout.security_group_id]) && alltrue([for r in values(aws_vpc_security_group_ingress_rule.redis) : r.from_port == 6379 && r.to_port == 6379])
    error_message = "only our tasks reach Redis"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.migrate_database.referenced_security_group_id == aws_security_group.migrate.id
    error_message = "the migration may connect to Aurora"
  }

  # The stack says where it is.
  assert {
    condition     = output.api_url == "https://chat.example.com/api/v1"
    error_message = "the output api_url is the URL of the REST API"
  }

  assert {
    condition     = output.websocket_url == "wss://chat.example.com/ws"
    error_message = "the output websocket_url is the URL of WebSockets"
  }

  assert {
    condition     = output.health_url == "https://chat.example.com/healthz"
    error_message = "the output health_url is the URL of /healthz"
  }

  assert {
    condition     = aws_route53_record.public[0].name == "chat.example.com" && aws_route53_record.public[0].alias[0].name == module.balancer.dns_name
    error_message = "the domain name resolves to the load balancer"
  }

  assert {
    condition     = aws_acm_certificate.this[0].domain_name == "chat.example.com" && aws_route53_record.proof[0].name == "_proof.chat.example.com."
    error_message = "the certificate of ACM is validated by DNS"
  }

  assert {
    condition     = strcontains(output.migrate_command, "assignPublicIp=DISABLED")
    error_message = "the migration by hand gets no public address"
  }

  assert {
    condition     = length(terraform_data.migrate) == 0
    error_message = "no migration runs with migrate_on_apply = false"
  }

  assert {
    condition     = length(local.zones) == 3
    error_message = "the deployment uses three zones of the region"
  }
}
