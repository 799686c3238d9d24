#!/usr/bin/env python3
"""Seeds a second simulated account (moto) with what the shared seeder leaves out: of each setting that a policy reads, the
other value. `cargo xtask live` collects both accounts, and asks that every policy was seen to pass and to fail.

    tools/aws-variants.py --endpoint http://127.0.0.1:5601 --account 222222222222

A call that the simulator refuses is printed and is no failure: what cannot be shown is counted by whoever collects.
"""
import argparse
import base64
import io
import json
import urllib.parse
import zipfile

import boto3
from botocore.config import Config

parser = argparse.ArgumentParser()
parser.add_argument("--endpoint", required=True)
parser.add_argument("--account", default="222222222222")
parser.add_argument("--region", default="us-east-1")
told = parser.parse_args()
if urllib.parse.urlparse(told.endpoint).hostname not in ("127.0.0.1", "localhost"):
    raise SystemExit("only loopback endpoints are allowed")
REGION, ACCOUNT = told.region, told.account


def client(service, keys):
    made = boto3.client(service, endpoint_url=told.endpoint, region_name=REGION, **keys,
                        config=Config(retries={"max_attempts": 1}, inject_host_prefix=False, read_timeout=120))
    return made


ROOT = dict(aws_access_key_id="testing", aws_secret_access_key="testing")
role = client("sts", ROOT).assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/seed", RoleSessionName="seed")["Credentials"]
KEYS = dict(aws_access_key_id=role["AccessKeyId"], aws_secret_access_key=role["SecretAccessKey"], aws_session_token=role["SessionToken"])
clients, refused = {}, []


def do(service, operation, **arguments):
    if service not in clients:
        clients[service] = client(service, KEYS)
    try:
        return getattr(clients[service], operation)(**arguments) or {}
    except Exception as error:  # noqa: BLE001 - a refusal is told, whatever it is
        refused.append(f"{service}:{operation}: {str(error)[:160]}")
        return {}


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", principal="*", **more):
    who = {"Principal": principal if principal == "*" else {"AWS": principal}} if principal else {}
    return {"Effect": "Allow", "Action": action, "Resource": resource, **who, **more}


PHI = [{"Key": "data-classification", "Value": "phi"}, {"Key": "owner", "Value": "team-1"}]
key = do("kms", "create_key", Description="good").get("KeyMetadata", {}).get("Arn", "")
do("kms", "enable_key_rotation", KeyId=key)
do("kms", "create_alias", AliasName="alias/good", TargetKeyId=key)
off = do("kms", "create_key", Description="off", Policy=policy(allow("kms:*"))).get("KeyMetadata", {}).get("KeyId", "")
do("kms", "disable_key", KeyId=off)


def identity():
    do("iam", "update_account_password_policy", MinimumPasswordLength=16, RequireSymbols=False, RequireNumbers=False,
       RequireUppercaseCharacters=False, RequireLowercaseCharacters=False, MaxPasswordAge=400, PasswordReusePrevention=24)
    do("iam", "create_user", UserName="admin")
    do("iam", "put_user_policy", UserName="admin", PolicyName="all", PolicyDocument=policy(allow("*", principal=None)))
    do("iam", "create_login_profile", UserName="admin", Password="Notasecret1!")
    for name, principal, more, hours in [("partner", "arn:aws:iam::999999999999:root", {}, 12),
                                         ("partner-told", "arn:aws:iam::999999999999:root",
                                          {"Condition": {"StringEquals": {"sts:ExternalId": "x1"}}}, 1)]:
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": principal}, **more}
        do("iam", "create_role", RoleName=name, AssumeRolePolicyDocument=policy(trust), MaxSessionDuration=hours * 3600)
    service = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
    do("iam", "create_role", RoleName="machine", AssumeRolePolicyDocument=policy(service))
    do("iam", "create_instance_profile", InstanceProfileName="machine")
    do("iam", "add_role_to_instance_profile", InstanceProfileName="machine", RoleName="machine")


