//! AWS Identity and Access Management in front of the local stack: a [`Judge`] reads each call of a function, asks the
//! function's policies, and denies what they deny, as AWS does.
//!
//! The rules are those of "Policy evaluation logic" and "IAM JSON policy elements" in the IAM User Guide, for roles and
//! resources of one account without boundaries and organizations: an explicit deny wins, then an allow, and everything
//! else is denied. Only the elements that a policy of this product needs are known. Any other element, operator or
//! condition key is an error when the policy is read, so that no policy is judged more kindly than at AWS.

mod account;
mod call;
mod condition;
mod dynamodb;
mod evaluation;
mod judge;
mod pattern;
mod policy;
mod refusal;

pub use account::{Account, Role, Table};
pub use call::Permission;
pub use condition::{ConditionError, Context};
pub use evaluation::{Decision, decide};
pub use judge::{Judge, Judgements};
pub use policy::{Policy, PolicyError};
