# Watching: trail, recorder, detectors, logs.

# Good: every region, signed digests, the customer's key, and a log group that can alert.
resource "aws_cloudtrail" "main" {
  name                          = local.trail_name
  s3_bucket_name                = aws_s3_bucket.logs.id
  s3_key_prefix                 = "trail"
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = true
  kms_key_id                    = aws_kms_key.phi.arn
  cloud_watch_logs_group_arn    = "${aws_cloudwatch_log_group.trail.arn}:*"
  cloud_watch_logs_role_arn     = aws_iam_role.flow_logs.arn

  event_selector {
    read_write_type           = "All"
    include_management_events = true

    data_resource {
      type   = "AWS::S3::Object"
      values = ["arn:aws:s3:::${var.name}-records/"]
    }
  }
}

# Good: kept for longer than six years, as HIPAA asks of documentation.
resource "aws_cloudwatch_log_group" "trail" {
  name              = "/${var.name}/trail"
  retention_in_days = 2557
  kms_key_id        = aws_kms_key.phi.arn
}

resource "aws_cloudwatch_log_group" "portal" {
  name              = "/${var.name}/portal"
  retention_in_days = 400
  kms_key_id        = aws_kms_key.phi.arn
}

# Bad: two weeks, and no key of ours.
resource "aws_cloudwatch_log_group" "export" {
  name              = "/aws/lambda/${var.name}-export"
  retention_in_days = 14
}

# Good: watches everything. Bad: the malware scan of disks is not turned on.
resource "aws_guardduty_detector" "main" {
  enable = true

  datasources {
    s3_logs {
      enable = true
    }
  }
}

resource "aws_config_configuration_recorder" "main" {
  name     = "main"
  role_arn = aws_iam_role.recorder.arn

  recording_group {
    all_supported                 = true
    include_global_resource_types = true
  }
}

resource "aws_config_delivery_channel" "main" {
  name           = "main"
  s3_bucket_name = aws_s3_bucket.logs.id
  depends_on     = [aws_config_configuration_recorder.main]
}

resource "aws_config_configuration_recorder_status" "main" {
  name       = aws_config_configuration_recorder.main.name
  is_enabled = true
  depends_on = [aws_config_delivery_channel.main]
}

resource "aws_securityhub_account" "main" {}

resource "aws_accessanalyzer_analyzer" "main" {
  analyzer_name = var.name
  type          = "ACCOUNT"
}

# Good: daily backups, kept for 35 days, in a vault that nobody can empty.
resource "aws_backup_vault" "main" {
  name        = "${var.name}-records"
  kms_key_arn = aws_kms_key.phi.arn
}

resource "aws_backup_vault_lock_configuration" "main" {
  backup_vault_name  = aws_backup_vault.main.name
  min_retention_days = 30
}

resource "aws_backup_plan" "daily" {
  name = "${var.name}-daily"

  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.main.name
    schedule          = "cron(0 5 * * ? *)"

    lifecycle {
      delete_after = 35
    }
  }
}

resource "aws_backup_selection" "records" {
  name         = "records"
  plan_id      = aws_backup_plan.daily.id
  iam_role_arn = aws_iam_role.backup.arn

  selection_tag {
    type  = "STRINGEQUALS"
    key   = "data-classification"
    value = "phi"
  }
}
