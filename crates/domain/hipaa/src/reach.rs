use std::collections::BTreeSet;

use attesta_assessment::{ProviderId, Scope, SystemId};

/// What touches ePHI. The Security Rule follows the data, so that what an assessment leaves out of scope counts too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reach {
    /// Systems; `None` where nobody says which.
    pub systems: Option<BTreeSet<SystemId>>,
    /// Providers; `None` where nobody says which.
    pub providers: Option<BTreeSet<ProviderId>>,
}

/// The word of scope files for electronic protected health information.
const EPHI: &str = "ephi";

impl Reach {
    /// What a scope says: systems that touch ePHI, providers that do, and either end of a flow that carries it. A scope
    /// that lists neither systems nor providers says nothing.
    pub fn of(scope: &Scope) -> Self {
        if scope.systems.is_empty() && scope.providers.is_empty() {
            return Self::default();
        }
        let carried = |id: &str| {
            let flows = scope.flows.iter().map(|flow| &flow.value);
            flows.filter(|f| f.data.contains(EPHI)).any(|f| *f.from == *id || *f.to == *id)
        };
        let systems = scope
            .systems
            .iter()
            .filter(|(id, system)| system.value.touches.contains(EPHI) || carried(id.as_str()))
            .map(|(id, _)| id.clone());
        let providers = scope
            .providers
            .iter()
            .filter(|(id, provider)| provider.value.ephi || carried(id.as_str()))
            .map(|(id, _)| id.clone());
        Self { systems: Some(systems.collect()), providers: Some(providers.collect()) }
    }
}
