# Queues, topics, secrets.

# Good: encrypted with the customer's key, failed messages kept.
resource "aws_sqs_queue" "reminders" {
  name              = "${var.name}-reminders"
  kms_master_key_id = aws_kms_key.phi.arn

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.reminders_failed.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue" "reminders_failed" {
  name                      = "${var.name}-reminders-failed"
  kms_master_key_id         = aws_kms_key.phi.arn
  message_retention_seconds = 1209600
}

resource "aws_sns_topic" "alerts" {
  name              = "${var.name}-alerts"
  kms_master_key_id = aws_kms_key.phi.arn
}

# Bad: not encrypted, and anyone may publish.
resource "aws_sns_topic" "partner" {
  name = "${var.name}-partner"
}

resource "aws_sns_topic_policy" "partner" {
  arn = aws_sns_topic.partner.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Anyone"
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = ["sns:Publish", "sns:Subscribe"]
      Resource  = "arn:aws:sns:${var.region}:${local.account_id}:${var.name}-partner"
    }]
  })
}

# Bad: patients' answers travel over plain HTTP.
resource "aws_sns_topic_subscription" "partner" {
  topic_arn = aws_sns_topic.partner.arn
  protocol  = "http"
  endpoint  = "http://partner.example/intake"
}

# Good: the customer's key, rotated every month.
resource "aws_secretsmanager_secret" "ehr" {
  name                    = "${var.name}/ehr"
  kms_key_id              = aws_kms_key.phi.arn
  recovery_window_in_days = 30
}

resource "aws_secretsmanager_secret_rotation" "ehr" {
  secret_id           = aws_secretsmanager_secret.ehr.id
  rotation_lambda_arn = aws_lambda_function.reminders.arn

  rotation_rules {
    automatically_after_days = 30
  }
}

# Mixed: the customer's key, but the token never changes.
resource "aws_secretsmanager_secret" "cache" {
  name       = "${var.name}/cache"
  kms_key_id = aws_kms_key.phi.arn
}

resource "aws_secretsmanager_secret_version" "cache" {
  secret_id     = aws_secretsmanager_secret.cache.id
  secret_string = "set-by-hand-after-the-first-apply"
}
