//! `GET portal/settings/options`: returns the choices for step 2 and for plans; with `?board=`, a board's statuses.

use futures::FutureExt;
use http::Method;
use serde_json::{Value, json};

use crate::app::grant::Grant;
use crate::connectwise::api::addition::number;
use crate::connectwise::api::{board, category};
use crate::domain::error::ServiceError;
use crate::endpoints::portal::{PortalRequest, settings};
use crate::endpoints::{Access, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/settings/options",
    method: Method::GET,
    grants: &[Grant::Get, Grant::Decrypt],
    access: Access::MspSession(|portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let (connection, _) = settings::connection(portal).await?;
    let client = connection.client(portal.connectwise()?, portal.call.deadline, &portal.call.outbound_calls);
    if let Some(board) = portal.query_param_u32("board")? {
        let statuses = settings::statuses(&client, board).await?;
        let statuses: Vec<_> = statuses
            .iter()
            .map(|status| {
                json!({
                    "id": status.id, "name": status.name, "closes": status.closed_status, "default": status.default_flag
                })
            })
            .collect();
        return EndpointResponse::json(&json!({ "statuses": statuses }));
    }
    let boards = client.list_all(&board::boards()).await?;
    let (categories, subcategories) =
        (client.list_all(&category::categories()).await?, client.list_all(&category::subcategories()).await?);
    let types = client.list_all(&category::product_types()).await?;
    let named = |id: Value, name: &str| json!({ "id": id, "name": name });
    let categories: Vec<_> = categories
        .iter()
        .map(|category| {
            let children = subcategories
                .iter()
                .filter(|found| found.category.as_ref().is_some_and(|parent| parent.id == category.id));
            let children: Vec<_> = children.map(|found| named(json!(found.id), &found.name)).collect();
            json!({ "id": category.id, "name": category.name, "subcategories": children })
        })
        .collect();
    let plans = portal.call.app.vendor.offered_plans(&portal.call.vendor_context()).await?;
    let plans: Vec<_> = plans
        .iter()
        .map(|plan| {
            json!({
                "plan": plan.id, "name": plan.name, "productType": plan.product_type, "currency": plan.currency,
                "periodicity": plan.periodicity, "price": plan.price.map(number),
            })
        })
        .collect();
    EndpointResponse::json(&json!({
        "boards": boards.iter().map(|board| named(json!(board.id), &board.name)).collect::<Vec<_>>(),
        "categories": categories,
        "types": types.iter().map(|found| named(json!(found.id), &found.name)).collect::<Vec<_>>(),
        "vendorPlans": plans,
    }))
}
