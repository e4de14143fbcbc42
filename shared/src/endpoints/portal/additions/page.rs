//! A page of `portal/additions/list`.
//!
//! Two lists of the table are merged by account: the subscriptions that were ever linked, and the links. A link becomes a row
//! of its own only if its account has no addition. The cursor is a position in both lists, so that each row is on one page,
//! and a page costs the same however long the lists are.

use std::collections::HashMap;

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};

use crate::domain::error::ServiceError;
use crate::domain::ids::{AccountId, PlanId, SubscriptionId};
use crate::endpoints::portal::PortalRequest;
use crate::endpoints::portal::additions::view::{self, AdditionView};
use crate::store::{AccountKey, AdditionRecord, AgreementLink, ListedSubscription, PlanRecord, READ_CONCURRENCY};

/// The last entry of each list that is on an earlier page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subscription: Option<ListedSubscription>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<AccountKey>,
}

impl Cursor {
    /// Returns `true` if its ids could be those of the lists.
    pub fn is_valid(&self) -> bool {
        let accounts = self.subscription.iter().map(|listed| &listed.account).chain(&self.link);
        let mut accounts = accounts.map(|account| AccountId::parse(account.account.as_str()));
        let mut subscriptions =
            self.subscription.iter().map(|listed| SubscriptionId::parse(listed.subscription.subscription.as_str()));
        accounts.all(|id| id.is_some()) && subscriptions.all(|id| id.is_some())
    }
}

/// An entry of the merged list.
#[derive(Debug)]
enum Entry {
    /// A subscription, and the link of its account if that is known already.
    Subscription(ListedSubscription, Option<AgreementLink>),
    /// A link whose account has no subscription on this page.
    Link(AgreementLink),
}

/// Returns at most `limit` rows after `cursor`, ordered by account and subscription, and the cursor of the next page. It is
/// `None` if there are no more rows. A page can have fewer rows, because what belongs to another MSP now is left out.
pub async fn read(
    portal: &PortalRequest<'_>,
    plans: &HashMap<PlanId, PlanRecord>,
    cursor: Cursor,
    limit: usize,
) -> Result<(Vec<AdditionView>, Option<Cursor>), ServiceError> {
    let store = &portal.call.app.store;
    let subscriptions = store.listed_subscriptions(portal.msp, cursor.subscription.as_ref(), limit);
    let links = store.listed_agreements(portal.msp, cursor.link.as_ref(), limit);
    let (subscriptions, links) = futures::try_join!(subscriptions.boxed(), links.boxed())?;
    let (entries, next) = merge(subscriptions, links, cursor, limit);
    let rows = entries.into_iter().map(|entry| -> BoxFuture<'_, Result<Option<AdditionView>, ServiceError>> {
        match entry {
            Entry::Subscription(listed, link) => async move {
                let Some(record) = addition(portal, &listed).await? else { return Ok(None) };
                let link = match link {
                    Some(link) => Some(link),
                    None => store.agreement(&listed.account).await?.filter(|link| link.msp == portal.msp),
                };
                view::of_addition(portal, plans, record, link).await.map(Some)
            }
            .boxed(),
            Entry::Link(link) => async move {
                for subscription in store.billed_subscriptions(portal.msp, &link.account).await? {
                    let listed = ListedSubscription { account: link.account.clone(), subscription };
                    if addition(portal, &listed).await?.is_some() {
                        return Ok(None);
                    }
                }
                Ok(Some(view::of_link(link)))
            }
            .boxed(),
        }
    });
    let rows: Vec<_> = rows.collect();
    let rows: Vec<Option<AdditionView>> = stream::iter(rows).buffered(READ_CONCURRENCY).try_collect().await?;
    Ok((rows.into_iter().flatten().collect(), next))
}

/// Returns the addition of a listed subscription; `None` if it is another MSP's now.
async fn addition(
    portal: &PortalRequest<'_>,
    listed: &ListedSubscription,
) -> Result<Option<AdditionRecord>, ServiceError> {
    let record = portal.call.app.store.addition(&listed.subscription).await?;
    Ok(record.filter(|record| record.msp == portal.msp))
}

