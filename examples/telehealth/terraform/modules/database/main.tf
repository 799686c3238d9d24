# One PostgreSQL database. How careful it is depends on its settings.

variable "name" {}
variable "settings" {}
variable "key_arn" {}
variable "subnet_ids" {}
variable "firewall_ids" {}
variable "tags" {}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_db_parameter_group" "tls" {
  count = var.settings.tls_only ? 1 : 0

  name   = "${var.name}-tls"
  family = "postgres16"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
}

resource "aws_db_instance" "this" {
  identifier     = var.name
  engine         = "postgres"
  engine_version = "16.6"
  instance_class = var.settings.class

  allocated_storage = 200
  storage_type      = "gp3"
  storage_encrypted = var.settings.encrypted
  kms_key_id        = var.settings.encrypted ? var.key_arn : null

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = var.firewall_ids
  publicly_accessible    = var.settings.public
  parameter_group_name   = var.settings.tls_only ? "${var.name}-tls" : null

  multi_az                  = var.settings.multi_az
  backup_retention_period   = var.settings.backup_days
  deletion_protection       = var.settings.protected
  skip_final_snapshot       = var.settings.protected ? false : true
  final_snapshot_identifier = var.settings.protected ? "${var.name}-final" : null

  username                    = "keeper"
  manage_master_user_password = var.settings.managed_password ? true : null
  password                    = var.settings.managed_password ? null : "harbor-reports-2023"

  iam_database_authentication_enabled = true
  auto_minor_version_upgrade          = var.settings.patched
  enabled_cloudwatch_logs_exports     = var.settings.logs
  copy_tags_to_snapshot               = true
  tags                                = var.tags
  depends_on                          = [aws_db_parameter_group.tls]
}

output "address" {
  value = aws_db_instance.this.address
}
