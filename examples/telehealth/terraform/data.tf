# Where data lives: two relational databases, sessions, cache.

locals {
  databases = {
    # Good: the records themselves.
    ehr = {
      class            = "db.m6g.large"
      encrypted        = true
      tls_only         = true
      public           = false
      multi_az         = true
      backup_days      = 14
      protected        = true
      managed_password = true
      patched          = true
      logs             = ["postgresql", "upgrade"]
    }

    # Bad: a copy of the records for reports, made in a hurry: not encrypted, on the internet, no backups, its password
    # in this very file.
    reporting = {
      class            = "db.t4g.medium"
      encrypted        = false
      tls_only         = false
      public           = true
      multi_az         = false
      backup_days      = 0
      protected        = false
      managed_password = false
      patched          = false
      logs             = []
    }
  }
}

module "database" {
  source   = "./modules/database"
  for_each = local.databases

  name         = "${var.name}-${each.key}"
  settings     = each.value
  key_arn      = aws_kms_key.phi.arn
  subnet_ids   = each.value.public ? module.network.public_subnet_ids : module.network.private_subnet_ids
  tags         = each.value.protected ? local.phi : null
  firewall_ids = [each.value.public ? aws_security_group.reporting.id : aws_security_group.database.id]
}

# Good: sessions with a customer's key and a restore to any second.
resource "aws_dynamodb_table" "sessions" {
  name                        = "${var.name}-sessions"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  deletion_protection_enabled = true
  tags                        = local.phi

  attribute {
    name = "id"
    type = "S"
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.phi.arn
  }

  point_in_time_recovery {
    enabled = true
  }
}

# Good: encrypted on disk and on the wire, with a token, over two zones.
resource "aws_elasticache_replication_group" "appointments" {
  replication_group_id       = "${var.name}-appointments"
  description                = "Appointments of the day"
  engine                     = "valkey"
  node_type                  = "cache.t4g.small"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  at_rest_encryption_enabled = true
  kms_key_id                 = aws_kms_key.phi.arn
  transit_encryption_enabled = true
  auth_token                 = aws_secretsmanager_secret_version.cache.secret_string
  snapshot_retention_limit   = 7
  security_group_ids         = [aws_security_group.database.id]
}
