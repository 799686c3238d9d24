# Buckets and the shared file system.

# Good: records and images of patients, each in a bucket of the same strict make.
module "private_bucket" {
  source   = "./modules/private_bucket"
  for_each = toset(["records", "imaging"])

  bucket     = "${var.name}-${each.key}"
  key_arn    = aws_kms_key.phi.arn
  log_bucket = aws_s3_bucket.logs.id
}

# Good: where trail, load balancers and buckets write their logs. Encrypted by S3 itself, because load balancers cannot
# write to buckets with a customer's key.
resource "aws_s3_bucket" "logs" {
  bucket = "${var.name}-logs"
  tags   = { data-classification = "internal" }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket = aws_s3_bucket.logs.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Trail"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = ["s3:GetBucketAcl", "s3:PutObject"]
        Resource  = ["arn:aws:s3:::${var.name}-logs", "arn:aws:s3:::${var.name}-logs/trail/*"]
        Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } }
      },
      {
        Sid       = "LoadBalancers"
        Effect    = "Allow"
        Principal = { Service = "logdelivery.elasticloadbalancing.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "arn:aws:s3:::${var.name}-logs/portal/*"
        Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
      },
      {
        Sid       = "RefusePlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = ["arn:aws:s3:::${var.name}-logs", "arn:aws:s3:::${var.name}-logs/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

# Bad: pictures for the web site, and anyone may read. No versions, no access log, nothing that refuses plain HTTP, and
# since last spring also the intake forms that patients send by mail.
resource "aws_s3_bucket" "uploads" {
  bucket = "${var.name}-marketing-uploads"
}

resource "aws_s3_bucket_ownership_controls" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  rule {
    object_ownership = "ObjectWriter"
  }
}

resource "aws_s3_bucket_public_access_block" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  block_public_acls       = false
  block_public_policy     = true
  ignore_public_acls      = false
  restrict_public_buckets = true
}

resource "aws_s3_bucket_acl" "uploads" {
  bucket     = aws_s3_bucket.uploads.id
  acl        = "public-read"
  depends_on = [aws_s3_bucket_ownership_controls.uploads, aws_s3_bucket_public_access_block.uploads]
}

# Good: the files that clinicians share, encrypted, backed up, and mounted with TLS only.
resource "aws_efs_file_system" "shared" {
  creation_token = "${var.name}-shared"
  encrypted      = true
  kms_key_id     = aws_kms_key.phi.arn
  tags           = local.phi
}

resource "aws_efs_backup_policy" "shared" {
  file_system_id = aws_efs_file_system.shared.id

  backup_policy {
    status = "ENABLED"
  }
}

resource "aws_efs_file_system_policy" "shared" {
  file_system_id = aws_efs_file_system.shared.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Mount"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${local.account_id}:role/${var.name}-portal-task" }
        Action    = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
        Resource  = "*"
      },
      {
        Sid       = "RefusePlainMounts"
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action    = "*"
        Resource  = "*"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

# Bad: a disk with the last export of the scheduling system, not encrypted.
resource "aws_ebs_volume" "export" {
  availability_zone = "us-east-1a"
  size              = 200
  type              = "gp3"
  encrypted         = false
}
