//! Elastic Load Balancing: application, network and gateway balancers.

use serde_json::{Value, json};

use super::{Place, edge, nothing, placed};
use crate::{
    ask::unknown,
    found::{Found, Type, get, items, map, text},
};

const BALANCER: Type = Type { name: "AWS::ElasticLoadBalancingV2::LoadBalancer", canonical: "aws_lb" };
const LISTENER: Type = Type { name: "AWS::ElasticLoadBalancingV2::Listener", canonical: "aws_lb_listener" };

pub(crate) async fn collect(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("elbv2", "DescribeLoadBalancers", nothing());
    let everything = place.arn("elasticloadbalancing", "loadbalancer/*");
    let (listed, balancers) = place.list(&mut found, BALANCER, asked, "/LoadBalancers", &everything).await;
    let inputs = || balancers.iter().map(|balancer| json!({ "LoadBalancerArn": get(balancer, "/LoadBalancerArn") }));
    let attributes = place.each("elbv2", "DescribeLoadBalancerAttributes", inputs()).await;
    let listeners = place.each("elbv2", "DescribeListeners", inputs()).await;
    // Only application balancers can have one (WAF developer guide, "Resources that you can protect").
    let filtered = balancers.iter().filter(|balancer| text(balancer, "/Type") == "application");
    let inputs = filtered.map(|balancer| json!({ "ResourceArn": get(balancer, "/LoadBalancerArn") }));
    let mut firewalls = place.each("wafv2", "GetWebACLForResource", inputs).await.into_iter();
    for (((pointer, balancer), attribute), listening) in
        placed(&balancers, "/LoadBalancers").zip(&attributes).zip(&listeners)
    {
        let arn = text(balancer, "/LoadBalancerArn");
        let flag = |key: &str| {
            map(attribute.at("/Attributes"), |list| {
                items(list, "").find(|one| text(one, "/Key") == key).map(|one| get(one, "/Value")).unwrap_or_default()
            })
        };
        let subnets: Value = items(balancer, "/AvailabilityZones").map(|zone| get(zone, "/SubnetId")).collect();
        let mut one = Found::new(BALANCER, arn, &listed, &pointer)
            .set("name", get(balancer, "/LoadBalancerName"))
            .set("arn", json!(arn))
            .set("load_balancer_type", get(balancer, "/Type"))
            .set("internal", json!(text(balancer, "/Scheme") == "internal"))
            .set("subnets", subnets)
            .set("security_groups", get(balancer, "/SecurityGroups"))
            .told("access_logs", attribute, "/Attributes", json!({ "enabled": flag("access_logs.s3.enabled") }))
            .told("enable_deletion_protection", attribute, "/Attributes", flag("deletion_protection.enabled"))
            .told(
                "drop_invalid_header_fields",
                attribute,
                "/Attributes",
                flag("routing.http.drop_invalid_header_fields.enabled"),
            );
        if text(balancer, "/Type") == "application"
            && let Some(reply) = firewalls.next()
        {
            one = one.attribute("web_firewall.attached", edge::attached(&reply));
        }
        let (list, missing) = listening.list("/Listeners");
        if let Some(why) = missing {
            one = one.attribute("listeners", unknown(&why));
        }
        found.push(one);
        for (pointer, listener) in placed(&list, "/Listeners") {
            let actions: Value = items(listener, "/DefaultActions")
                .map(|action| {
                    let to = get(action, "/RedirectConfig/Protocol");
                    json!({ "type": get(action, "/Type"), "redirect": { "protocol": to } })
                })
                .collect();
            found.push(
                Found::new(LISTENER, text(listener, "/ListenerArn"), listening, &pointer)
                    .set("load_balancer_arn", json!(arn))
                    .set("protocol", get(listener, "/Protocol"))
                    .set("port", get(listener, "/Port"))
                    .set("ssl_policy", get(listener, "/SslPolicy"))
                    .set("certificate_arn", get(listener, "/Certificates/0/CertificateArn"))
                    .set("default_action", actions),
            );
        }
    }
    found
}