/// Merges at most `limit` entries. Each list has at most `limit` entries; a shorter one is at its end.
fn merge(
    subscriptions: Vec<ListedSubscription>,
    links: Vec<AgreementLink>,
    mut cursor: Cursor,
    limit: usize,
) -> (Vec<Entry>, Option<Cursor>) {
    let (more_subscriptions, more_links) = (subscriptions.len() >= limit, links.len() >= limit);
    let by_account: HashMap<AccountKey, AgreementLink> =
        links.iter().map(|link| (link.account.clone(), link.clone())).collect();
    let accounts: Vec<AccountKey> = subscriptions.iter().map(|listed| listed.account.clone()).collect();
    let (mut subscriptions, mut links) = (subscriptions.into_iter().peekable(), links.into_iter().peekable());
    let mut entries = Vec::new();
    while entries.len() < limit {
        let takes_subscription = match (subscriptions.peek(), links.peek()) {
            (None, None) => break,
            // The rest of the other list may come first.
            (None, Some(_)) if more_subscriptions => break,
            (Some(_), None) if more_links => break,
            (None, Some(_)) => false,
            (Some(_), None) => true,
            (Some(listed), Some(link)) => listed.account.reference() <= link.account.reference(),
        };
        if takes_subscription {
            let Some(listed) = subscriptions.next() else { break };
            cursor.subscription = Some(listed.clone());
            let link = by_account.get(&listed.account).cloned();
            entries.push(Entry::Subscription(listed, link));
        } else {
            let Some(link) = links.next() else { break };
            cursor.link = Some(link.account.clone());
            if !accounts.contains(&link.account) {
                entries.push(Entry::Link(link));
            }
        }
    }
    // The link of the last row's account would only take the place of a row on the next page.
    if let Some(link) =
        links.next_if(|link| cursor.subscription.as_ref().is_some_and(|last| last.account == link.account))
    {
        cursor.link = Some(link.account);
    }
    let more = more_subscriptions || more_links || subscriptions.peek().is_some() || links.peek().is_some();
    (entries, more.then_some(cursor))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::connectwise::{AgreementId, CompanyId};
    use crate::domain::ids::{AccountId, ApplicationId, SubscriptionId};
    use crate::domain::msp::MspId;
    use crate::endpoints::portal::paging;
    use crate::store::SubscriptionKey;

    fn account(id: &str) -> AccountKey {
        AccountKey { application: ApplicationId::new(Uuid::nil()), account: AccountId::parse(id).unwrap() }
    }

    fn listed(id: &str, subscription: &str) -> ListedSubscription {
        let subscription = SubscriptionId::parse(subscription).unwrap();
        let key = SubscriptionKey { application: ApplicationId::new(Uuid::nil()), subscription };
        ListedSubscription { account: account(id), subscription: key }
    }

    fn link(id: &str) -> AgreementLink {
        AgreementLink {
            msp: MspId::from_reseller_token(&"https://vendor.example".parse().unwrap(), &"token".into()),
            account: account(id),
            organization: None,
            company: CompanyId::new(1),
            agreement: AgreementId::new(2),
            unit_price: None,
            used_seats: None,
            billing_dates: None,
            linked_at: Timestamp::UNIX_EPOCH,
            left_at: None,
        }
    }

    /// Returns all pages. The lists are in the order of their keys in the table.
    fn pages(subscriptions: &[ListedSubscription], links: &[AgreementLink], limit: usize) -> Vec<Vec<String>> {
        let (mut cursor, mut pages) = (Cursor::default(), Vec::new());
        loop {
            let after = |position: Option<usize>| position.map_or(0, |position| position + 1);
            let from = after(subscriptions.iter().position(|listed| Some(listed) == cursor.subscription.as_ref()));
            let part = subscriptions.iter().skip(from).take(limit).cloned().collect();
            let from = after(links.iter().position(|link| Some(&link.account) == cursor.link.as_ref()));
            let linked = links.iter().skip(from).take(limit).cloned().collect();
            let (entries, next) = merge(part, linked, cursor, limit);
            assert!(entries.len() <= limit);
            pages.push(
                entries
                    .into_iter()
                    .map(|entry| match entry {
                        Entry::Subscription(listed, _) => {
                            format!("{}/{}", listed.account.account, listed.subscription.subscription)
                        }
                        Entry::Link(link) => link.account.account.to_string(),
                    })
                    .collect(),
            );
            match next {
                Some(next) => cursor = paging::parse_cursor(&paging::cursor_text(&next).unwrap()).unwrap(),
                None => return pages,
            }
            assert!(pages.len() < 1000, "it ends");
        }
    }

    #[test]
    fn rows_of_an_account_follow_each_other() {
        let subscriptions = [listed("1", "A"), listed("1", "B"), listed("3", "C")];
        let links = ["1", "2", "3", "4"].map(link);
        assert_eq!(pages(&subscriptions, &links, 10), [vec!["1/A", "1/B", "2", "3/C", "4"]]);
        assert_eq!(pages(&subscriptions, &links, 2), [vec!["1/A", "1/B"], vec!["2", "3/C"], vec!["4"]]);
    }

    proptest! {
        #[test]
        fn each_entry_is_on_one_page(
            sold in prop::collection::btree_set(("[0-9]{1,2}(-[a-c])?", "[A-C]"), 0..20),
            linked in prop::collection::btree_set("[0-9]{1,2}(-[a-c])?", 0..20),
            limit in 1_usize..7,
        ) {
            let mut subscriptions: Vec<_> = sold.iter().map(|(id, subscription)| listed(id, subscription)).collect();
            subscriptions.sort_by_key(|listed| format!("{}/{}", listed.account.reference(), listed.subscription.subscription));
            let links: Vec<_> = linked.iter().map(|id| link(id)).collect();
            let mut all: Vec<_> = pages(&subscriptions, &links, limit).into_iter().flatten().collect();
            for (id, subscription) in &sold {
                prop_assert_eq!(all.iter().filter(|row| **row == format!("{id}/{subscription}")).count(), 1);
            }
            for id in linked.iter().filter(|id| !sold.iter().any(|(sold, _)| sold == *id)) {
                prop_assert_eq!(all.iter().filter(|row| *row == id).count(), 1);
            }
            // The others are links whose account has its subscriptions on another page; reading the table leaves them out.
            all.retain(|row| !sold.iter().any(|(id, subscription)| *row == format!("{id}/{subscription}")));
            prop_assert!(all.iter().all(|row| linked.contains(row)));
        }
    }
}
