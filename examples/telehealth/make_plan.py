#!/usr/bin/env python3
"""Write plan.json: what `terraform show -json` would print for ./terraform before anything exists.

    make_plan.py            # writes plan.json beside this file
    make_plan.py --check    # exits 1 when plan.json differs from what it would write

It reads the .tf files themselves, so code and plan cannot drift apart. It knows just enough of Terraform for them:
blocks, count, for_each, modules, variables, locals, data, templates, conditionals, `for`, and five functions. What the
AWS provider adds (attributes that only AWS decides, defaults) stands in SCHEMAS, for the types that are used here.
Anything else is an error, never a guess. Python's standard library only; no random numbers, no clock.
"""
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROVIDER = "registry.terraform.io/hashicorp/aws"
ACCOUNT = "111122223333"

# What data sources would have read.
DATA = {"aws_caller_identity": {"account_id": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:user/deployer", "id": ACCOUNT,
                                "user_id": "AIDAEXAMPLEDEPLOYER"}}

# Attributes of each type. `^` decided by AWS when not set, `~` a set, `!` sensitive, `=` the provider's default,
# `[ ]` nested blocks (`^[ ]`: decided by AWS when there is none; `@[ ]`: an attribute that is written as a block).
# An attribute with no mark is null when not set. `id` is added to every type.
RULE = """[ cidr_blocks=[] description="" from_port ipv6_cidr_blocks=[] prefix_list_ids=[] protocol security_groups~=[]
    self=false to_port ]"""
ROUTE = """[ carrier_gateway_id="" cidr_block="" core_network_arn="" destination_prefix_list_id="" egress_only_gateway_id=""
    gateway_id="" ipv6_cidr_block="" local_gateway_id="" nat_gateway_id="" network_interface_id="" transit_gateway_id=""
    vpc_endpoint_id="" vpc_peering_connection_id="" ]"""
