use attesta_kernel::sortable_id;

sortable_id!(
    /// An organisation with its own room: nothing passes its walls but through a permit.
    TenantId,
    "an organisation's id",
    "it is written `ten_` and 26 characters",
    "ten_"
);

sortable_id!(
    /// A person's account; one account may belong to several organisations.
    AccountId,
    "an account id",
    "it is written `acc_` and 26 characters",
    "acc_"
);

sortable_id!(
    /// An assessment.
    AssessmentId,
    "an assessment id",
    "it is written `asm_` and 26 characters",
    "asm_"
);

sortable_id!(
    /// An API token (not its secret).
    TokenId,
    "a token id",
    "it is written `tok_` and 26 characters",
    "tok_"
);

sortable_id!(
    /// A session (not its secret).
    SessionId,
    "a session id",
    "it is written `ses_` and 26 characters",
    "ses_"
);

sortable_id!(
    /// An invitation (not its secret).
    InvitationId,
    "an invitation id",
    "it is written `inv_` and 26 characters",
    "inv_"
);

sortable_id!(
    /// A share link (not its secret).
    ShareLinkId,
    "a share link's id",
    "it is written `shl_` and 26 characters",
    "shl_"
);

sortable_id!(
    /// A request to inherit from a provider.
    InheritanceRequestId,
    "an inheritance request's id",
    "it is written `ihr_` and 26 characters",
    "ihr_"
);

sortable_id!(
    /// A webhook.
    WebhookId,
    "a webhook id",
    "it is written `whk_` and 26 characters",
    "whk_"
);
