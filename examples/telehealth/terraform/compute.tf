# What runs: the portal on Fargate, a bastion, functions, images.

# Good: images are scanned when pushed, and a tag stays what it was.
resource "aws_ecr_repository" "portal" {
  name                 = "${var.name}/portal"
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = aws_kms_key.phi.arn
  }
}

# Bad: nobody looks at what is in these images, and `latest` is whatever came last.
resource "aws_ecr_repository" "tools" {
  name                 = "${var.name}/tools"
  image_tag_mutability = "MUTABLE"

  image_scanning_configuration {
    scan_on_push = false
  }
}

resource "aws_ecs_cluster" "main" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

# Good: no privileges, read-only root, logs kept, passwords from Secrets Manager.
resource "aws_ecs_task_definition" "portal" {
  family                   = "${var.name}-portal"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = "512"
  memory                   = "1024"
  execution_role_arn       = aws_iam_role.portal_execution.arn
  task_role_arn            = aws_iam_role.portal_task.arn

  container_definitions = jsonencode([{
    name                   = "portal"
    image                  = "${local.account_id}.dkr.ecr.${var.region}.amazonaws.com/${var.name}/portal:2026.09.2"
    essential              = true
    user                   = "10001"
    privileged             = false
    readonlyRootFilesystem = true
    portMappings           = [{ containerPort = 8443, protocol = "tcp" }]
    environment            = [{ name = "STAGE", value = "prod" }]
    secrets = [{
      name      = "DB_PASSWORD"
      valueFrom = "arn:aws:secretsmanager:${var.region}:${local.account_id}:secret:${var.name}/ehr"
    }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = "/${var.name}/portal"
        "awslogs-region"        = var.region
        "awslogs-stream-prefix" = "portal"
      }
    }
  }])

  volume {
    name = "shared"

    efs_volume_configuration {
      file_system_id     = aws_efs_file_system.shared.id
      transit_encryption = "ENABLED"
    }
  }
}

resource "aws_ecs_service" "portal" {
  name            = "portal"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.portal.arn
  desired_count   = 2
  launch_type     = "FARGATE"

  network_configuration {
    subnets          = module.network.private_subnet_ids
    security_groups  = [aws_security_group.portal.id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.portal.arn
    container_name   = "portal"
    container_port   = 8443
  }
}

# Bad: a batch of reports that runs as root with the host's privileges, its API token in plain sight.
resource "aws_ecs_task_definition" "reports" {
  family       = "${var.name}-reports"
  network_mode = "host"

  container_definitions = jsonencode([{
    name        = "reports"
    image       = "${local.account_id}.dkr.ecr.${var.region}.amazonaws.com/${var.name}/tools:latest"
    essential   = true
    memory      = 512
    privileged  = true
    environment = [{ name = "ANALYTICS_API_TOKEN", value = "hbr-7c1f0e2d94" }]
  }])
}

# Bad: public address, old metadata service, a disk that is not encrypted.
resource "aws_instance" "bastion" {
  ami                         = "ami-0abcdef1234567890"
  instance_type               = "t3.micro"
  subnet_id                   = module.network.public_subnet_ids[0]
  vpc_security_group_ids      = [aws_security_group.bastion.id]
  associate_public_ip_address = true

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "optional"
  }

  root_block_device {
    volume_size = 20
    encrypted   = false
  }
}

# Good: inside the network, traced, failures kept, environment under a customer's key.
resource "aws_lambda_function" "reminders" {
  function_name = "${var.name}-reminders"
  role          = aws_iam_role.reminders.arn
  runtime       = "python3.13"
  handler       = "reminders.handle"
  filename      = "reminders.zip"
  kms_key_arn   = aws_kms_key.phi.arn

  environment {
    variables = { STAGE = "prod", QUEUE = "${var.name}-reminders" }
  }

  vpc_config {
    subnet_ids         = module.network.private_subnet_ids
    security_group_ids = [aws_security_group.portal.id]
  }

  dead_letter_config {
    target_arn = aws_sqs_queue.reminders_failed.arn
  }

  tracing_config {
    mode = "Active"
  }
}

# Bad: outside the network, a password in its environment, and a URL that needs no sign-in.
resource "aws_lambda_function" "export" {
  function_name = "${var.name}-export"
  role          = aws_iam_role.reminders.arn
  runtime       = "python3.9"
  handler       = "export.handle"
  filename      = "export.zip"

  environment {
    variables = { REPORTING_PASSWORD = "harbor-reports-2023" }
  }
}

resource "aws_lambda_function_url" "export" {
  function_name      = aws_lambda_function.export.function_name
  authorization_type = "NONE"
}
