//! Reading a long list: page by page, and several pages at once as soon as the vendor has told how many there are.

use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;

use super::decode::{self, More, Page, Pages};
use super::{Dropsuite, contract};
use crate::domain::error::ServiceError;
use crate::domain::list_position::ListPosition;
use crate::http_client::Request;
use crate::vendor::{VendorContext, VendorError};

/// Maximum number of pages that one call requests at once. A rate limit holds for each of them.
const CONCURRENCY: u32 = 8;

/// A list, and how much of it one call reads.
pub struct ListRead {
    /// The list, without parameters of a page.
    pub list: Request,
    /// The first page to read.
    pub from: ListPosition,
    /// Maximum number of pages; at least 1.
    pub limit: u32,
    /// Time of the call that is left for other work. The first page is read in any case.
    pub reserve: Duration,
}

impl Dropsuite {
    /// Passes the number and the rows of each page to `take`, in order. Returns the position of the page after the last one
    /// that was read; `None` if the list ended. A page that the vendor does not give in time ends the read, unless it is the
    /// first: so each call gets on. Pages that are requested at once can miss a row that moves between them.
    ///
    /// # Errors
    /// Those of `take` and of the vendor; [`VendorError::IncompleteList`] if an announced page is missing.
    pub(super) async fn read_list(
        &self,
        context: &VendorContext<'_>,
        read: ListRead,
        mut take: impl FnMut(u32, Vec<Value>) -> Result<(), ServiceError>,
    ) -> Result<Option<ListPosition>, ServiceError> {
        let ListRead { list, from, limit, reserve } = read;
        let (mut next, end) = (from.page, from.page.saturating_add(limit));
        let (mut pages, mut total) = (Pages { previous: from.read }, None);
        while next < end && (next == from.page || context.deadline.remaining_for_calls() >= reserve) {
            // The last page of all is never guessed: one page more than the vendor told is not requested.
            let last = total.map_or(next, |total: u32| total.clamp(next, next.saturating_add(CONCURRENCY - 1)));
            let requests = (next..=last.min(end - 1)).map(|number| self.fetch_page(context, &list, number));
            for page in join_all(requests).await {
                let page = match page {
                    Err(VendorError::NotSent { .. } | VendorError::RateLimited { .. }) if next > from.page => {
                        return Ok(Some(ListPosition { page: next, read: pages.previous }));
                    }
                    page => page?,
                };
                total = page.total.or(total);
                let page = pages.take(page)?;
                take(next, page.rows)?;
                if page.more == More::No {
                    return Ok(None);
                }
                next += 1;
            }
        }
        Ok(Some(ListPosition { page: next, read: pages.previous }))
    }

    async fn fetch_page(&self, context: &VendorContext<'_>, list: &Request, number: u32) -> Result<Page, VendorError> {
        decode::page(self.send(context, &contract::page::request(list.clone(), number)).await?)
    }
}
