//! The operations that may be called, as data: what `tools/aws-model.py` took from botocore's service models.

use std::collections::BTreeMap;

use serde::Deserialize;

const TEXT: &str = include_str!("../model/operations.json");

/// Every operation, shape and endpoint.
#[derive(Debug, Deserialize)]
pub(crate) struct Model {
    /// What it was taken from.
    pub(crate) source: String,
    services: BTreeMap<String, Service>,
    operations: BTreeMap<String, Operation>,
    shapes: Vec<Shape>,
    partitions: BTreeMap<String, Partition>,
}

/// A service and how it speaks.
#[derive(Debug, Deserialize)]
pub(crate) struct Service {
    pub(crate) protocol: Protocol,
    /// Version of the API, as the query protocols state it.
    pub(crate) api: String,
    /// The name that requests are signed for.
    pub(crate) sign: String,
    /// What stands before the operation in `X-Amz-Target`.
    pub(crate) target: Option<String>,
    /// Version of the JSON protocol.
    pub(crate) json: Option<String>,
}

/// How requests and answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Protocol {
    /// Query parameters in, XML out, as EC2 writes both.
    Ec2,
    /// Query parameters in, XML out.
    Query,
    /// Paths in, XML out.
    RestXml,
    /// Paths in, JSON out.
    RestJson,
    /// JSON in, JSON out.
    Json,
}

/// One operation.
#[derive(Debug, Deserialize)]
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The IAM action that allows it; none for what needs no permission.
    pub(crate) action: Option<String>,
    /// Error codes that mean: there is none.
    #[serde(default)]
    pub(crate) none: Vec<String>,
    #[serde(rename = "in")]
    pub(crate) input: BTreeMap<String, Vec<String>>,
    #[serde(rename = "out", default)]
    pub(crate) output: Shape,
    /// The member that the body is, where it is not all of them.
    pub(crate) payload: Option<String>,
    /// The element that holds the answer in the query protocol.
    pub(crate) wrapper: Option<String>,
    pub(crate) pages: Option<Pages>,
    /// What stands before the host.
    pub(crate) prefix: Option<String>,
}

/// How a list goes on.
#[derive(Debug, Deserialize)]
pub(crate) struct Pages {
    #[serde(rename = "in")]
    pub(crate) input: Vec<String>,
    #[serde(rename = "out")]
    pub(crate) output: Vec<String>,
    /// Members that grow from page to page.
    pub(crate) lists: Vec<String>,
    /// The member that says whether there is more.
    pub(crate) more: Option<String>,
    /// Where the service goes on without a token: the member that takes the last item, and the list that it stands in.
    pub(crate) last: Option<(String, String)>,
}

/// The shape of a value on the wire; see `tools/aws-model.py`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(untagged)]
pub(crate) enum Shape {
    /// Another shape, by its index.
    At(usize),
    /// A list with the name of its items, `None` where they stand without a list around them.
    List(ListTag, Box<Shape>, Option<String>),
    /// A structure: member, then its name on the wire, shape and place.
    Structure(StructureTag, BTreeMap<String, Member>),
    /// A map: names of key and value, shape of the value, whether it stands without a map around its entries.
    Map(MapTag, String, String, Box<Shape>, bool),
    /// A word: `s` text, `t` a time, `i` a whole number, `b` true or false.
    Scalar([String; 1]),
    /// Nothing is expected.
    #[default]
    Nothing,
}

/// A member of a structure.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Member {
    /// In a header or an attribute of the element.
    Placed(String, Shape, String),
    /// In the body.
    Body(String, Shape),
}

macro_rules! tag {
    ($($name:ident = $word:literal),*) => {
        $(
            #[derive(Debug, Clone, Copy, Deserialize)]
            pub(crate) enum $name {
                #[serde(rename = $word)]
                Tag,
            }
        )*
    };
}

tag!(ListTag = "l", StructureTag = "m", MapTag = "d");

#[derive(Debug, Deserialize)]
struct Partition {
    regions: Vec<String>,
    suffix: String,
    services: BTreeMap<String, Endpoints>,
}

#[derive(Debug, Deserialize)]
struct Endpoints {
    global: Option<(String, String)>,
    #[serde(default)]
    regions: Vec<String>,
    host: Option<String>,
    #[serde(default)]
    hosts: BTreeMap<String, String>,
}

/// Where a service answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Scheme and host, no slash at the end.
    pub(crate) url: String,
    /// The region that requests are signed for.
    pub(crate) region: String,
}