TAGS = "tags tags_all^"
SCHEMAS = {
    "aws_accessanalyzer_analyzer": f"analyzer_name arn^ configuration[ ] {TAGS} type=\"ACCOUNT\"",
    "aws_acm_certificate": f"""arn^ certificate_authority_arn certificate_body certificate_chain domain_name
        domain_validation_options^ early_renewal_duration key_algorithm^ not_after^ not_before^ options^[ ]
        pending_renewal^ private_key! renewal_eligibility^ renewal_summary^ status^ subject_alternative_names~^ {TAGS}
        type^ validation_emails^ validation_method^ validation_option[ ]""",
    "aws_backup_plan": f"""advanced_backup_setting[ ] arn^ name rule[ completion_window=180 copy_action[ ]
        enable_continuous_backup lifecycle[ cold_storage_after delete_after
        opt_in_to_archive_for_supported_resources^ ] recovery_point_tags rule_name schedule
        schedule_expression_timezone="Etc/UTC" start_window=60 target_vault_name ] {TAGS} version^""",
    "aws_backup_selection": """condition^[ ] iam_role_arn name not_resources~^ plan_id resources~
        selection_tag[ key type value ]""",
    "aws_backup_vault": f"arn^ force_destroy=false kms_key_arn^ name recovery_points^ {TAGS} timeouts",
    "aws_backup_vault_lock_configuration": """backup_vault_arn^ backup_vault_name changeable_for_days
        max_retention_days min_retention_days""",
    "aws_cloudfront_distribution": f"""aliases~ arn^ caller_reference^ comment continuous_deployment_policy_id^
        custom_error_response[ ] default_cache_behavior[ allowed_methods~ cache_policy_id cached_methods~ compress=false
        default_ttl^ field_level_encryption_id forwarded_values[ ] function_association[ ]
        grpc_config^[ ] lambda_function_association[ ] max_ttl^ min_ttl=0 origin_request_policy_id
        realtime_log_config_arn response_headers_policy_id smooth_streaming target_origin_id trusted_key_groups^
        trusted_signers^ viewer_protocol_policy ] default_root_object domain_name^ enabled etag^ hosted_zone_id^
        http_version="http2" in_progress_validation_batches^ is_ipv6_enabled=false last_modified_time^
        logging_config[ bucket include_cookies=false prefix ] ordered_cache_behavior[ ]
        origin[ connection_attempts=3 connection_timeout=10 custom_header[ ] custom_origin_config[ http_port https_port
        origin_keepalive_timeout=5 origin_protocol_policy origin_read_timeout=30 origin_ssl_protocols~ ] domain_name
        origin_access_control_id origin_id origin_path="" origin_shield[ ] s3_origin_config[ ] vpc_origin_config[ ] ]
        origin_group[ ] price_class="PriceClass_All" restrictions[ geo_restriction[ locations~^ restriction_type ] ]
        retain_on_delete=false staging=false status^ {TAGS} trusted_key_groups^ trusted_signers^
        viewer_certificate[ acm_certificate_arn cloudfront_default_certificate iam_certificate_id
        minimum_protocol_version="TLSv1" ssl_support_method ] wait_for_deployment=true web_acl_id""",
    "aws_cloudfront_origin_access_control": """arn^ description="Managed by Terraform" etag^ name
        origin_access_control_origin_type signing_behavior signing_protocol""",
    "aws_cloudtrail": f"""advanced_event_selector[ ] arn^ cloud_watch_logs_group_arn cloud_watch_logs_role_arn
        enable_log_file_validation=false enable_logging=true event_selector[ data_resource[ type values ]
        exclude_management_event_sources~ include_management_events=true read_write_type="All" ] home_region^
        include_global_service_events=true insight_selector[ ] is_multi_region_trail=false is_organization_trail=false
        kms_key_id name s3_bucket_name s3_key_prefix sns_topic_arn^ sns_topic_name {TAGS}""",
    "aws_cloudwatch_log_group": f"""arn^ kms_key_id log_group_class^ name^ name_prefix^ retention_in_days=0
        skip_destroy=false {TAGS}""",
    "aws_config_configuration_recorder": """name="default" recording_group^[ all_supported=true
        exclusion_by_resource_types^[ ] include_global_resource_types=false recording_strategy^[ ] resource_types~ ]
        recording_mode^[ ] role_arn""",
    "aws_config_configuration_recorder_status": "is_enabled name",
    "aws_config_delivery_channel": """name="default" s3_bucket_name s3_key_prefix s3_kms_key_arn
        snapshot_delivery_properties[ ] sns_topic_arn""",
    "aws_db_instance": f"""address^ allocated_storage^ allow_major_version_upgrade apply_immediately=false arn^
        auto_minor_version_upgrade=true availability_zone^ backup_retention_period^ backup_target^ backup_window^
        blue_green_update[ ] ca_cert_identifier^ character_set_name^ copy_tags_to_snapshot=false
        custom_iam_instance_profile customer_owned_ip_enabled database_insights_mode^ db_name^ db_subnet_group_name^
        dedicated_log_volume=false delete_automated_backups=true deletion_protection domain domain_auth_secret_arn
        domain_dns_ips domain_fqdn^ domain_iam_role_name domain_ou enabled_cloudwatch_logs_exports~ endpoint^ engine^
        engine_lifecycle_support^ engine_version^ engine_version_actual^ final_snapshot_identifier hosted_zone_id^
        iam_database_authentication_enabled identifier^ identifier_prefix^ instance_class iops^ kms_key_id^
        latest_restorable_time^ license_model^ listener_endpoint^ maintenance_window^ manage_master_user_password
        master_user_secret^ master_user_secret_kms_key_id^ max_allocated_storage monitoring_interval=0
        monitoring_role_arn^ multi_az^ nchar_character_set_name^ network_type^ option_group_name^ parameter_group_name^
        password! password_wo! password_wo_version performance_insights_enabled=false performance_insights_kms_key_id^
        performance_insights_retention_period^ port^ publicly_accessible=false replica_mode^ replicas^
        replicate_source_db resource_id^ restore_to_point_in_time[ ] s3_import[ ] skip_final_snapshot=false
        snapshot_identifier^ status^ storage_encrypted storage_throughput^ storage_type^ {TAGS} timeouts timezone^
        upgrade_storage_config username^ vpc_security_group_ids~^""",
    "aws_db_parameter_group": f"""arn^ description="Managed by Terraform" family name^ name_prefix^
        parameter[ apply_method="immediate" name value ] skip_destroy=false {TAGS}""",
    "aws_db_subnet_group": f"""arn^ description="Managed by Terraform" name^ name_prefix^ subnet_ids~
        supported_network_types^ {TAGS} vpc_id^""",
    "aws_default_security_group": f"""arn^ description^ egress@{RULE} ingress@{RULE} name^ name_prefix^ owner_id^
        revoke_rules_on_delete=false {TAGS} vpc_id^""",
    "aws_dynamodb_table": f"""arn^ attribute[ name type ] billing_mode="PROVISIONED" deletion_protection_enabled
        global_secondary_index[ ] hash_key^ import_table[ ] local_secondary_index[ ] name on_demand_throughput[ ]
        point_in_time_recovery[ enabled recovery_period_in_days^ ] range_key^ read_capacity^ replica[ ] restore_date_time
        restore_source_name restore_source_table_arn restore_to_latest_time server_side_encryption[ enabled kms_key_arn^ ]
        stream_arn^ stream_enabled stream_label^ stream_view_type^ table_class {TAGS} timeouts ttl[ ]
        write_capacity^""",
    "aws_ebs_volume": f"""arn^ availability_zone create_time^ encrypted^ final_snapshot=false iops^ kms_key_id^
        multi_attach_enabled outpost_arn size^ snapshot_id^ {TAGS} throughput^ timeouts type^""",
    "aws_ecr_repository": f"""arn^ encryption_configuration[ encryption_type="AES256" kms_key^ ] force_delete
        image_scanning_configuration[ scan_on_push ] image_tag_mutability="MUTABLE" name registry_id^ repository_url^
        {TAGS} timeouts""",
    "aws_ecs_cluster": f"""arn^ configuration[ ] name service_connect_defaults[ ] setting^[ name value ] {TAGS}""",
    "aws_ecs_service": f"""alarms[ ] availability_zone_rebalancing="DISABLED" capacity_provider_strategy[ ] cluster^
        deployment_circuit_breaker[ ] deployment_controller[ ] deployment_maximum_percent=200
        deployment_minimum_healthy_percent=100 desired_count enable_ecs_managed_tags=false enable_execute_command=false
        force_delete force_new_deployment health_check_grace_period_seconds iam_role^ launch_type^
        load_balancer[ container_name container_port elb_name target_group_arn ] name
        network_configuration[ assign_public_ip=false security_groups~ subnets~ ] ordered_placement_strategy[ ]
        placement_constraints[ ] platform_version^ propagate_tags scheduling_strategy="REPLICA"
        service_connect_configuration[ ] service_registries[ ] {TAGS} task_definition timeouts triggers^
        volume_configuration[ ] vpc_lattice_configurations[ ] wait_for_steady_state=false""",
    "aws_ecs_task_definition": f"""arn^ arn_without_revision^ container_definitions cpu enable_fault_injection^
        ephemeral_storage[ ] execution_role_arn family inference_accelerator[ ] ipc_mode memory network_mode^ pid_mode
        placement_constraints[ ] proxy_configuration[ ] requires_compatibilities~ revision^ runtime_platform[ ]
        skip_destroy=false {TAGS} task_role_arn track_latest=false volume[ configure_at_launch^ docker_volume_configuration[ ]
        efs_volume_configuration[ authorization_config[ ] file_system_id root_directory="/" transit_encryption
        transit_encryption_port ] fsx_windows_file_server_volume_configuration[ ] host_path name ]""",
    "aws_efs_backup_policy": "backup_policy[ status ] file_system_id",
    "aws_efs_file_system": f"""arn^ availability_zone_id^ availability_zone_name creation_token^ dns_name^ encrypted^
        kms_key_id^ lifecycle_policy[ ] name^ number_of_mount_targets^ owner_id^ performance_mode^ protection^[ ]
        provisioned_throughput_in_mibps size_in_bytes^ {TAGS} throughput_mode="bursting\"""",
    "aws_efs_file_system_policy": "bypass_policy_lockout_safety_check=false file_system_id policy",
    "aws_eip": f"""address allocation_id^ arn^ associate_with_private_ip association_id^ carrier_ip^ customer_owned_ip^
        customer_owned_ipv4_pool domain^ instance^ ipam_pool_id network_border_group^ network_interface^ private_dns^
        private_ip^ ptr_record^ public_dns^ public_ip^ public_ipv4_pool^ {TAGS} timeouts vpc^""",
    "aws_elasticache_replication_group": f"""apply_immediately^ arn^ at_rest_encryption_enabled^ auth_token!
        auth_token_update_strategy="ROTATE" auto_minor_version_upgrade^ automatic_failover_enabled=false
        cluster_enabled^ cluster_mode^ configuration_endpoint_address^ data_tiering_enabled^ description engine="redis"
        engine_version^ engine_version_actual^ final_snapshot_identifier global_replication_group_id^ ip_discovery^
        kms_key_id log_delivery_configuration[ ] maintenance_window^ member_clusters^ multi_az_enabled=false
        network_type^ node_type^ notification_topic_arn num_cache_clusters^ num_node_groups^ parameter_group_name^ port
        preferred_cache_cluster_azs primary_endpoint_address^ reader_endpoint_address^ replicas_per_node_group^
        replication_group_id security_group_ids~^ security_group_names~^ snapshot_arns snapshot_name
        snapshot_retention_limit snapshot_window^ subnet_group_name^ {TAGS} timeouts transit_encryption_enabled^
        transit_encryption_mode^ user_group_ids~""",
    "aws_flow_log": f"""arn^ deliver_cross_account_role destination_options[ ] eni_id iam_role_arn log_destination^
        log_destination_type="cloud-watch-logs" log_format^ log_group_name^ max_aggregation_interval=600 subnet_id
        {TAGS} traffic_type transit_gateway_attachment_id transit_gateway_id vpc_id""",
    "aws_guardduty_detector": f"""account_id^ arn^ datasources^[ kubernetes^[ ] malware_protection^[ ]
        s3_logs^[ enable ] ] enable=true finding_publishing_frequency^ {TAGS}""",
    "aws_iam_access_key": """create_date^ encrypted_secret^ encrypted_ses_smtp_password_v4^ key_fingerprint^ pgp_key
        secret^! ses_smtp_password_v4^! status="Active" user""",
    "aws_iam_account_password_policy": """allow_users_to_change_password=true expire_passwords^ hard_expiry^
        max_password_age^ minimum_password_length=6 password_reuse_prevention^ require_lowercase_characters^
        require_numbers^ require_symbols^ require_uppercase_characters^""",
    "aws_iam_policy": f"""arn^ attachment_count^ description name^ name_prefix^ path="/" policy policy_id^ {TAGS}""",
    "aws_iam_role": f"""arn^ assume_role_policy create_date^ description force_detach_policies=false inline_policy^[ ]
        managed_policy_arns~^ max_session_duration=3600 name^ name_prefix^ path="/" permissions_boundary {TAGS}
        unique_id^""",
    "aws_iam_role_policy_attachment": "policy_arn role",
    "aws_iam_user": f"arn^ force_destroy=false name path=\"/\" permissions_boundary {TAGS} unique_id^",
    "aws_iam_user_policy_attachment": "policy_arn user",
    "aws_instance": f"""ami^ arn^ associate_public_ip_address^ availability_zone^ capacity_reservation_specification^[ ]
        cpu_core_count^ cpu_options^[ ] cpu_threads_per_core^ credit_specification[ ] disable_api_stop^
        disable_api_termination^ ebs_block_device^[ ] ebs_optimized^ enable_primary_ipv6^ enclave_options^[ ]
        ephemeral_block_device^[ ] get_password_data=false hibernation host_id^ host_resource_group_arn^
        iam_instance_profile^ instance_initiated_shutdown_behavior^ instance_lifecycle^ instance_market_options^[ ]
        instance_state^ instance_type^ ipv6_address_count^ ipv6_addresses^ key_name^ launch_template[ ]
        maintenance_options^[ ] metadata_options^[ http_endpoint="enabled" http_protocol_ipv6="disabled"
        http_put_response_hop_limit^ http_tokens^ instance_metadata_tags^ ] monitoring^ network_interface^[ ]
        outpost_arn^ password_data^ placement_group^ placement_partition_number^ primary_network_interface_id^
        private_dns^ private_dns_name_options^[ ] private_ip^ public_dns^ public_ip^ root_block_device^[
        delete_on_termination=true device_name^ encrypted^ iops^ kms_key_id^ tags tags_all^ throughput^ volume_id^
        volume_size^ volume_type^ ] secondary_private_ips^ security_groups~^ source_dest_check=true
        spot_instance_request_id^ subnet_id^ {TAGS} tenancy^ timeouts user_data^ user_data_base64^
        user_data_replace_on_change=false volume_tags vpc_security_group_ids~^""",
    "aws_internet_gateway": f"arn^ owner_id^ {TAGS} timeouts vpc_id^",
    "aws_kms_alias": "arn^ name^ name_prefix^ target_key_arn^ target_key_id",
    "aws_kms_key": f"""arn^ bypass_policy_lockout_safety_check=false custom_key_store_id
        customer_master_key_spec="SYMMETRIC_DEFAULT" deletion_window_in_days description^ enable_key_rotation=false
        is_enabled=true key_id^ key_usage="ENCRYPT_DECRYPT" multi_region^ policy^ rotation_period_in_days^ {TAGS}
        timeouts xks_key_id""",
    "aws_lambda_function": f"""architectures^ arn^ code_sha256^ code_signing_config_arn dead_letter_config[ target_arn ]
        description environment[ variables ] ephemeral_storage^[ ] file_system_config[ ] filename function_name handler
        image_config[ ] image_uri invoke_arn^ kms_key_arn last_modified^ layers logging_config^[ ] memory_size=128
        package_type="Zip" publish=false qualified_arn^ qualified_invoke_arn^ replace_security_groups_on_destroy
        replacement_security_group_ids reserved_concurrent_executions=-1 role runtime s3_bucket s3_key s3_object_version
        signing_job_arn^ signing_profile_version_arn^ skip_destroy=false snap_start[ ] source_code_hash^
        source_code_size^ {TAGS} timeout=3 timeouts tracing_config^[ mode ] version^
        vpc_config[ ipv6_allowed_for_dual_stack=false security_group_ids~ subnet_ids~ vpc_id^ ]""",
    "aws_lambda_function_url": """authorization_type cors[ ] function_arn^ function_name function_url^
        invoke_mode="BUFFERED" qualifier timeouts url_id^""",
    "aws_lb": f"""access_logs[ bucket enabled=false prefix ] arn^ arn_suffix^ client_keep_alive=3600 connection_logs[ ]
        customer_owned_ipv4_pool desync_mitigation_mode="defensive" dns_name^ dns_record_client_routing_policy
        drop_invalid_header_fields=false enable_cross_zone_load_balancing=false enable_deletion_protection=false enable_http2=true
        enable_tls_version_and_cipher_suite_headers=false enable_waf_fail_open=false enable_xff_client_port=false
        enable_zonal_shift=false enforce_security_group_inbound_rules_on_private_link_traffic^ idle_timeout=60 internal^
        ip_address_type^ ipam_pools[ ] load_balancer_type="application" name^ name_prefix^ preserve_host_header=false
        security_groups~^ subnet_mapping^[ ] subnets~^ {TAGS} timeouts vpc_id^ xff_header_processing_mode="append"
        zone_id^""",
    "aws_lb_listener": f"""alpn_policy arn^ certificate_arn default_action[ authenticate_cognito[ ] authenticate_oidc[ ]
        fixed_response[ ] forward[ ] order^ redirect[ host="#{{host}}" path="/#{{path}}" port="#{{port}}"
        protocol="#{{protocol}}" query="#{{query}}" status_code ] target_group_arn type ] load_balancer_arn
        mutual_authentication^[ ] port protocol^ routing_http_response_server_enabled^ ssl_policy^ {TAGS}
        tcp_idle_timeout_seconds^ timeouts""",
    "aws_lb_target_group": f"""arn^ arn_suffix^ connection_termination^ deregistration_delay="300" health_check^[
        enabled=true healthy_threshold=3 interval=30 matcher^ path^ port="traffic-port" protocol="HTTP" timeout^
        unhealthy_threshold=3 ] ip_address_type^ lambda_multi_value_headers_enabled=false load_balancer_arns^
        load_balancing_algorithm_type^ load_balancing_anomaly_mitigation^ load_balancing_cross_zone_enabled^ name^
        name_prefix^ port preserve_client_ip^ protocol protocol_version^ proxy_protocol_v2=false slow_start=0
        stickiness^[ ] {TAGS} target_failover^[ ] target_group_health^[ ] target_health_state^[ ] target_type="instance"
        vpc_id""",
    "aws_nat_gateway": f"""allocation_id association_id^ connectivity_type="public" network_interface_id^ private_ip^
        public_ip^ secondary_allocation_ids~ secondary_private_ip_address_count^ secondary_private_ip_addresses~^
        subnet_id {TAGS} timeouts""",
    "aws_route_table": f"arn^ owner_id^ propagating_vgws~^ route^@{ROUTE} {TAGS} timeouts vpc_id",
    "aws_route_table_association": "gateway_id route_table_id subnet_id timeouts",
    "aws_s3_bucket": f"""acceleration_status^ acl^ arn^ bucket^ bucket_domain_name^ bucket_prefix^
        bucket_regional_domain_name^ cors_rule^[ ] force_destroy=false grant^[ ] hosted_zone_id^ lifecycle_rule^[ ]
        logging^[ ] object_lock_configuration^[ ] object_lock_enabled^ policy^ region^ replication_configuration^[ ]
        request_payer^ server_side_encryption_configuration^[ ] {TAGS} timeouts versioning^[ ] website^[ ]
        website_domain^ website_endpoint^""",
    "aws_s3_bucket_acl": "access_control_policy^[ ] acl bucket expected_bucket_owner",
    "aws_s3_bucket_lifecycle_configuration": """bucket expected_bucket_owner rule[ abort_incomplete_multipart_upload[ ]
        expiration[ ] filter[ and[ ] object_size_greater_than^ object_size_less_than^ prefix^ tag[ ] ] id
        noncurrent_version_expiration[ newer_noncurrent_versions noncurrent_days ] noncurrent_version_transition[ ]
        prefix^ status transition[ ] ] timeouts transition_default_minimum_object_size="all_storage_classes_128K\"""",
    "aws_s3_bucket_logging": """bucket expected_bucket_owner target_bucket target_grant[ ] target_object_key_format[ ]
        target_prefix""",
    "aws_s3_bucket_ownership_controls": "bucket rule[ object_ownership ]",
    "aws_s3_bucket_policy": "bucket policy",
    "aws_s3_bucket_public_access_block": """block_public_acls=false block_public_policy=false bucket
        ignore_public_acls=false restrict_public_buckets=false""",
    "aws_s3_bucket_server_side_encryption_configuration": """bucket expected_bucket_owner
        rule[ apply_server_side_encryption_by_default[ kms_master_key_id sse_algorithm ] bucket_key_enabled ]""",
    "aws_s3_bucket_versioning": """bucket expected_bucket_owner mfa
        versioning_configuration[ mfa_delete^ status ]""",
    "aws_secretsmanager_secret": f"""arn^ description force_overwrite_replica_secret=false kms_key_id name^ name_prefix^
        policy^ recovery_window_in_days=30 replica^[ ] {TAGS}""",
    "aws_secretsmanager_secret_rotation": """rotate_immediately=true rotation_enabled^ rotation_lambda_arn
        rotation_rules[ automatically_after_days duration schedule_expression ] secret_id""",
    "aws_secretsmanager_secret_version": """arn^ secret_binary! secret_id secret_string! secret_string_wo!
        secret_string_wo_version version_id^ version_stages~^""",
    "aws_security_group": f"""arn^ description="Managed by Terraform" egress^@{RULE} ingress^@{RULE} name^ name_prefix^
        owner_id^ revoke_rules_on_delete=false {TAGS} timeouts vpc_id^""",
    "aws_security_group_rule": """cidr_blocks description from_port ipv6_cidr_blocks prefix_list_ids protocol
        security_group_id security_group_rule_id^ self=false source_security_group_id^ timeouts to_port type""",
    "aws_securityhub_account": """arn^ auto_enable_controls=true control_finding_generator^
        enable_default_standards=true""",
    "aws_sns_topic": f"""application_failure_feedback_role_arn application_success_feedback_role_arn
        application_success_feedback_sample_rate archive_policy arn^ beginning_archive_time^ content_based_deduplication=false
        delivery_policy display_name fifo_throughput_scope^ fifo_topic=false firehose_failure_feedback_role_arn
        firehose_success_feedback_role_arn firehose_success_feedback_sample_rate http_failure_feedback_role_arn
        http_success_feedback_role_arn http_success_feedback_sample_rate kms_master_key_id
        lambda_failure_feedback_role_arn lambda_success_feedback_role_arn lambda_success_feedback_sample_rate name^
        name_prefix^ owner^ policy^ signature_version^ sqs_failure_feedback_role_arn sqs_success_feedback_role_arn
        sqs_success_feedback_sample_rate {TAGS} tracing_config^""",
    "aws_sns_topic_policy": "arn owner^ policy",
    "aws_sns_topic_subscription": """arn^ confirmation_timeout_in_minutes=1 confirmation_was_authenticated^
        delivery_policy endpoint endpoint_auto_confirms=false filter_policy filter_policy_scope^ owner_id^
        pending_confirmation^ protocol raw_message_delivery=false redrive_policy replay_policy subscription_role_arn
        topic_arn""",
    "aws_sqs_queue": f"""arn^ content_based_deduplication=false deduplication_scope^ delay_seconds=0 fifo_queue=false
        fifo_throughput_limit^ kms_data_key_reuse_period_seconds^ kms_master_key_id max_message_size=262144
        message_retention_seconds=345600 name^ name_prefix^ policy^ receive_wait_time_seconds=0 redrive_allow_policy^
        redrive_policy^ sqs_managed_sse_enabled^ {TAGS} timeouts url^ visibility_timeout_seconds=30""",
    "aws_subnet": f"""arn^ assign_ipv6_address_on_creation=false availability_zone^ availability_zone_id^ cidr_block
        customer_owned_ipv4_pool enable_dns64=false enable_lni_at_device_index
        enable_resource_name_dns_a_record_on_launch=false enable_resource_name_dns_aaaa_record_on_launch=false
        ipv6_cidr_block ipv6_cidr_block_association_id^ ipv6_native=false map_customer_owned_ip_on_launch
        map_public_ip_on_launch=false outpost_arn owner_id^ private_dns_hostname_type_on_launch^ {TAGS} timeouts
        vpc_id""",
    "aws_vpc": f"""arn^ assign_generated_ipv6_cidr_block cidr_block^ default_network_acl_id^ default_route_table_id^
        default_security_group_id^ dhcp_options_id^ enable_dns_hostnames^ enable_dns_support=true
        enable_network_address_usage_metrics^ instance_tenancy="default" ipv4_ipam_pool_id ipv4_netmask_length
        ipv6_association_id^ ipv6_cidr_block^ ipv6_cidr_block_network_border_group^ ipv6_ipam_pool_id
        ipv6_netmask_length main_route_table_id^ owner_id^ {TAGS}""",
    "aws_vpc_security_group_egress_rule": f"""arn^ cidr_ipv4 cidr_ipv6 description from_port ip_protocol prefix_list_id
        referenced_security_group_id security_group_id security_group_rule_id^ {TAGS} to_port""",
    "aws_vpc_security_group_ingress_rule": f"""arn^ cidr_ipv4 cidr_ipv6 description from_port ip_protocol prefix_list_id
        referenced_security_group_id security_group_id security_group_rule_id^ {TAGS} to_port""",
    "aws_wafv2_web_acl": f"""application_integration_url^ arn^ association_config[ ] capacity^ captcha_config[ ]
        challenge_config[ ] custom_response_body[ ] default_action[ allow[ custom_request_handling[ ] ] block[ ] ]
        description lock_token^ name^ name_prefix^ rule[ action[ ] captcha_config[ ] challenge_config[ ] name override_action[
        count[ ] none[ ] ] priority rule_label[ ] statement[ managed_rule_group_statement[
        managed_rule_group_configs[ ] name rule_action_override[ ] scope_down_statement[ ] vendor_name version ] ]
        visibility_config[ cloudwatch_metrics_enabled metric_name sampled_requests_enabled ] ] rule_json scope {TAGS}
        token_domains~ visibility_config[ cloudwatch_metrics_enabled metric_name sampled_requests_enabled ]""",
    "aws_wafv2_web_acl_association": "resource_arn timeouts web_acl_arn",
}


