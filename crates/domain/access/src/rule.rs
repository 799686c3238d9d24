use std::fmt;

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal: $says:literal, $help:literal;)+) => {
        /// Why somebody may not: each rule has a name, a sentence and what would help.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[$doc])* #[doc = $says] $name,)+
        }

        impl Rule {
            /// Every rule, in the order of the reference.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its stable name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// What it says.
            pub fn says(self) -> &'static str {
                match self { $(Self::$name => $says,)+ }
            }

            /// What would help.
            pub fn help(self) -> &'static str {
                match self { $(Self::$name => $help,)+ }
            }
        }
    };
}

rules! {
    Credential = "credential": "a session, token or link that does not hold lets nobody in",
        "sign in again, or ask for a new token or link";
    Room = "own-room": "nothing passes the walls of an organisation",
        "change to the organisation that the thing belongs to";
    TimeBox = "time-box": "access that is boxed in time holds from its beginning until its end",
        "ask the organisation's owner to extend the access";
    AssessmentBox = "assessment-box": "access to named assessments reaches no other one, and whoever has it says in which one they act",
        "ask the organisation's owner to add the assessment to the access";
    Table = "role-table": "a role may do what the table says and nothing else",
        "ask somebody whose role may, or the owner for another role";
    ReadsOnly = "reads-only": "an executive reader reads, and looks after their own account",
        "ask the owner for another role";
    EntityScore = "entity-score": "an assessor never writes the entity's scope, answers or scores",
        "return the answer to the entity, or raise a request";
    AssessorScore = "assessor-score": "the entity never writes what the assessor draws, tests or scores",
        "answer the assessor's request, or comment";
    NotOwnWork = "not-own-work": "nobody validates a control that they implemented or answered, and nobody reviews a validation that they wrote",
        "let another assessor of the firm do it";
    NoSelfReview = "no-self-review": "nobody decides about what they wrote",
        "let somebody else with the role decide";
    Assigned = "assigned": "what is marked so may be done by those to whom it is assigned",
        "ask the compliance lead to assign it";
    Own = "own": "what is marked so may be done with one's own",
        "ask whoever made it, or somebody whose role reaches further";
    Addressed = "addressed": "a provider's approver sees only requests that are addressed to the provider",
        "ask the entity to address the request to your organisation";
    NamedByLink = "named-by-link": "whoever holds a share link reads what the link names and nothing else",
        "ask whoever sent the link for one that names it";
    EntityFrozen = "entity-frozen": "after they are handed in, the entity's scope, answers and scores are frozen unless they are returned",
        "ask the assessor to return it";
    AssessorFrozen = "assessor-frozen": "what the assessor tests and scores is written while the assessment is with the assessor",
        "wait until it is handed in, or reopen the validation";
    NotSubmitted = "not-submitted": "what was submitted to HITRUST is frozen",
        "wait for HITRUST to send it back";
    GivesNoMore = "gives-no-more": "nobody gives or takes a role that theirs may not give, nor access that reaches further or lasts longer than theirs",
        "ask the owner";
    LastOwner = "last-owner": "an organisation never loses its last owner",
        "make somebody else an owner first";
    Held = "held": "evidence under a legal hold or within its retention is not removed",
        "release the hold, or wait until retention ends";
    FreshSignIn = "fresh-sign-in": "a sensitive act wants a fresh sign-in, as strong as the organisation asks",
        "prove again who you are, then repeat it";
    PeopleOnly = "people-only": "a sensitive act, and what somebody answers for, is never a token's",
        "sign in and do it yourself";
    TokenScope = "token-scope": "a token does what both its scopes and its maker's role allow",
        "make a token with the scope that the table names";
    System = "system": "a part of the system does what is listed for it and nothing else",
        "let a person do it";
    Unsaid = "unsaid": "a fact that nobody stated never lets anybody in",
        "this is a fault in the program that asked; please report it";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
