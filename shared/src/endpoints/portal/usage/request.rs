//! A request of a program that reads the usage.

use crate::app::request::RequestContext;
use crate::domain::msp::MspId;
use crate::endpoints::portal::Query;

/// A request with a key.
#[derive(Debug)]
pub struct UsageRequest<'a> {
    /// The request context, with the MSP's settings.
    pub call: RequestContext<'a>,
    /// The MSP whose usage is read.
    pub msp: MspId,
    /// The parameters of the query.
    pub query: Query,
}
