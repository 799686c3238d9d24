//! The same questions as text to run where the events lie: Athena over the trail's bucket, or CloudTrail Lake.

use attesta_reach::Span;

/// Where it is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Athena over a table of the trail's files (CloudTrail user guide, "Creating a table … using partition projection").
    Athena,
    /// An event data store of CloudTrail Lake.
    Lake,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question<'a> {
    /// Who acted on the objects of a bucket.
    Bucket(&'a str),
    /// Which actions a principal used.
    Principal(&'a str),
}

/// The query.
pub fn query(engine: Engine, table: &str, question: Question<'_>, period: Span) -> String {
    let table = match engine {
        // The id of an event data store is a UUID and stands bare; a table's name is quoted part by part.
        Engine::Lake => table.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect(),
        Engine::Athena => {
            table.split('.').map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect::<Vec<_>>().join(".")
        }
    };
    let (from, to) = (stamp(engine, period.from), stamp(engine, period.to));
    // Athena reads request parameters as JSON text; Lake as a map. Names are lower case in both.
    let bucket = match engine {
        Engine::Athena => "json_extract_scalar(requestparameters, '$.bucketName')",
        Engine::Lake => "element_at(requestParameters, 'bucketName')",
    };
    let actor = "coalesce(useridentity.sessioncontext.sessionissuer.arn, useridentity.arn, useridentity.invokedby, \
                 useridentity.accountid, useridentity.principalid)";
    let text = |word: &str| format!("'{}'", word.replace('\'', "''"));
    let (columns, which) = match question {
        Question::Bucket(name) => {
            ("eventname, errorcode", format!("eventsource = 's3.amazonaws.com'\n  AND {bucket} = {}", text(name)))
        }
        Question::Principal(arn) => ("eventsource, eventname, errorcode", format!("{actor} = {}", text(arn))),
    };
    format!(
        "SELECT {actor} AS who, {columns}, count(*) AS acts, min(eventtime) AS first, max(eventtime) AS last\nFROM {table}\nWHERE {which}\n  AND eventtime >= {from} AND eventtime < {to}\nGROUP BY {actor}, {columns}\nORDER BY acts DESC\n"
    )
}

fn stamp(engine: Engine, at: attesta_kernel::Timestamp) -> String {
    match engine {
        Engine::Athena => format!("'{at}'"),
        Engine::Lake => format!("timestamp '{}'", at.to_string().replace('T', " ").trim_end_matches('Z')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_quotes() {
        let span = Span { from: "2026-01-01T00:00:00Z".parse().unwrap(), to: "2026-02-01T00:00:00Z".parse().unwrap() };
        let athena = query(Engine::Athena, "logs.cloud\"trail", Question::Bucket("a'b"), span);
        assert!(athena.contains("FROM \"logs\".\"cloud\"\"trail\""), "{athena}");
        assert!(athena.contains("= 'a''b'"), "{athena}");
        assert!(
            athena.contains("eventtime >= '2026-01-01T00:00:00Z' AND eventtime < '2026-02-01T00:00:00Z'"),
            "{athena}"
        );
        let lake = query(Engine::Lake, "a1b2-c3; DROP", Question::Principal("arn:aws:iam::1:role/r"), span);
        assert!(lake.contains("FROM a1b2-c3DROP\n"), "{lake}");
        assert!(lake.contains("timestamp '2026-01-01 00:00:00'"), "{lake}");
    }
}
