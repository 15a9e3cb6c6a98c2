//! One error for every use case: a class for the edge, a stable code, words without personal values.

use base::ErrorClass;

/// A use case was not carried out.
#[derive(Debug)]
pub struct Error {
    class: ErrorClass,
    code: &'static str,
    message: String,
    /// What the caller can do, if there is something.
    advice: Option<String>,
    /// Field the problem is at, for forms.
    field: Option<String>,
}

impl Error {
    /// An error of a class with its stable code and words.
    pub fn new(class: ErrorClass, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            class,
            code,
            message: message.into(),
            advice: None,
            field: None,
        }
    }

    /// It does not exist, or the caller may not know that it does.
    pub fn not_found() -> Self {
        Self::new(
            ErrorClass::NotFound,
            "not_found",
            "it does not exist, or you may not see it",
        )
    }

    /// The input breaks a rule.
    pub fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorClass::Invalid, code, message)
    }

    /// Something of ours failed. The words stay inside; the log has them.
    pub fn internal(context: &'static str, source: &dyn std::fmt::Display) -> Self {
        tracing::error!(error.context = context, "internal error: {source}");
        Self::new(
            ErrorClass::Internal,
            "internal",
            format!("{context} failed"),
        )
    }

    /// The same error with what the caller can do.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// The same error, at a field of a form.
    #[must_use]
    pub fn at_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// What the edge chooses status or exit code by.
    pub const fn class(&self) -> ErrorClass {
        self.class
    }

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// What the caller can do.
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }

    /// Field the problem is at.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<store::StoreError> for Error {
    fn from(error: store::StoreError) -> Self {
        let class = error.class();
        if class == ErrorClass::Internal {
            return Self::internal("the store", &error);
        }
        Self::new(class, error.code(), error.to_string())
    }
}

impl From<casework::Denied> for Error {
    fn from(denied: casework::Denied) -> Self {
        Self::new(denied.class(), denied.code(), denied.to_string())
    }
}

impl From<casework::Refusal> for Error {
    fn from(refusal: casework::Refusal) -> Self {
        Self::new(ErrorClass::Conflict, refusal.code(), refusal.to_string())
    }
}

impl From<lake::KeyError> for Error {
    fn from(error: lake::KeyError) -> Self {
        Self::new(error.class(), "key", error.to_string())
    }
}

impl From<lake::LakeError> for Error {
    fn from(error: lake::LakeError) -> Self {
        Self::new(error.class(), "lake", error.to_string())
    }
}

impl From<lake::query::QueryError> for Error {
    fn from(error: lake::query::QueryError) -> Self {
        Self::new(ErrorClass::Invalid, error.code(), error.to_string())
    }
}

impl From<catalogue::ContentError> for Error {
    fn from(error: catalogue::ContentError) -> Self {
        Self::new(ErrorClass::Invalid, "content", error.to_string())
    }
}