# `default_tags` of the provider; plan() reads them.
DEFAULT_TAGS = {}


class Unknown:
    """Decided when the plan is applied."""

    def __repr__(self):
        return "(known after apply)"


UNKNOWN = Unknown()


def has_unknown(v):
    if isinstance(v, dict):
        return any(has_unknown(x) for x in v.values())
    return any(has_unknown(x) for x in v) if isinstance(v, list) else v is UNKNOWN


# ---------------------------------------------------------------------------------------------- reading .tf files

TOKEN = re.compile(r"""(?P<skip>[ \t]+|\#[^\n]*)|(?P<newline>\n)|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*)
    |(?P<op>=>|==|!=|&&|\|\||[{}\[\]()=,.:?!*])|(?P<quote>")""", re.X)


def tokens(text, where):
    out, at = [], 0
    while at < len(text):
        m = TOKEN.match(text, at)
        if not m:
            raise SystemExit(f"{where}: cannot read {text[at:at + 30]!r}")
        at = m.end()
        if m["quote"]:
            parts, at = template(text, at, where)
            out.append(("text", parts))
        elif not m["skip"]:
            out.append((m.lastgroup, m[0]))
    return out + [("end", "")]


def template(text, at, where):
    """Parts of a quoted text: strings, and expressions for `${…}`."""
    parts, plain = [], ""
    while text[at] != '"':
        if text.startswith("${", at):
            end, depth = at + 2, 1
            while depth:
                depth += {"{": 1, "}": -1}.get(text[end], 0)
                end += 1
            parts += [plain, Parser(tokens(text[at + 2:end - 1], where), where).expression()]
            plain, at = "", end
        elif text[at] == "\\":
            plain, at = plain + {"n": "\n", "t": "\t"}.get(text[at + 1], text[at + 1]), at + 2
        else:
            plain, at = plain + text[at], at + 1
    return [p for p in parts + [plain] if p != ""], at + 1