def network():
    vpc = do("ec2", "create_vpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [do("ec2", "create_subnet", VpcId=vpc, CidrBlock=f"10.9.{z}.0/24", AvailabilityZone=f"{REGION}{'ab'[z]}")["Subnet"]["SubnetId"]
               for z in range(2)]
    # Only what was rejected, and the default group closed.
    do("logs", "create_log_group", logGroupName="flows")
    do("ec2", "create_flow_logs", ResourceIds=[vpc], ResourceType="VPC", TrafficType="REJECT", LogDestinationType="cloud-watch-logs",
       LogGroupName="flows", DeliverLogsPermissionArn=f"arn:aws:iam::{ACCOUNT}:role/machine")
    groups = do("ec2", "describe_security_groups", Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    for group in groups:
        for how, name in [("IpPermissions", "revoke_security_group_ingress"), ("IpPermissionsEgress", "revoke_security_group_egress")]:
            if group[how]:
                do("ec2", name, GroupId=group["GroupId"], IpPermissions=group[how])
    closed = do("ec2", "create_security_group", GroupName="closed", Description="only what it needs", VpcId=vpc)["GroupId"]
    every = do("ec2", "describe_security_groups", GroupIds=[closed])["SecurityGroups"][0]["IpPermissionsEgress"]
    do("ec2", "revoke_security_group_egress", GroupId=closed, IpPermissions=every)
    rule = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "inside"}]}]
    do("ec2", "authorize_security_group_egress", GroupId=closed, IpPermissions=rule)
    do("ec2", "authorize_security_group_ingress", GroupId=closed, IpPermissions=rule)
    return vpc, subnets, closed


def compute(vpc, subnets, group):
    disk = lambda **more: [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3", **more}}]
    do("ec2", "register_image", Name="plain", Architecture="x86_64", RootDeviceName="/dev/xvda", BlockDeviceMappings=disk())
    image = do("ec2", "register_image", Name="sealed", Architecture="x86_64", RootDeviceName="/dev/xvda",
               BlockDeviceMappings=disk(Encrypted=True, KmsKeyId=key)).get("ImageId")
    shown = do("ec2", "register_image", Name="shown", Architecture="x86_64", RootDeviceName="/dev/xvda", BlockDeviceMappings=disk())
    do("ec2", "modify_image_attribute", ImageId=shown.get("ImageId"), LaunchPermission={"Add": [{"Group": "all"}]})
    do("ec2", "run_instances", ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.medium", SubnetId=subnets[0],
       SecurityGroupIds=[group], DisableApiTermination=True, IamInstanceProfile={"Name": "machine"},
       BlockDeviceMappings=disk(Encrypted=True, KmsKeyId=key),
       MetadataOptions={"HttpTokens": "required", "HttpEndpoint": "enabled"},
       TagSpecifications=[{"ResourceType": "instance", "Tags": PHI}])
    default = do("ec2", "describe_vpcs", Filters=[{"Name": "is-default", "Values": ["true"]}]).get("Vpcs", [])
    if default:
        there = do("ec2", "describe_subnets", Filters=[{"Name": "vpc-id", "Values": [default[0]["VpcId"]]}])["Subnets"]
        do("ec2", "run_instances", ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.medium", SubnetId=there[0]["SubnetId"])
    for name, good in [("good", True), ("bad", False)]:
        data = {"ImageId": image, "BlockDeviceMappings": disk(**({"Encrypted": True, "KmsKeyId": key} if good else {"Encrypted": False})),
                "MetadataOptions": {"HttpTokens": "required" if good else "optional"},
                "NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": not good}]}
        script = "#!/bin/sh\ntrue\n" if good else "#!/bin/sh\nexport DB_PASSWORD=hunter2hunter2\n"

        data["UserData"] = base64.b64encode(script.encode()).decode()
        do("ec2", "create_launch_template", LaunchTemplateName=name, LaunchTemplateData=data)


