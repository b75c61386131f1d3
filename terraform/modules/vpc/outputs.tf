output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "Subnets of the load balancer, one in each zone."
  value       = [for subnet in aws_subnet.public : subnet.id]
}

output "private_subnet_ids" {
  description = "Subnets of tasks, one in each zone."
  value       = [for subnet in aws_subnet.private : subnet.id]
}

output "database_subnet_ids" {
  description = "Subnets of Aurora and Redis, one in each zone."
  value       = [for subnet in aws_subnet.database : subnet.id]
}

output "nat_addresses" {
  description = "Public addresses from which tasks call out, for allow lists of key-set hosts."
  value       = [for address in aws_eip.nat : address.public_ip]
}
