"""Plants faults in a copy of terraform/, and checks that an assertion finds each fault.

    faults.py plant FOLDER        edits the files below FOLDER
    faults.py judge FILE          FILE has report.py's lines about that folder
"""

import sys

# file below modules/, text, text with the fault, assertion that must fail
FAULTS = [
    ("vpc/network.tf", "map_public_ip_on_launch = false", "map_public_ip_on_launch = true",
     "vpc: no subnet assigns public addresses"),
    ("vpc/routes.tf", "route_table_id = aws_route_table.database.id", "route_table_id = aws_route_table.public.id",
     "vpc: database subnets use the table without routes"),
    ("vpc/flow_log.tf", "retention_in_days = var.log_retention_days", "retention_in_days = 0",
     "vpc: the log of rejected connections is encrypted and has a retention"),
    ("alb/load_balancer.tf", "from_port         = 80", "from_port         = 22",
     "alb: clients reach ports 80 and 443 only"),
    ("alb/listeners.tf", 'status_code = "HTTP_301"', 'status_code = "HTTP_302"',
     "alb: port 80 only redirects"),
    ("alb/target_groups.tf", '  protocol             = "HTTPS"', '  protocol             = "HTTP"',
     "alb: the load balancer connects to tasks by TLS"),
    ("alb/target_groups.tf", "least_outstanding_requests", "round_robin",
     "alb: new sockets go to the task with the fewest sockets"),
    ("rds_aurora/cluster.tf", "publicly_accessible             = false", "publicly_accessible             = true",
     "rds_aurora: no instance is public"),
    ("rds_aurora/cluster.tf", "storage_encrypted = true", "storage_encrypted = false",
     "rds_aurora: storage is encrypted with our key"),
    ("rds_aurora/cluster.tf", '    value        = "1"', '    value        = "0"',
     "rds_aurora: connections without TLS are refused"),
    ("elasticache_redis/replication_group.tf", "at_rest_encryption_enabled = true",
     "at_rest_encryption_enabled = false", "elasticache_redis: data at rest is encrypted with our key"),
    ("elasticache_redis/replication_group.tf", '= "required"', '= "preferred"', "elasticache_redis: clients need TLS"),
    ("elasticache_redis/replication_group.tf", "multi_az_enabled           = true", "multi_az_enabled           = false",
     "elasticache_redis: the nodes are in two zones and fail over"),
    ("sqs/queues.tf", '"perMessageGroupId"', '"perQueue"', "sqs: order and throughput limits apply to each channel"),
    ("sqs/queues.tf", "kms_master_key_id                 = var.kms_key_arn",
     'kms_master_key_id                 = "alias/aws/sqs"', "sqs: every queue is encrypted with our key"),
    ("ecs_task/task.tf", "readonlyRootFilesystem = true", "readonlyRootFilesystem = false",
     "ecs_task: the root file system is read-only"),
    ("ecs_task/roles.tf", "Resource = local.secrets", 'Resource = ["*"]',
     "ecs_task: ECS may read the task's secrets and no others"),
    ("ecs_service/service.tf", "assign_public_ip = false", "assign_public_ip = true",
     "ecs_service: tasks have no public address"),
    ("ecs_service/service.tf", "    rollback = true", "    rollback = false",
     "ecs_service: ECS rolls a failed rollout back"),
    ("ecs_service/service.tf", "from_port                    = var.balancer.port", "from_port                    = 0",
     "ecs_service: only the balancer reaches a task, on one port"),
    ("stack/settings.tf", '"sqs:ReceiveMessage", ', '"sqs:*", ',
     "stack: fanout receives and deletes, and sends nothing"),
    ("stack/settings.tf", "sslmode=verify-full&", "sslmode=require&", "stack: every program checks the certificate of Aurora"),
    ("stack/programs.tf", '"Connections"', '"Sockets"', "stack: push scales on EchoStream/Connections"),
    ("stack/alarms_programs.tf", '"DeliveryP95Ms"', '"DeliveryMs"',
     "stack: alarms use the metric names that the programs write"),
    ("stack/secrets.tf", 'value}"\n  kms_key_id              = aws_kms_key.this.arn', 'value}"\n  kms_key_id              = null',
     "stack: secrets are encrypted with our key"),
    ("stack/containers.tf", '"100000"', '"120000"', "stack: push drains within Fargate's longest stop time-out"),
    ("stack/security_groups.tf", "  from_port                    = 5432\n  to_port                      = 5432\n}\n\nresource \"aws_vpc_security_group_egress_rule\" \"redis\"",
     "  from_port                    = 0\n  to_port                      = 65535\n}\n\nresource \"aws_vpc_security_group_egress_rule\" \"redis\"",
     "stack: only port 5432 of Aurora is open"),
    ("stack/variables_stores.tf", 'can(regex("-----BEGIN CERTIFICATE-----", var.database_ca_pem)) && ', "",
     "stack_plans: stack refuses a database without authorities"),
]


def plant(folder):
    for file, good, bad, _ in FAULTS:
        path = "%s/modules/%s" % (folder, file)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        if good not in text:
            print("not ok the fault in %s can be planted: no %r" % (file, good))
            return 1
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(good, bad))
    return 0


def judge(said):
    with open(said, encoding="utf-8") as f:
        lines = f.read().splitlines()
    missed = 0
    for file, _, _, assertion in FAULTS:
        found = "not ok " + assertion in lines
        missed += not found
        print("%s a fault in %s fails: %s" % ("ok" if found else "not ok", file, assertion))
    expected = {"not ok " + fault[3] for fault in FAULTS}
    for line in lines:
        if line.startswith("not ok ") and line not in expected:
            print("also failed: " + line[7:])
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit({"plant": plant, "judge": judge}[sys.argv[1]](sys.argv[2]))