def buckets():
    def make(name, **more):
        where = {} if REGION == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
        do("s3", "create_bucket", Bucket=name, **where, **more)

    make("var-locked", ObjectLockEnabledForBucket=True)
    for name in ["var-locked", "var-copy"]:
        make(name) if name != "var-locked" else None
        do("s3", "put_bucket_versioning", Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        do("s3", "put_bucket_ownership_controls", Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
        do("s3", "put_public_access_block", Bucket=name, PublicAccessBlockConfiguration=dict(
            BlockPublicAcls=True, IgnorePublicAcls=True, BlockPublicPolicy=True, RestrictPublicBuckets=True))
        do("s3", "put_bucket_encryption", Bucket=name, ServerSideEncryptionConfiguration={"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]})
    do("s3", "put_object_lock_configuration", Bucket="var-locked", ObjectLockConfiguration={
        "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 2200}}})
    do("s3", "put_bucket_policy", Bucket="var-locked", Policy=policy(
        {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::var-locked/*"},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::var-locked", "arn:aws:s3:::var-locked/*"],
         "Condition": {"Bool": {"aws:SecureTransport": "false"}}}))
    do("s3", "put_bucket_replication", Bucket="var-copy", ReplicationConfiguration={
        "Role": f"arn:aws:iam::{ACCOUNT}:role/machine", "Rules": [{"ID": "all", "Status": "Enabled", "Priority": 1, "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"}, "Destination": {"Bucket": "arn:aws:s3:::var-locked"}}]})
    make("var-kept", ObjectLockEnabledForBucket=True)
    make("var-site")
    do("s3", "put_bucket_website", Bucket="var-site", WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})


def databases(subnets, group):
    do("rds", "create_db_subnet_group", DBSubnetGroupName="db", DBSubnetGroupDescription="db", SubnetIds=subnets)
    for family, name, values in [("postgres15", "audited", [("pgaudit.log", "all"), ("rds.force_ssl", "1"), ("log_connections", "1"),
                                                            ("log_disconnections", "1"), ("log_statement", "ddl"), ("shared_preload_libraries", "pgaudit")]),
                                 ("postgres15", "open", [("rds.force_ssl", "0")])]:
        do("rds", "create_db_parameter_group", DBParameterGroupName=name, DBParameterGroupFamily=family, Description=name)
        do("rds", "modify_db_parameter_group", DBParameterGroupName=name, Parameters=[
            {"ParameterName": n, "ParameterValue": v, "ApplyMethod": "immediate"} for n, v in values])
    do("rds", "create_db_instance", DBInstanceIdentifier="managed", DBInstanceClass="db.m6g.large", Engine="postgres", EngineVersion="15.4",
       AllocatedStorage=100, MasterUsername="dba", ManageMasterUserPassword=True, StorageEncrypted=True, KmsKeyId=key, DBSubnetGroupName="db",
       DBParameterGroupName="audited", EnablePerformanceInsights=True, PerformanceInsightsKMSKeyId=key,
       EnableCloudwatchLogsExports=["postgresql"], Tags=PHI, BackupRetentionPeriod=14)
    do("rds", "create_db_instance", DBInstanceIdentifier="watched", DBInstanceClass="db.m6g.large", Engine="postgres", EngineVersion="15.4",
       AllocatedStorage=100, MasterUsername="dba", MasterUserPassword="notasecret1", StorageEncrypted=True, DBSubnetGroupName="db",
       DBParameterGroupName="open", EnablePerformanceInsights=True)
    do("redshift", "create_cluster_parameter_group", ParameterGroupName="tls", ParameterGroupFamily="redshift-1.0", Description="tls")
    do("redshift", "modify_cluster_parameter_group", ParameterGroupName="tls", Parameters=[{"ParameterName": "require_ssl", "ParameterValue": "true"}])
    do("redshift", "create_cluster", ClusterIdentifier="good", NodeType="ra3.xlplus", MasterUsername="dba", MasterUserPassword="Notasecret1",
       Encrypted=True, KmsKeyId=key, PubliclyAccessible=False, ClusterType="single-node", AutomatedSnapshotRetentionPeriod=35,
       EnhancedVpcRouting=True, AllowVersionUpgrade=True, ClusterParameterGroupName="tls", Tags=PHI)
    do("redshift", "enable_logging", ClusterIdentifier="good", BucketName="var-locked", S3KeyPrefix="dwh")
    do("redshift", "create_cluster", ClusterIdentifier="stuck", NodeType="ra3.xlplus", MasterUsername="dba", MasterUserPassword="Notasecret1",
       ClusterType="single-node", AllowVersionUpgrade=False)
    logs = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:flows"
    do("opensearch", "create_domain", DomainName="good", EncryptionAtRestOptions={"Enabled": True, "KmsKeyId": key},
       NodeToNodeEncryptionOptions={"Enabled": True}, DomainEndpointOptions={"EnforceHTTPS": True, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07"},
       VPCOptions={"SubnetIds": subnets[:1], "SecurityGroupIds": [group]}, AdvancedSecurityOptions={"Enabled": True, "InternalUserDatabaseEnabled": False},
       LogPublishingOptions={"AUDIT_LOGS": {"CloudWatchLogsLogGroupArn": logs, "Enabled": True}})
    do("opensearch", "create_domain", DomainName="world", AccessPolicies=policy(allow("es:*")))
    do("elasticache", "create_cache_subnet_group", CacheSubnetGroupName="cache", CacheSubnetGroupDescription="cache", SubnetIds=subnets)
    do("elasticache", "create_replication_group", ReplicationGroupId="good", ReplicationGroupDescription="sessions", AtRestEncryptionEnabled=True,
       TransitEncryptionEnabled=True, KmsKeyId=key, AuthToken="notasecret1notasecret1", MultiAZEnabled=True, AutomaticFailoverEnabled=True,
       NumCacheClusters=2, SnapshotRetentionLimit=7, AutoMinorVersionUpgrade=False)
    do("efs", "create_file_system", CreationToken="good", Encrypted=True, KmsKeyId=key)
    for file_system in do("efs", "describe_file_systems").get("FileSystems", []):
        do("efs", "put_file_system_policy", FileSystemId=file_system["FileSystemId"], Policy=policy(
            {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}))
    open_one = do("efs", "create_file_system", CreationToken="open", Encrypted=True).get("FileSystemId")
    do("efs", "put_file_system_policy", FileSystemId=open_one, Policy=policy(allow("elasticfilesystem:ClientMount")))


def programs(subnets, group):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def handler(e, c):\n    return e\n")
    code = {"ZipFile": packed.getvalue()}
    queue = do("sqs", "create_queue", QueueName="dead").get("QueueUrl", "")
    dead = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"
    do("sqs", "create_queue", QueueName="live", Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 3})})
    signer = do("lambda", "create_code_signing_config", AllowedPublishers={"SigningProfileVersionArns": [
        f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/p/1"]}, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"})
    arn = signer.get("CodeSigningConfig", {}).get("CodeSigningConfigArn")
    more = {"CodeSigningConfigArn": arn} if arn else {}
    do("lambda", "create_function", FunctionName="good", Runtime="python3.12", Role=f"arn:aws:iam::{ACCOUNT}:role/machine", Handler="index.handler",
       Code=code, Environment={"Variables": {"STAGE": "prod"}}, KMSKeyArn=key, DeadLetterConfig={"TargetArn": dead},
       VpcConfig={"SubnetIds": subnets[:1], "SecurityGroupIds": [group]}, TracingConfig={"Mode": "Active"}, **more)
    do("lambda", "create_function", FunctionName="bad", Runtime="python3.12", Role=f"arn:aws:iam::{ACCOUNT}:role/machine", Handler="index.handler",
       Code=code, Environment={"Variables": {"DB_PASSWORD": "hunter2hunter2"}})
    do("lambda", "add_permission", FunctionName="bad", StatementId="world", Action="lambda:InvokeFunction", Principal="*")
    do("lambda", "create_function_url_config", FunctionName="bad", AuthType="NONE")
    do("lambda", "create_function_url_config", FunctionName="good", AuthType="AWS_IAM")
    topic = do("sns", "create_topic", Name="open", Attributes={"Policy": policy(allow("sns:*"))}).get("TopicArn")
    do("sns", "subscribe", TopicArn=topic, Protocol="http", Endpoint="http://plain.example/hook")
    secret = do("secretsmanager", "create_secret", Name="open", SecretString="x").get("ARN")
    do("secretsmanager", "put_resource_policy", SecretId=secret, ResourcePolicy=policy(allow("secretsmanager:GetSecretValue")))
    slow = do("secretsmanager", "create_secret", Name="slow", SecretString="x").get("ARN")
    do("secretsmanager", "rotate_secret", SecretId=slow, RotateImmediately=False, RotationRules={"AutomaticallyAfterDays": 900},
       RotationLambdaARN=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:good")
    do("ssm", "put_parameter", Name="/app/plain-password", Value="x", Type="String")
    do("ssm", "put_parameter", Name="/app/sealed-password", Value="x", Type="SecureString")


def containers(subnets):
    repository = do("ecr", "create_repository", repositoryName="good").get("repository", {}).get("repositoryName", "good")
    do("ecr", "put_lifecycle_policy", repositoryName=repository, lifecyclePolicyText=json.dumps({"rules": [
        {"rulePriority": 1, "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14},
         "action": {"type": "expire"}}]}))
    do("ecr", "create_repository", repositoryName="open")
    do("ecr", "set_repository_policy", repositoryName="open", policyText=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "all", "Effect": "Allow", "Principal": "*", "Action": "ecr:*"}]}))
    do("ecs", "create_cluster", clusterName="plain", settings=[{"name": "containerInsights", "value": "disabled"}])
    role = f"arn:aws:iam::{ACCOUNT}:role/machine"
    volume = lambda secure: [{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "transitEncryption": secure}}]
    do("ecs", "register_task_definition", family="good", networkMode="awsvpc", taskRoleArn=role, executionRoleArn=role, volumes=volume("ENABLED"),
       containerDefinitions=[{"name": "app", "image": "app:1", "memory": 128, "user": "1000", "readonlyRootFilesystem": True, "privileged": False,
                              "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "flows"}},
                              "secrets": [{"name": "DB_PASSWORD", "valueFrom": "arn:aws:ssm:x"}]}])
    do("ecs", "register_task_definition", family="bad", networkMode="host", volumes=volume("DISABLED"),
       containerDefinitions=[{"name": "app", "image": "app:1", "memory": 128, "privileged": True, "user": "root",
                              "environment": [{"name": "DB_PASSWORD", "value": "hunter2hunter2"}]}])
    do("eks", "create_cluster", name="good", version="1.34", roleArn=role,
       resourcesVpcConfig={"subnetIds": subnets, "endpointPublicAccess": False, "endpointPrivateAccess": True},
       encryptionConfig=[{"resources": ["secrets"], "provider": {"keyArn": key}}],
       logging={"clusterLogging": [{"types": ["api", "audit", "authenticator", "controllerManager", "scheduler"], "enabled": True}]})


def edge(vpc, subnets, group):
    balancer = do("elbv2", "create_load_balancer", Name="one", Subnets=subnets[:1], Scheme="internet-facing", Type="network")
    target = do("elbv2", "create_target_group", Name="plain", Protocol="TCP", Port=80, VpcId=vpc, HealthCheckEnabled=False)
    if balancer and target:
        do("elbv2", "create_listener", LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"], Protocol="TCP", Port=80,
           DefaultActions=[{"Type": "forward", "TargetGroupArn": target["TargetGroups"][0]["TargetGroupArn"]}])
    guarded = do("elbv2", "create_load_balancer", Name="guarded", Subnets=subnets, Scheme="internet-facing", Type="application", SecurityGroups=[group])
    managed = [{"Name": "managed", "Priority": 1, "OverrideAction": {"None": {}}, "Statement": {"ManagedRuleGroupStatement": {
        "VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}}, "VisibilityConfig": {
        "SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}}]
    seen = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}
    walls = {}
    for name, scope, rules in [("good", "REGIONAL", managed), ("bare", "REGIONAL", []), ("cdn", "CLOUDFRONT", managed)]:
        walls[name] = do("wafv2", "create_web_acl", Name=name, Scope=scope, DefaultAction={"Allow": {}}, Rules=rules, VisibilityConfig=seen
                         ).get("Summary", {}).get("ARN", "")
    do("wafv2", "put_logging_configuration", LoggingConfiguration={"ResourceArn": walls["good"], "LogDestinationConfigs": [
        f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:aws-waf-logs-1"]})
    if guarded:
        do("wafv2", "associate_web_acl", WebACLArn=walls["good"], ResourceArn=guarded["LoadBalancers"][0]["LoadBalancerArn"])
    certificate = do("acm", "request_certificate", DomainName="a.example", ValidationMethod="DNS").get("CertificateArn")
    origin = lambda protocols, how, control: {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "app.example.org", **control, "CustomOriginConfig": {
        "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": how, "OriginSslProtocols": {"Quantity": len(protocols), "Items": protocols}}}]}
    bucket = lambda control: {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "var-site.s3.amazonaws.com", "OriginAccessControlId": control,
                                                         "S3OriginConfig": {"OriginAccessIdentity": ""}}]}
    behave = lambda how: {"TargetOriginId": "o", "ViewerProtocolPolicy": how, "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
                          "MinTTL": 0, "TrustedSigners": {"Enabled": False, "Quantity": 0}}
    for name, origins, viewer, minimum, logs, wall in [
            ("good", origin(["TLSv1.2"], "https-only", {}), "redirect-to-https", "TLSv1.2_2021", True, walls["cdn"]),
            ("bad", origin(["SSLv3", "TLSv1"], "http-only", {}), "allow-all", "TLSv1", False, ""),
            ("kept", bucket("E1"), "https-only", "TLSv1.2_2021", False, "")]:
        do("cloudfront", "create_distribution", DistributionConfig={
            "CallerReference": name, "Comment": name, "Enabled": True, "Origins": origins, "DefaultCacheBehavior": behave(viewer), "WebACLId": wall,
            "Logging": {"Enabled": logs, "IncludeCookies": False, "Bucket": "var-locked.s3.amazonaws.com" if logs else "", "Prefix": ""},
            "ViewerCertificate": {"ACMCertificateArn": certificate, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": minimum}})
    do("acm", "request_certificate", DomainName="small.example", ValidationMethod="DNS", KeyAlgorithm="RSA_1024")
    for good in [True, False]:
        name = "good" if good else "bad"
        made = do("apigateway", "create_rest_api", name=name)
        if not made:
            continue
        api, root = made["id"], do("apigateway", "get_resources", restApiId=made["id"])["items"][0]["id"]
        do("apigateway", "put_method", restApiId=api, resourceId=root, httpMethod="GET", authorizationType="AWS_IAM" if good else "NONE")
        do("apigateway", "put_integration", restApiId=api, resourceId=root, httpMethod="GET", type="MOCK", integrationHttpMethod="GET")
        deployed = do("apigateway", "create_deployment", restApiId=api)
        do("apigateway", "create_stage", restApiId=api, stageName="prod", deploymentId=deployed.get("id", "x"), tracingEnabled=good,
           cacheClusterEnabled=True, cacheClusterSize="0.5")
        change = [{"op": "replace", "path": "/*/*/caching/dataEncrypted", "value": "true" if good else "false"},
                  {"op": "replace", "path": "/*/*/caching/enabled", "value": "true"}]
        if good:
            change.append({"op": "replace", "path": "/accessLogSettings/destinationArn", "value": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:flows"})
            change.append({"op": "replace", "path": "/accessLogSettings/format", "value": "$context.requestId"})
        for one in change:
            do("apigateway", "update_stage", restApiId=api, stageName="prod", patchOperations=[one])
        if good:
            do("wafv2", "associate_web_acl", WebACLArn=walls["good"], ResourceArn=f"arn:aws:apigateway:{REGION}::/restapis/{api}/stages/prod")
        do("apigateway", "create_domain_name", domainName=f"{name}.example.org", securityPolicy="TLS_1_2" if good else "TLS_1_0",
           regionalCertificateArn=certificate, endpointConfiguration={"types": ["REGIONAL"]})


def assurance():
    do("cloudtrail", "create_trail", Name="narrow", S3BucketName="var-locked", IsMultiRegionTrail=False, IncludeGlobalServiceEvents=False)
    do("config", "put_configuration_recorder", ConfigurationRecorder={"name": "default", "roleARN": f"arn:aws:iam::{ACCOUNT}:role/machine",
       "recordingGroup": {"allSupported": False, "includeGlobalResourceTypes": False, "resourceTypes": ["AWS::S3::Bucket"]}})
    do("config", "put_delivery_channel", DeliveryChannel={"name": "default", "s3BucketName": "var-site"})
    do("guardduty", "create_detector", Enable=True, DataSources={"S3Logs": {"Enable": True}, "Kubernetes": {"AuditLogs": {"Enable": True}},
              "MalwareProtection": {"ScanEc2InstanceWithFindings": {"EbsVolumes": True}}},
              Features=[{"Name": n, "Status": "ENABLED"} for n in ["S3_DATA_EVENTS", "EKS_AUDIT_LOGS", "EBS_MALWARE_PROTECTION"]])
    do("guardduty", "create_detector", Enable=False)
    do("securityhub", "enable_security_hub", EnableDefaultStandards=False)
    do("backup", "create_backup_vault", BackupVaultName="locked", EncryptionKeyArn=key)
    do("backup", "put_backup_vault_lock_configuration", BackupVaultName="locked", MinRetentionDays=30, MaxRetentionDays=3650, ChangeableForDays=3)
    do("backup", "create_backup_plan", BackupPlan={"BackupPlanName": "good", "Rules": [
        {"RuleName": "daily", "TargetBackupVaultName": "locked", "ScheduleExpression": "cron(0 5 ? * * *)", "EnableContinuousBackup": True,
         "Lifecycle": {"DeleteAfterDays": 35}, "CopyActions": [{"DestinationBackupVaultArn": f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:locked"}]}]})
    do("backup", "create_backup_plan", BackupPlan={"BackupPlanName": "idle", "Rules": [{"RuleName": "never", "TargetBackupVaultName": "locked"}]})
    do("athena", "create_work_group", Name="good", Configuration={"EnforceWorkGroupConfiguration": True, "ResultConfiguration": {
        "OutputLocation": "s3://var-locked/q", "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": key}}})
    do("athena", "create_work_group", Name="bad", Configuration={"EnforceWorkGroupConfiguration": False, "ResultConfiguration": {
        "OutputLocation": "s3://var-locked/q"}})


identity()
where = network()
for part in [lambda: compute(*where), buckets, lambda: databases(*where[1:]), lambda: programs(*where[1:]), lambda: containers(where[1]),
             lambda: edge(*where), assurance]:
    try:
        part()
    except Exception as error:  # noqa: BLE001 - one part that the simulator breaks does not take the others with it
        refused.append(f"{type(error).__name__}: {error}")
for one in refused:
    print("refused:", one)