class Parser:
    """Blocks are (type, labels, {name: expression}, [block]); expressions are tuples that begin with their kind."""

    def __init__(self, toks, where):
        self.toks, self.at, self.where = toks, 0, where

    def peek(self, skip_lines=False):
        while skip_lines and self.toks[self.at][0] == "newline":
            self.at += 1
        return self.toks[self.at]

    def next(self, skip_lines=False):
        tok = self.peek(skip_lines)
        self.at += 1
        return tok

    def want(self, value, skip_lines=False):
        tok = self.next(skip_lines)
        if tok[1] != value:
            raise SystemExit(f"{self.where}: wanted {value!r}, found {tok[1]!r}")

    def is_next(self, value, skip_lines=False):
        return self.peek(skip_lines) == ("op", value)

    def body(self, end):
        attributes, blocks = {}, []
        while True:
            kind, value = self.next(skip_lines=True)
            if (kind, value) == end:
                return attributes, blocks
            if self.is_next("="):
                self.next()
                attributes[value] = self.expression()
            else:
                labels = []
                while self.peek()[0] == "text":
                    labels.append(self.next()[1][0])
                self.want("{")
                blocks.append((value, labels, *self.body(("op", "}"))))

    def expression(self):
        condition = self.either()
        if not self.is_next("?"):
            return condition
        self.next()
        yes = self.expression()
        self.want(":")
        return ("if", condition, yes, self.expression())

    def either(self):
        left = self.unary()
        while self.peek()[1] in ("==", "!=", "&&", "||") and self.peek()[0] == "op":
            left = ("binary", self.next()[1], left, self.unary())
        return left

    def unary(self):
        if self.is_next("!"):
            self.next()
            return ("not", self.unary())
        return self.postfix(self.primary())

    def primary(self):
        kind, value = self.next()
        if kind == "text":
            return ("literal", "".join(value)) if all(isinstance(p, str) for p in value) else ("template", value)
        if kind == "number":
            return ("literal", float(value) if "." in value else int(value))
        if kind == "name":
            if value in ("true", "false", "null"):
                return ("literal", {"true": True, "false": False, "null": None}[value])
            if self.is_next("("):
                self.next()
                return ("call", value, self.items(")"))
            return ("reference", [value])
        if value == "(":
            inner = self.expression()
            self.want(")")
            return inner
        if value == "[":
            if self.peek(skip_lines=True) == ("name", "for"):
                return self.for_list()
            return ("list", self.items("]"))
        if value == "{":
            return ("map", self.entries())
        raise SystemExit(f"{self.where}: cannot read an expression at {value!r}")

    def items(self, end):
        found = []
        while not self.is_next(end, skip_lines=True):
            found.append(self.expression())
            if self.is_next(",", skip_lines=True):
                self.next()
        self.want(end)
        return found

    def entries(self):
        found = []
        while not self.is_next("}", skip_lines=True):
            kind, value = self.next()
            self.want("=")
            found.append(("".join(value) if kind == "text" else value, self.expression()))
            if self.is_next(",", skip_lines=True):
                self.next()
        self.want("}")
        return found

    def for_list(self):
        self.next()
        name = self.next()[1]
        self.want("in")
        over = self.expression()
        self.want(":", skip_lines=True)
        each = self.expression()
        self.want("]", skip_lines=True)
        return ("for", name, over, each)

    def postfix(self, expr):
        steps = []
        while self.is_next(".") or self.is_next("["):
            if self.next()[1] == ".":
                steps.append(("attr", self.next()[1]))
            else:
                steps.append(("index", self.expression()))
                self.want("]")
        if expr[0] != "reference":
            return ("steps", expr, steps) if steps else expr
        return ("reference", expr[1] + steps)


