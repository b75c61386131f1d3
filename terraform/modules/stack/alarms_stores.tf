locals {
  aurora_dimensions = { DBClusterIdentifier = module.database.cluster_identifier }

  store_alarms = merge(
    {
      for at, name in module.queue.names : "sqs-${at}-age" => {
        what       = "SQS reports that a message in ${name} waits for over 60 s"
        namespace  = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage"
        dimensions = { QueueName = name }, limit = 60
      }
    },
    {
      for at, name in module.queue.dead_letter_names : "sqs-${at}-dead" => {
        what       = "SQS moved a message to ${name}, because fanout crashed on it again and again"
        namespace  = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible"
        dimensions = { QueueName = name }, limit = 0, minutes = 1
      }
    },
    {
      aurora-cpu = {
        what       = "An instance of Aurora has used over 80 % of its CPU for 10 minutes"
        namespace  = "AWS/RDS", metric = "CPUUtilization"
        dimensions = local.aurora_dimensions, limit = 80, minutes = 10
      }
      aurora-lag = {
        what       = "A reader of Aurora is over 1 s behind the writer, so a failover would take longer"
        namespace  = "AWS/RDS", metric = "AuroraReplicaLagMaximum"
        dimensions = local.aurora_dimensions, limit = 1000, minutes = 5
      }
    },
    {
      for node in module.redis.node_ids : "redis-${node}-cpu" => {
        what       = "The thread of Redis that runs commands uses over 80 % of its CPU"
        namespace  = "AWS/ElastiCache", metric = "EngineCPUUtilization"
        dimensions = { CacheClusterId = node }, limit = 80, minutes = 5
      }
    },
    {
      for node in module.redis.node_ids : "redis-${node}-memory" => {
        what       = "Redis uses over 80 % of its memory"
        namespace  = "AWS/ElastiCache", metric = "DatabaseMemoryUsagePercentage"
        dimensions = { CacheClusterId = node }, limit = 80, minutes = 5
      }
    },
  )
}
