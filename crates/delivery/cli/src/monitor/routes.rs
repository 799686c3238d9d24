//! The ways out that a configuration names.

use std::{collections::BTreeMap, path::Path};

use attesta_drift::{MonitorPlan, Secret, Via};
use attesta_kernel::Timestamp;
use attesta_notify::{Key, Message, Sendmail, Transport, Webhook};

use crate::{
    exit::{Exit, Failure},
    terminal,
};

/// Standard output.
struct Console;

impl Transport for Console {
    fn send(&self, message: &Message, _now: Timestamp) -> Result<(), String> {
        let text = format!("{}\n{}\n", message.subject, message.text);
        terminal::out(terminal::plain(&text).as_bytes()).map_err(|failure| failure.messages.join("; "))
    }
}

/// Every route, ready to send.
pub(super) fn transports(plan: &MonitorPlan, beside: &Path) -> Result<BTreeMap<String, Box<dyn Transport>>, Failure> {
    let mut transports: BTreeMap<String, Box<dyn Transport>> = BTreeMap::new();
    for route in &plan.routes {
        let failed = |what: String| Failure::new(Exit::NotEvaluated, format!("route `{}`: {what}", route.name));
        let transport: Box<dyn Transport> = match &route.via {
            Via::Console => Box::new(Console),
            Via::Webhook { url, key } => {
                let text = match key {
                    Secret::File(file) => {
                        let path = beside.join(file);
                        std::fs::read_to_string(&path)
                            .map_err(|e| failed(format!("{}: cannot be read: {e}", path.display())))?
                    }
                    Secret::Variable(name) => std::env::var(name)
                        .map_err(|_| failed(format!("the variable `{name}` is not set")).help("set it to the key"))?,
                };
                let key = Key::new(&text).map_err(|e| failed(e.to_string()))?;
                Box::new(Webhook::new(url, key).map_err(|e| failed(e.to_string()))?)
            }
            Via::Mail { command, from, to } => {
                Box::new(Sendmail { command: command.clone(), from: from.clone(), to: to.clone() })
            }
        };
        transports.insert(route.name.to_string(), transport);
    }
    Ok(transports)
}