def read_module(folder):
    """The blocks of a folder's .tf files by type and name."""
    module = {"resource": {}, "data": {}, "module": {}, "variable": {}, "output": {}, "locals": {}, "provider": {},
              "folder": folder}
    for file in sorted(folder.glob("*.tf")):
        _, blocks = Parser(tokens(file.read_text(), file.name), file.name).body(("end", ""))
        for kind, labels, attributes, inner in blocks:
            if kind == "locals":
                module["locals"].update(attributes)
            elif kind in module:
                module[kind][".".join(labels)] = (attributes, inner)
            elif kind != "terraform":
                raise SystemExit(f"{file}: block `{kind}` is not known here")
    module["calls"] = {name: read_module(folder / literal(attributes["source"]))
                       for name, (attributes, _) in module["module"].items()}
    return module


def literal(expr):
    assert expr[0] == "literal", expr
    return expr[1]


# ------------------------------------------------------------------------------------------------------ schemas

MARKED = re.compile(r'\s*(?:(?P<name>[a-z0-9_]+)(?P<marks>[\^~!@]*)(?:=(?P<default>"[^"]*"|-?\d+|true|false|\[\]))?|(?P<bracket>[\[\]]))')


def schema(text):
    stack, last, at, text = [{}], None, 0, text.strip()
    while at < len(text):
        m = MARKED.match(text, at)
        if not m:
            raise SystemExit(f"schema: cannot read {text[at:at + 30]!r}")
        at = m.end()
        if m["bracket"] == "[":
            last["block"] = {}
            stack.append(last["block"])
        elif m["bracket"]:
            stack.pop()
        else:
            last = {"marks": m["marks"], "default": json.loads(m["default"]) if m["default"] else None}
            stack[-1][m["name"]] = last
    assert len(stack) == 1, text
    return stack[0]


