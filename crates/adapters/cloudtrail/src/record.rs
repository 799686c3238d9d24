//! One record of CloudTrail (user guide, "CloudTrail record contents").

use std::fmt;

use attesta_kernel::{Digest, Timestamp};
use attesta_reach::{Actor, Event};
use serde::Deserialize;

use crate::action::action;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    #[serde(rename = "eventID")]
    pub(crate) id: Option<String>,
    event_time: String,
    event_name: String,
    event_source: String,
    #[serde(rename = "sourceIPAddress")]
    address: Option<String>,
    error_code: Option<String>,
    #[serde(default)]
    user_identity: Identity,
    #[serde(default)]
    request_parameters: Option<Parameters>,
    #[serde(default)]
    resources: Option<Vec<Resource>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Identity {
    #[serde(rename = "type")]
    kind: Option<String>,
    arn: Option<String>,
    account_id: Option<String>,
    principal_id: Option<String>,
    invoked_by: Option<String>,
    session_context: Option<Session>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Session {
    session_issuer: Option<Issuer>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Issuer {
    arn: Option<String>,
}

/// Parameters of requests have any shape; these are read where they are texts.
#[derive(Default)]
struct Parameters {
    bucket: Option<String>,
    key: Option<String>,
}

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Parameters;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the parameters of a request")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Parameters, A::Error> {
                let mut told = Parameters::default();
                while let Some(key) = map.next_key::<String>()? {
                    let slot = match key.as_str() {
                        "bucketName" => &mut told.bucket,
                        "key" => &mut told.key,
                        _ => {
                            map.next_value::<serde::de::IgnoredAny>()?;
                            continue;
                        }
                    };
                    *slot = map.next_value::<serde_json::Value>()?.as_str().map(str::to_owned);
                }
                Ok(told)
            }

            fn visit_unit<E>(self) -> Result<Parameters, E> {
                Ok(Parameters::default())
            }

            fn visit_str<E>(self, _: &str) -> Result<Parameters, E> {
                Ok(Parameters::default())
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[derive(Deserialize)]
struct Resource {
    #[serde(rename = "ARN")]
    arn: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl Record {
    /// The event, with no more of it than is asked.
    pub(crate) fn event(self) -> Result<Event, String> {
        let at: Timestamp =
            self.event_time.parse().map_err(|_| format!("`eventTime` `{}` is no time", self.event_time))?;
        let is_s3 = self.event_source == "s3.amazonaws.com";
        let parameters = self.request_parameters.unwrap_or_default();
        let by_resource = || {
            let list = self.resources.iter().flatten();
            let bucket = list.filter(|one| one.kind.as_deref() == Some("AWS::S3::Bucket"));
            bucket.filter_map(|one| one.arn.as_deref()?.split(":::").nth(1).map(str::to_owned)).next()
        };
        let bucket = if is_s3 { parameters.bucket.or_else(by_resource) } else { None };
        let session = self.user_identity.session();
        Ok(Event {
            at,
            action: action(&self.event_source, &self.event_name).into(),
            name: self.event_name.into(),
            actor: self.user_identity.actor(),
            session,
            store: bucket.map(Into::into),
            object: parameters.key.filter(|_| is_s3).map(|key| Digest::of(key.as_bytes())),
            refused: self.error_code.map(Into::into),
            address: self.address.map(Into::into),
        })
    }
}

impl Identity {
    /// Who acted: the role behind a session, and the account where no more is told.
    fn actor(&self) -> Actor {
        let issuer = self.session_context.as_ref().and_then(|session| session.session_issuer.as_ref()?.arn.clone());
        let named = issuer.or_else(|| self.arn.clone());
        match (self.kind.as_deref(), named) {
            (Some("AWSService"), _) => Actor::Service(self.invoked_by.as_deref().unwrap_or("not told").into()),
            (_, Some(arn)) => Actor::Principal(arn.into()),
            (_, None) if self.is_anonymous() => Actor::Anyone,
            (_, None) => match (&self.invoked_by, &self.account_id) {
                (Some(service), _) => Actor::Service(service.as_str().into()),
                (None, Some(account)) => Actor::Account(account.as_str().into()),
                (None, None) => Actor::Untold,
            },
        }
    }

    fn is_anonymous(&self) -> bool {
        let is = |word: &Option<String>| word.as_deref().is_some_and(|word| word.eq_ignore_ascii_case("anonymous"));
        is(&self.account_id) || is(&self.principal_id)
    }

    /// `arn:aws:sts::1:assumed-role/ROLE/SESSION`.
    fn session(&self) -> Option<Box<str>> {
        let (_, rest) = self.arn.as_deref()?.split_once(":assumed-role/")?;
        rest.split_once('/').map(|(_, session)| session.into())
    }
}
