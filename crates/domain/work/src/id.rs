use attesta_kernel::sortable_id;

sortable_id!(
    /// A task.
    TaskId,
    "a task's id",
    "it is written `tsk_` and 26 characters",
    "tsk_"
);

sortable_id!(
    /// A comment.
    CommentId,
    "a comment's id",
    "it is written `cmt_` and 26 characters",
    "cmt_"
);

sortable_id!(
    /// A request from the assessor to the entity.
    RequestId,
    "a request's id",
    "it is written `req_` and 26 characters",
    "req_"
);

sortable_id!(
    /// Something that the server does later.
    JobId,
    "a job's id",
    "it is written `job_` and 26 characters",
    "job_"
);

sortable_id!(
    /// Something that is looked at again and again.
    SourceId,
    "a source's id",
    "it is written `src_` and 26 characters",
    "src_"
);

sortable_id!(
    /// One look at a source.
    LookId,
    "a run's id",
    "it is written `run_` and 26 characters",
    "run_"
);

sortable_id!(
    /// Something that somebody should know of a source.
    AlertId,
    "an alert's id",
    "it is written `alr_` and 26 characters",
    "alr_"
);

sortable_id!(
    /// A waiver that somebody asked for.
    WaiverId,
    "a waiver's id",
    "it is written `wvr_` and 26 characters",
    "wvr_"
);