SCHEMAS = {name: {"id": {"marks": "^", "default": None}, **schema(text)} for name, text in SCHEMAS.items()}


# --------------------------------------------------------------------------------------------------- evaluating

class Module:
    """One instance of a module."""

    def __init__(self, code, address="", caller=None, inputs=None, each=None):
        self.code, self.address, self.caller = code, address, caller
        self.inputs, self.each = inputs or {}, each
        self.cache, self.children = {}, {}
        for name, below in code["calls"].items():
            attributes, _ = code["module"][name]
            given = {k: v for k, v in attributes.items() if k not in ("source", "for_each", "count")}
            path = f"{address}.module.{name}".lstrip(".")
            self.children[name] = {key: Module(below, path + suffix(key), self, given, each)
                                   for key, each in self.instances(attributes)}

    def instances(self, attributes):
        """(key, each) of everything that count or for_each makes; (None, None) when there is neither."""
        if "count" in attributes:
            return [(i, {"index": i}) for i in range(self.value(attributes["count"]))]
        if "for_each" in attributes:
            over = self.value(attributes["for_each"])
            pairs = over.items() if isinstance(over, dict) else ((x, x) for x in over)
            return [(k, {"key": k, "value": v}) for k, v in sorted(pairs)]
        return [(None, None)]

    def resource(self, name):
        """Planned objects of a resource, by instance key."""
        if name not in self.cache:
            attributes, blocks = self.code["resource"][name]
            self.cache[name] = None                     # a circle would be found here
            self.cache[name] = {
                key: planned(SCHEMAS[name.split(".")[0]], attributes, blocks, self, {"each": each}, top=True)
                for key, each in self.instances(attributes)}
        if self.cache[name] is None:
            raise SystemExit(f"{self.address}.{name} refers to itself")
        return self.cache[name]

    def value(self, expr, scope=None):
        scope = scope or {}
        kind, *rest = expr
        if kind == "literal":
            return rest[0]
        if kind == "template":
            parts = [p if isinstance(p, str) else self.value(p, scope) for p in rest[0]]
            return UNKNOWN if has_unknown(parts) else "".join(text_of(p) for p in parts)
        if kind == "list":
            return [self.value(x, scope) for x in rest[0]]
        if kind == "map":
            return {k: self.value(x, scope) for k, x in rest[0]}
        if kind == "not":
            return not self.value(rest[0], scope)
        if kind == "if":
            return self.value(rest[1] if self.value(rest[0], scope) else rest[2], scope)
        if kind == "binary":
            left, right = self.value(rest[1], scope), self.value(rest[2], scope)
            return {"==": left == right, "!=": left != right, "&&": left and right, "||": left or right}[rest[0]]
        if kind == "for":
            over = self.value(rest[1], scope)
            over = [over[k] for k in sorted(over)] if isinstance(over, dict) else over
            return [self.value(rest[2], {**scope, rest[0]: x}) for x in over]
        if kind == "call":
            return call(rest[0], [self.value(x, scope) for x in rest[1]])
        if kind == "reference":
            return self.follow(rest[0][0], list(rest[0][1:]), scope)
        raise SystemExit(f"cannot evaluate {kind}")

    def follow(self, root, steps, scope):
        def attr():
            return steps.pop(0)[1]

        if root in scope and root != "each":
            found = scope[root]
        elif root in ("each", "count"):
            # A resource's own `each` hides the module call's; both live in the scope they were written in.
            found = (scope.get("each") or self.each)[attr()]
        elif root == "var":
            name = attr()
            if name in self.inputs:
                found = self.caller.value(self.inputs[name], {"each": self.each})
            else:
                found = self.value(self.code["variable"][name][0]["default"])
        elif root == "local":
            found = self.value(self.code["locals"][attr()])
        elif root == "data":
            found = DATA[attr()]                        # UNKNOWN: read at apply only
            attr()
        elif root == "module":
            found = {k: Outputs(m) for k, m in self.children[attr()].items()}
            found = found[None] if None in found else found
        else:
            found = self.resource(f"{root}.{attr()}")
            found = found[None] if None in found else found
        for kind, key in steps:
            if found is UNKNOWN:
                return UNKNOWN
            found = found[self.value(key, scope) if kind == "index" else key]
        return found


