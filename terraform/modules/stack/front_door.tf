module "balancer" {
  source = "../alb"

  name                = var.name
  vpc_id              = module.network.vpc_id
  subnet_ids          = module.network.public_subnet_ids
  certificate_arn     = var.certificate_arn != null ? var.certificate_arn : aws_acm_certificate_validation.this[0].certificate_arn
  allowed_cidrs       = var.allowed_cidrs
  target_port         = local.tls_port
  deletion_protection = var.deletion_protection
}

resource "aws_acm_certificate" "this" {
  count = var.certificate_arn == null ? 1 : 0

  domain_name       = var.domain_name
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

locals {
  # The certificate has one domain name, so it has one validation option.
  proof = one(flatten([for c in aws_acm_certificate.this : tolist(c.domain_validation_options)]))
}

resource "aws_route53_record" "proof" {
  count = var.certificate_arn == null ? 1 : 0

  zone_id         = var.zone_id
  name            = local.proof.resource_record_name
  type            = local.proof.resource_record_type
  records         = [local.proof.resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "this" {
  count = var.certificate_arn == null ? 1 : 0

  certificate_arn         = aws_acm_certificate.this[0].arn
  validation_record_fqdns = [aws_route53_record.proof[0].fqdn]
}

resource "aws_route53_record" "public" {
  count = var.zone_id == null ? 0 : 1

  zone_id = var.zone_id
  name    = var.domain_name
  type    = "A"

  alias {
    name                   = module.balancer.dns_name
    zone_id                = module.balancer.zone_id
    evaluate_target_health = false
  }
}
