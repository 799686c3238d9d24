# Security groups.

# Good: the world reaches the portal's load balancer on 80 (which redirects) and 443.
resource "aws_security_group" "edge" {
  name        = "${var.name}-edge"
  description = "Portal load balancer"
  vpc_id      = module.network.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "edge_https" {
  security_group_id = aws_security_group.edge.id
  description       = "Patients"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_ingress_rule" "edge_http" {
  security_group_id = aws_security_group.edge.id
  description       = "Patients who type no scheme; redirected"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "edge_to_portal" {
  security_group_id            = aws_security_group.edge.id
  description                  = "To the portal's tasks"
  ip_protocol                  = "tcp"
  from_port                    = 8443
  to_port                      = 8443
  referenced_security_group_id = aws_security_group.portal.id
}

# Good: tasks take requests from the load balancer only.
resource "aws_security_group" "portal" {
  name        = "${var.name}-portal"
  description = "Portal tasks"
  vpc_id      = module.network.vpc_id

  ingress {
    description     = "From the load balancer"
    protocol        = "tcp"
    from_port       = 8443
    to_port         = 8443
    security_groups = [aws_security_group.edge.id]
  }

  egress {
    description = "Inside the network"
    protocol    = "tcp"
    from_port   = 443
    to_port     = 5432
    cidr_blocks = ["10.40.0.0/16"]
  }
}

# Good: databases answer inside the network only.
resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "Databases and cache"
  vpc_id      = module.network.vpc_id

  ingress {
    description = "PostgreSQL from inside"
    protocol    = "tcp"
    from_port   = 5432
    to_port     = 5432
    cidr_blocks = ["10.40.0.0/16"]
  }
}

# Bad: the reporting database is open to the world on its own port.
resource "aws_security_group" "reporting" {
  name        = "${var.name}-reporting"
  description = "Reporting database"
  vpc_id      = module.network.vpc_id

  ingress {
    description = "Analysts at home"
    protocol    = "tcp"
    from_port   = 5432
    to_port     = 5432
    cidr_blocks = ["0.0.0.0/0"]
  }
}

# Bad: SSH from anywhere, in a rule of its own, where a look at the group does not show it.
resource "aws_security_group" "bastion" {
  name        = "${var.name}-bastion"
  description = "Bastion"
  vpc_id      = module.network.vpc_id
}

resource "aws_security_group_rule" "bastion_ssh" {
  security_group_id = aws_security_group.bastion.id
  description       = "Support"
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_blocks       = ["0.0.0.0/0"]
}

# Bad: everything from everywhere, "for a test".
resource "aws_security_group" "vendor_test" {
  name        = "${var.name}-vendor-test"
  description = "Video vendor, for a test"
  vpc_id      = module.network.vpc_id

  ingress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }

  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}