class Outputs(dict):
    """A module instance as its caller sees it."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def __missing__(self, name):
        return self.module.value(self.module.code["output"][name][0]["value"])


CONSTANTS = Module({"calls": {}})


def call(name, given):
    if name == "toset":
        return sorted(given[0])
    if has_unknown(given):
        return UNKNOWN
    if name == "jsonencode":
        return json.dumps(given[0], separators=(",", ":"), sort_keys=True)
    raise SystemExit(f"function `{name}` is not known here")


def text_of(v):
    return {True: "true", False: "false"}[v] if isinstance(v, bool) else str(v)


def suffix(key):
    return "" if key is None else f"[{key}]" if isinstance(key, int) else f"[{json.dumps(key)}]"


META = {"count", "for_each", "depends_on", "lifecycle", "provider"}


def planned(spec, attributes, blocks, module, scope, top=False, strict=False):
    """The object that a plan promises: every attribute of the schema, null, known or UNKNOWN."""
    out = {}
    strange = {k for k in attributes if k not in spec} | {b[0] for b in blocks if b[0] not in spec}
    if strange - (META if top else set()):
        raise SystemExit(f"not in the schema: {sorted(strange)}")
    for name, s in spec.items():
        if "block" in s:
            found = [planned(s["block"], a, b, module, scope) for kind, _, a, b in blocks if kind == name]
            out[name] = found or (UNKNOWN if "^" in s["marks"] else [])
            continue
        given = module.value(attributes[name], scope) if name in attributes else None
        if given is None:
            given = UNKNOWN if "^" in s["marks"] and s["default"] is None else s["default"]
        elif "~" in s["marks"]:
            # The provider shows a set with one open item as open altogether.
            given = UNKNOWN if has_unknown(given) else sorted(given)
        out[name] = given
    if "tags_all" in spec and top:
        out["tags_all"] = {**DEFAULT_TAGS, **(out["tags"] or {})}
    return out


# ------------------------------------------------------------------------------------------------ writing the plan

def known_part(v):
    """Without what is unknown; an unknown item of a list leaves a null, to keep its place."""
    if isinstance(v, dict):
        return {k: known_part(x) for k, x in sorted(v.items()) if x is not UNKNOWN}
    return [None if x is UNKNOWN else known_part(x) for x in v] if isinstance(v, list) else v


def marks(v, leaf):
    """Terraform's shape of `after_unknown` and `after_sensitive`: true at leaves, else only what has structure."""
    if isinstance(v, dict):
        below = {k: marks(x, leaf) for k, x in sorted(v.items())}
        return {k: x for k, x in below.items() if x is not False}
    return [marks(x, leaf) for x in v] if isinstance(v, list) else leaf(v)


def sensitive(spec, v):
    out = {}
    for name, s in sorted(spec.items()):
        here = v.get(name)
        if "!" in s["marks"]:
            if here is not None:
                out[name] = True
        elif "block" in s and here is not UNKNOWN:
            out[name] = [sensitive(s["block"], x) for x in here]
        elif "block" in s or isinstance(here, (dict, list)):
            out[name] = marks(here, lambda _: False) if here is not UNKNOWN else []
    return out


def references(expr, bound=()):
    """Names that an expression refers to, in Terraform's order: the whole path, then what it leads through."""
    kind, *rest = expr
    if kind == "reference":
        root, steps = rest[0][0], rest[0][1:]
        if root in bound:
            return []
        paths, path = [], root
        inner = []
        for step, key in steps:
            if step == "index":
                if key[0] != "literal":
                    # A computed key ends the path.
                    inner = references(key, bound)
                    break
                path += suffix(key[1])
            else:
                path += f".{key}"
            paths.append(path)
        least = 2 if root == "data" else 1
        return unique(list(reversed(paths[least - 1 if least > 1 else 0:])) + inner)
    if kind == "template":
        return unique(sum((references(p, bound) for p in rest[0] if not isinstance(p, str)), []))
    if kind == "list":
        return unique(sum((references(x, bound) for x in rest[0]), []))
    if kind == "map":
        return unique(sum((references(x, bound) for _, x in rest[0]), []))
    if kind == "call":
        return unique(sum((references(x, bound) for x in rest[1]), []))
    if kind == "for":
        return unique(references(rest[1], bound) + references(rest[2], (*bound, rest[0])))
    return unique(sum((references(x, bound) for x in rest if isinstance(x, tuple)), []))


def unique(items):
    return list(dict.fromkeys(items))


def has_call(expr):
    return expr[0] == "call" or any(has_call(x) for x in walk(expr))


def walk(x):
    for y in x:
        if isinstance(y, tuple) and y and isinstance(y[0], str):
            yield y
        elif isinstance(y, (list, tuple)):
            yield from walk(y)


def expression(expr):
    found = references(expr)
    if found:
        return {"references": found}
    # Terraform prints no constant where a function is called.
    return {} if has_call(expr) else {"constant_value": CONSTANTS.value(expr)}


def expressions(spec, attributes, blocks):
    out = {k: expression(v) for k, v in attributes.items() if k not in META}
    for name in unique(b[0] for b in blocks):
        inner = [(a, b) for kind, _, a, b in blocks if kind == name]
        if "@" in spec[name]["marks"]:
            # An attribute that is written as blocks is printed as one expression.
            found = unique(sum((references(x) for a, _ in inner for x in a.values()), []))
            constant = [{k: CONSTANTS.value(a[k]) if k in a else s["default"] for k, s in spec[name]["block"].items()}
                        for a, _ in inner] if not found else None
            out[name] = {"references": found} if found else {"constant_value": constant}
        else:
            out[name] = [expressions(spec[name]["block"], a, b) for a, b in inner]
    return dict(sorted(out.items()))


