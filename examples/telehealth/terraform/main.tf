# Harbor Telehealth: production in AWS.
#
# An invented company that ships with Attesta as an example. Comments that begin with "Good" or "Bad" say what each
# part shows; ../README.md lists everything that is wrong on purpose.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.94"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      company     = "harbor-telehealth"
      environment = "prod"
      owner       = "platform"
    }
  }
}

variable "region" {
  description = "Where everything runs"
  default     = "us-east-1"
}

variable "name" {
  description = "Prefix of every name"
  default     = "harbor"
}

data "aws_caller_identity" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id

  # Names are known before anything exists, so policies may name buckets without waiting for their ARNs.
  trail_name = "${var.name}-trail"
  trail_arn  = "arn:aws:cloudtrail:${var.region}:${local.account_id}:trail/${local.trail_name}"

  phi = { data-classification = "phi" }
}

# Good: private subnets for everything that holds records, flow logs of the whole network.
module "network" {
  source = "./modules/network"

  name     = var.name
  cidr     = "10.40.0.0/16"
  key_arn  = aws_kms_key.phi.arn
  role_arn = aws_iam_role.flow_logs.arn

  public_subnets = {
    "us-east-1a" = "10.40.0.0/24"
    "us-east-1b" = "10.40.1.0/24"
  }
  private_subnets = {
    "us-east-1a" = "10.40.10.0/24"
    "us-east-1b" = "10.40.11.0/24"
  }
}

output "portal_address" {
  description = "Where patients sign in"
  value       = aws_lb.portal.dns_name
}

output "records_buckets" {
  description = "Buckets that hold patient records"
  value       = [for bucket in module.private_bucket : bucket.name]
}
