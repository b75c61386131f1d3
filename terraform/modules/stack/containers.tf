locals {
  # `prepare` runs first, writes the files that the other containers read, and ends. The load balancer
  # does not verify the certificate of a target, so each task makes its own key, which never leaves it.
  write_ca  = "printf %s \"$DATABASE_CA\" >${local.run}/database-ca.pem"
  write_key = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=echostream -keyout ${local.run}/privkey.pem -out ${local.run}/fullchain.pem"

  prepare_front = {
    name        = "prepare"
    image       = var.gateway_image
    command     = ["sh", "-ec", "umask 077; ${local.write_ca}; ${local.write_key}"]
    essential   = false
    environment = { DATABASE_CA = var.database_ca_pem }
  }

  prepare_fanout = {
    name        = "prepare"
    image       = var.fanout_image
    command     = ["sh", "-ec", local.write_ca]
    essential   = false
    environment = { DATABASE_CA = var.database_ca_pem }
  }

  prepared     = { prepare = "SUCCESS" }
  behind_front = { prepare = "SUCCESS", front = "START" }

  # `front` terminates TLS and takes the client's address from the load balancer. The program starts
  # after its front, so ECS stops the program first, and the program drains its sockets through the
  # front.
  front = {
    name           = "front"
    image          = var.gateway_image
    ports          = [local.tls_port]
    stop_timeout_s = 35
    environment = {
      ES_ROOT       = "/usr/share/echostream"
      ES_RUN_DIR    = local.run
      ES_TLS_PORT   = tostring(local.tls_port)
      ES_PROXY_FROM = var.vpc_cidr
    }
  }

  api = {
    name           = "api"
    image          = var.gateway_image
    command        = ["echostream-api"]
    after          = local.behind_front
    stop_timeout_s = 30
    environment = merge(local.common_settings, {
      ES_API_SEND_SOCKET   = "${local.run}/api-send.sock"
      ES_API_SOCKET        = "${local.run}/api.sock"
      ES_API_HEALTH_SOCKET = "${local.run}/api-health.sock"
      ES_API_DRAIN_MS      = "25000"
    })
    secrets = merge(local.common_secrets, local.token_secrets, {
      ES_OPERATOR_KEY = aws_secretsmanager_secret_version.this["operator-key"].arn
    })
  }

  api_front = merge(local.front, {
    command = ["lighttpd", "-D", "-f", "/usr/share/echostream/lighttpd/alb.conf"]
    after   = local.prepared
  })

  push_memory = var.sizes.push.memory * 1024 * 1024

  # ES_PUSH_CONNECTIONS limits each of two workers, so a task takes twice push_connections.
  push = {
    name           = "push"
    image          = var.push_image
    command        = ["echostream-push"]
    after          = local.behind_front
    stop_timeout_s = 120
    environment = merge(local.common_settings, {
      ES_PUSH_LISTEN     = "unix:${local.run}/push.sock"
      ES_PUSH_OPS_LISTEN = "unix:${local.run}/push-ops.sock"
      ES_PUSH_WORKERS    = "2"
      # The front appends the load balancer's address to X-Forwarded-For, after the client's address.
      ES_TRUSTED_PROXIES = var.vpc_cidr
      # The three limits of both workers add up to 28 % of the task's memory. The front takes 32 KB for
      # each socket.
      ES_OUT_BYTES        = tostring(local.push_memory / 16)
      ES_LOG_BYTES        = tostring(local.push_memory / 16)
      ES_PAGE_BYTES       = tostring(local.push_memory / 64)
      ES_PUSH_CONNECTIONS = tostring(var.push_connections)
      ES_PUSH_DRAIN_MS    = "100000"
    })
    secrets = merge(local.common_secrets, local.token_secrets)
  }

  push_front = merge(local.front, {
    command = ["lighttpd", "-D", "-f", "/usr/share/echostream/lighttpd/alb-push.conf"]
    after   = local.prepared
  })

  fanout = {
    name           = "fanout"
    image          = var.fanout_image
    command        = ["echostream-fanout"]
    after          = local.prepared
    stop_timeout_s = 30
    health_command = ["curl", "-fsS", "-m", "4", "http://127.0.0.1:8081/healthz"]
    environment = merge(local.common_settings, {
      ES_FANOUT_OPS_LISTEN = "127.0.0.1:8081"
      ES_FANOUT_DRAIN_MS   = "25000"
    })
    secrets = local.common_secrets
  }
}
