locals {
  services = {
    api    = { name = module.api.service_name, least = var.sizes.api.least }
    push   = { name = module.push.service_name, least = var.sizes.push.least }
    fanout = { name = module.fanout.service_name, least = var.sizes.fanout.least }
  }
  balanced = ["api", "push"]

  emf_alarms = {
    delivery-p95 = {
      what  = "More than 5 % of deliveries took longer than 200 ms after the send, for five minutes"
      limit = 200, minutes = 5, metric = "DeliveryP95Ms"
    }
    queue-age = {
      what  = "The oldest message of the queue waits for over 60 s: fanout does not commit"
      limit = 60, metric = "QueueAgeSeconds"
    }
    dead-letters = {
      what  = "PostgreSQL refused a message for good: echostreamctl queue dead list"
      limit = 0, minutes = 1, metric = "DeadLetters", statistic = "Sum"
    }
    http-errors = {
      what  = "echostream-api answered more than 10 requests a minute with 5xx"
      limit = 10, metric = "HttpErrors", statistic = "Sum"
    }
    metrics-missing = {
      what  = "push has written no metrics for five minutes: no task runs, or its log does not arrive"
      limit = 0, below = true, minutes = 5, metric = "Connections", silence = "breaching"
    }
  }

  program_alarms = merge(
    { for key, row in local.emf_alarms : key => merge(row, { namespace = local.emf.namespace, dimensions = local.emf.dimensions }) },
    {
      for program, service in local.services : "${program}-tasks" => {
        what       = "Fewer than ${service.least} tasks of ${program} run"
        namespace  = "ECS/ContainerInsights"
        metric     = "RunningTaskCount"
        dimensions = { ClusterName = module.cluster.name, ServiceName = service.name }
        statistic  = "Minimum", below = true, limit = service.least, minutes = 5, silence = "breaching"
      }
    },
    {
      for program in local.balanced : "${program}-unhealthy" => {
        what       = "A task of ${program} fails the health check of the load balancer"
        namespace  = "AWS/ApplicationELB"
        metric     = "UnHealthyHostCount"
        dimensions = { LoadBalancer = module.balancer.arn_suffix, TargetGroup = module.balancer.target_group_arn_suffixes[program] }
        limit      = 0
      }
    },
    {
      for program in local.balanced : "${program}-target-5xx" => {
        what       = "Tasks of ${program} answered more than 10 requests a minute with 5xx"
        namespace  = "AWS/ApplicationELB"
        metric     = "HTTPCode_Target_5XX_Count"
        dimensions = { LoadBalancer = module.balancer.arn_suffix, TargetGroup = module.balancer.target_group_arn_suffixes[program] }
        statistic  = "Sum", limit = 10
      }
    },
    {
      balancer-5xx = {
        what       = "The load balancer itself answered more than 10 requests a minute with 5xx: no healthy task, or a time-out"
        namespace  = "AWS/ApplicationELB"
        metric     = "HTTPCode_ELB_5XX_Count"
        dimensions = { LoadBalancer = module.balancer.arn_suffix }
        statistic  = "Sum", limit = 10
      }
    },
  )
}