impl Model {
    /// The model that was built in.
    pub(crate) fn built_in() -> Result<Self, String> {
        serde_json::from_str(TEXT).map_err(|error| format!("the built-in service model: {error}"))
    }

    pub(crate) fn service(&self, name: &str) -> Option<&Service> {
        self.services.get(name)
    }

    pub(crate) fn operation(&self, service: &str, name: &str) -> Option<&Operation> {
        self.operations.get(&format!("{service}:{name}"))
    }

    /// Every operation as `service:Operation`.
    pub(crate) fn operations(&self) -> impl Iterator<Item = (&str, &Operation)> {
        self.operations.iter().map(|(name, operation)| (name.as_str(), operation))
    }

    /// What a shape that is an index stands for.
    pub(crate) fn resolve<'a>(&'a self, shape: &'a Shape) -> &'a Shape {
        match shape {
            Shape::At(index) => self.shapes.get(*index).unwrap_or(&Shape::Nothing),
            shape => shape,
        }
    }

    /// The partition that a region belongs to; an unknown region counts as the commercial one.
    pub(crate) fn partition(&self, region: &str) -> &str {
        let holds = |(_, partition): &(&String, &Partition)| partition.regions.iter().any(|known| known == region);
        let by_prefix = || match region.split('-').next() {
            Some("cn") => "aws-cn",
            Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
            Some("eusc") => "aws-eusc",
            _ => "aws",
        };
        self.partitions.iter().find(holds).map_or_else(by_prefix, |(name, _)| name)
    }

    /// Whether the service is offered in a region, as far as the model knows the region at all.
    pub(crate) fn offers(&self, service: &str, region: &str) -> bool {
        let Some(partition) = self.partitions.get(self.partition(region)) else { return true };
        if !partition.regions.iter().any(|known| known == region) {
            return true;
        }
        partition
            .services
            .get(service)
            .is_some_and(|told| told.global.is_some() || told.regions.iter().any(|known| known == region))
    }

    /// Where the service answers for a region.
    pub(crate) fn endpoint(&self, service: &str, region: &str) -> Option<Endpoint> {
        let partition = self.partitions.get(self.partition(region))?;
        let told = partition.services.get(service)?;
        if let Some((host, sign)) = &told.global {
            return Some(Endpoint { url: format!("https://{host}"), region: sign.clone() });
        }
        let usual = || told.host.as_ref().map(|host| host.replace("{region}", region));
        let host = told.hosts.get(region).cloned().or_else(usual)?;
        debug_assert!(host.ends_with(&partition.suffix), "{host}");
        Some(Endpoint { url: format!("https://{host}"), region: region.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reads_are_in_the_model() {
        let model = Model::built_in().unwrap();
        assert!(model.operations().count() > 60);
        for (name, operation) in model.operations() {
            let verb = name.split(':').nth(1).unwrap();
            let reads = ["List", "Describe", "Get", "BatchGet", "GenerateCredentialReport"];
            assert!(reads.iter().any(|word| verb.starts_with(word)), "{name}");
            let service = model.service(name.split(':').next().unwrap()).unwrap();
            let is_rest = matches!(service.protocol, Protocol::RestXml | Protocol::RestJson);
            assert!(
                !is_rest || operation.method == "GET" || operation.method == "POST",
                "{name}: {}",
                operation.method
            );
        }
    }

    #[test]
    fn endpoints_by_partition() {
        let model = Model::built_in().unwrap();
        for (service, region, url, signed) in [
            ("ec2", "eu-west-1", "https://ec2.eu-west-1.amazonaws.com", "eu-west-1"),
            ("iam", "eu-west-1", "https://iam.amazonaws.com", "us-east-1"),
            ("iam", "us-gov-west-1", "https://iam.us-gov.amazonaws.com", "us-gov-west-1"),
            ("ec2", "cn-north-1", "https://ec2.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            ("efs", "us-east-2", "https://elasticfilesystem.us-east-2.amazonaws.com", "us-east-2"),
            ("ecr", "us-east-1", "https://api.ecr.us-east-1.amazonaws.com", "us-east-1"),
            ("elbv2", "us-east-1", "https://elasticloadbalancing.us-east-1.amazonaws.com", "us-east-1"),
            ("s3control", "us-east-1", "https://s3-control.us-east-1.amazonaws.com", "us-east-1"),
        ] {
            let want = Endpoint { url: url.to_owned(), region: signed.to_owned() };
            assert_eq!(model.endpoint(service, region), Some(want), "{service} {region}");
        }
        assert!(model.offers("rds", "us-east-1") && model.offers("rds", "zz-new-9"));
    }
}