def configuration(code):
    resources = []
    for mode, kind in (("managed", "resource"), ("data", "data")):
        for name, (attributes, blocks) in code[kind].items():
            kind_name, own = name.split(".")
            one = {"address": name if mode == "managed" else f"data.{name}", "mode": mode, "type": kind_name,
                   "name": own, "provider_config_key": "aws"}
            spec = SCHEMAS[kind_name] if mode == "managed" else {}
            found = expressions(spec, attributes, blocks)
            if found:
                one["expressions"] = found
            one["schema_version"] = VERSIONS.get(kind_name, 0)
            for key, printed in (("for_each", "for_each_expression"), ("count", "count_expression")):
                if key in attributes:
                    one[printed] = expression(attributes[key])
            if "depends_on" in attributes:
                one["depends_on"] = [".".join([r[1][0], *(s[1] for s in r[1][1:])]) for r in attributes["depends_on"][1]]
            resources.append(one)
    out = {}
    if code["output"]:
        out["outputs"] = {name: {"expression": expression(a["value"]),
                                 **({"description": literal(a["description"])} if "description" in a else {})}
                          for name, (a, _) in sorted(code["output"].items())}
    if resources:
        out["resources"] = sorted(resources, key=lambda r: r["address"])
    if code["module"]:
        out["module_calls"] = {}
        for name, (attributes, _) in sorted(code["module"].items()):
            one = {"source": literal(attributes["source"])}
            given = {k: expression(v) for k, v in sorted(attributes.items()) if k not in ("source", "for_each", "count")}
            if given:
                one["expressions"] = given
            if "for_each" in attributes:
                one["for_each_expression"] = expression(attributes["for_each"])
            out["module_calls"][name] = {**one, "module": configuration(code["calls"][name])}
    if code["variable"]:
        out["variables"] = {}
        for name, (a, _) in sorted(code["variable"].items()):
            out["variables"][name] = {k: literal(a[k]) for k in ("default", "description") if k in a}
    return out


# The provider counts the changes of a type's shape.
VERSIONS = {"aws_db_instance": 2, "aws_instance": 1, "aws_dynamodb_table": 1, "aws_cloudfront_distribution": 1,
            "aws_security_group": 1, "aws_security_group_rule": 2, "aws_subnet": 1, "aws_vpc": 1,
            "aws_elasticache_replication_group": 2, "aws_ecs_task_definition": 1, "aws_secretsmanager_secret": 0,
            "aws_iam_access_key": 0, "aws_s3_bucket_lifecycle_configuration": 1, "aws_default_security_group": 1,
            "aws_wafv2_web_acl": 0}


def every_resource(module):
    for name in module.code["resource"]:
        kind, own = name.split(".")
        for key, values in module.resource(name).items():
            address = f"{module.address}.{name}{suffix(key)}".lstrip(".")
            one = {"address": address, "mode": "managed", "type": kind, "name": own}
            yield module, {**one, **({"index": key} if key is not None else {}), "provider_name": PROVIDER}, values
    for instances in module.children.values():
        for child in instances.values():
            yield from every_resource(child)


def values_of(module, resources):
    own = [(one, v) for m, one, v in resources if m is module]
    out = {}
    if own:
        out["resources"] = [
            {**one, "schema_version": VERSIONS.get(one["type"], 0), "values": known_part(v),
             "sensitive_values": sensitive(SCHEMAS[one["type"]], v)} for one, v in sorted(own, key=lambda x: x[0]["address"])]
    if module.address:
        out["address"] = module.address
    children = [child for instances in module.children.values() for child in instances.values()]
    if children:
        out["child_modules"] = [values_of(c, resources) for c in sorted(children, key=lambda c: c.address)]
    return out


def deferred(name, attributes):
    """A data source that waits for a resource of the same plan."""
    kind, own = name.split(".")
    known = {k: literal(v) for k, v in sorted(attributes.items()) if k not in META}
    return {"address": f"data.{name}", "mode": "data", "type": kind, "name": own, "provider_name": PROVIDER,
            "change": {"actions": ["read"], "before": None, "after": known, "after_unknown": {"id": True},
                       "before_sensitive": False, "after_sensitive": {}},
            "action_reason": "read_because_dependency_pending"}


def output_type(v):
    if isinstance(v, list):
        return ["tuple", [output_type(x) for x in v]]
    return "string"


def plan(folder):
    code = read_module(folder)
    region, default_tags = code["provider"]["aws"]
    global DEFAULT_TAGS
    DEFAULT_TAGS = {k: literal(v) for k, v in default_tags[0][2]["tags"][1]} if default_tags else {}
    root = Module(code)
    resources = list(every_resource(root))
    changes = [deferred(name, a) for name, (a, _) in sorted(code["data"].items()) if DATA[name.split(".")[0]] is UNKNOWN]
    for module, one, v in sorted(resources, key=lambda r: r[1]["address"]):
        change = {"actions": ["create"], "before": None, "after": known_part(v),
                  "after_unknown": marks(v, lambda x: x is UNKNOWN), "before_sensitive": False,
                  "after_sensitive": sensitive(SCHEMAS[one["type"]], v)}
        where = {"address": one["address"], **({"module_address": module.address} if module.address else {})}
        changes.append({**where, **one, "change": change})
    outputs, output_changes = {}, {}
    for name, (a, _) in sorted(code["output"].items()):
        v = root.value(a["value"])
        known = not has_unknown(v)
        outputs[name] = {"sensitive": False, **({"type": output_type(v), "value": v} if known else {})}
        output_changes[name] = {"actions": ["create"], "before": None, **({"after": v} if known else {}),
                                "after_unknown": not known, "before_sensitive": False, "after_sensitive": False}
    data = [{"address": f"data.{name}", "mode": "data", "type": name.split(".")[0], "name": name.split(".")[1],
             "provider_name": PROVIDER, "schema_version": 0, "values": DATA[name.split(".")[0]], "sensitive_values": {}}
            for name in code["data"] if DATA[name.split(".")[0]] is not UNKNOWN]
    tags = {"default_tags": [{"tags": {"constant_value": DEFAULT_TAGS}}]} if DEFAULT_TAGS else {}
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "variables": {name: {"value": literal(a["default"])} for name, (a, _) in sorted(code["variable"].items())},
        "planned_values": {"outputs": outputs, "root_module": values_of(root, resources)},
        "resource_changes": changes,
        "output_changes": output_changes,
        "prior_state": {"format_version": "1.0", "terraform_version": "1.11.4",
                        "values": {"root_module": {"resources": data}}},
        "configuration": {
            "provider_config": {"aws": {
                "name": "aws", "full_name": PROVIDER, "version_constraint": "~> 5.94",
                "expressions": {**tags, "region": expression(region["region"])}}},
            "root_module": configuration(code)},
        "timestamp": "2026-10-01T08:00:00Z",
        "applyable": True,
        "complete": True,
        "errored": False,
    }


def main():
    text = json.dumps(plan(HERE / "terraform"), indent=2, ensure_ascii=False) + "\n"
    target = HERE / "plan.json"
    if sys.argv[1:] == ["--check"]:
        if not target.exists() or target.read_text() != text:
            raise SystemExit("plan.json differs from what terraform/ says; run make_plan.py")
        print("plan.json agrees with terraform/")
    else:
        target.write_text(text)
        print(f"{target.name}: {text.count(chr(10))} lines")


if __name__ == "__main__":
    main()
