# Encryption keys.

# Good: rotates by itself, a month to change one's mind.
resource "aws_kms_key" "phi" {
  description             = "Patient records"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = local.phi

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Account"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${local.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "LogsAndTrail"
        Effect    = "Allow"
        Principal = { Service = ["logs.${var.region}.amazonaws.com", "cloudtrail.amazonaws.com"] }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
      },
    ]
  })
}

resource "aws_kms_alias" "phi" {
  name          = "alias/${var.name}-phi"
  target_key_id = aws_kms_key.phi.key_id
}

# Bad: made by hand in the first week. Never rotates, and is gone a week after somebody asks for it.
resource "aws_kms_key" "legacy" {
  description             = "Exports of the old scheduling system"
  enable_key_rotation     = false
  deletion_window_in_days = 7
}
