//! `GET portal/settings/options`: returns the choices for step 2 and for plans; with `?board=`, those for tickets on a board; with
//! `?company=`, those for tickets of a company.

use futures::FutureExt;
use http::Method;
use serde::Serialize;
use serde_json::Value;

use crate::app::grant::Grant;
use crate::connectwise::api::addition::number;
use crate::connectwise::api::{board, category, contact};
use crate::connectwise::{BoardId, CompanyId};
use crate::domain::error::ServiceError;
use crate::domain::ids::PlanId;
use crate::domain::plan::ProductType;
use crate::domain::role::Role;
use crate::endpoints::portal::settings::named_option::NamedOption;
use crate::endpoints::portal::settings::ticket_choices::{self, BoardOptions};
use crate::endpoints::portal::{FieldErrors, PortalRequest, settings};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse, QueryParameter, QueryType};
use crate::vendor::OfferedPlan;

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/settings/options",
    method: Method::GET,
    contract: Contract::get::<Options>().with_query(&[BOARD, COMPANY]),
    grants: &[Grant::Get, Grant::Update, Grant::Decrypt],
    access: Access::MspSession(Role::ReadOnly, |portal| run(portal).boxed()),
};

/// The service board whose choices are listed.
const BOARD: QueryParameter = QueryParameter { name: "board", value: QueryType::Number, required: false };

/// The company whose contacts are listed.
const COMPANY: QueryParameter = QueryParameter { name: "company", value: QueryType::Number, required: false };

/// The choices for step 2 and for plans; with `?board=`, those for tickets on that board instead; with `?company=`, those for
/// tickets of that company.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Options {
    /// The choices for tickets on the board.
    Board(BoardOptions),
    /// The choices for tickets of the company.
    Company(CompanyOptions),
    /// The choices.
    All(Box<SettingsOptions>),
}

/// The choices for step 2 and for plans.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SettingsOptions {
    /// The active service boards.
    boards: Vec<NamedOption>,
    /// The categories of the product catalog.
    categories: Vec<CategoryOption>,
    /// The product types of the product catalog.
    types: Vec<NamedOption>,
    /// The plans that the vendor offers to the MSP.
    vendor_plans: Vec<PlanOption>,
}

/// The choices for tickets of a company.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct CompanyOptions {
    /// The company's active contacts.
    contacts: Vec<NamedOption>,
}

/// A category with its subcategories.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct CategoryOption {
    id: u32,
    name: String,
    subcategories: Vec<NamedOption>,
}

/// A plan that the vendor offers to the MSP.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PlanOption {
    currency: String,
    name: String,
    /// Billing period, in the vendor's words.
    periodicity: String,
    /// The vendor's id of the plan.
    plan: PlanId,
    /// The vendor's price of a unit; null if it is not a number.
    #[cfg_attr(feature = "openapi", schemars(with = "Option<serde_json::Number>"))]
    price: Option<Value>,
    product_type: ProductType,
}

impl From<OfferedPlan> for PlanOption {
    fn from(plan: OfferedPlan) -> Self {
        Self {
            currency: plan.currency,
            name: plan.name,
            periodicity: plan.periodicity,
            plan: plan.id,
            price: plan.price.map(number),
            product_type: plan.product_type,
        }
    }
}

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&options(portal).await?)
}

async fn options(portal: &PortalRequest<'_>) -> Result<Options, ServiceError> {
    let (connection, _) = settings::connection(portal).await?;
    let client = connection.client(portal.connectwise()?, portal.call.deadline, &portal.call.outbound_calls);
    if portal.query.get(BOARD.name).is_some() && portal.query.get(COMPANY.name).is_some() {
        return Err(FieldErrors::single(COMPANY.name, "It cannot be combined with board. Send one of them."));
    }
    if let Some(board) = portal.query.number(BOARD.name)? {
        return Ok(Options::Board(ticket_choices::options(&client, BoardId::new(board)).await?));
    }
    if let Some(company) = portal.query.number(COMPANY.name)? {
        let contacts = client.list_all(&contact::of_company(CompanyId::new(company))).await?;
        let contacts = contacts.into_iter().map(|found| NamedOption::new(found.id.get(), found.name())).collect();
        return Ok(Options::Company(CompanyOptions { contacts }));
    }
    let named = |id: u32, name: &str| NamedOption::new(id, name.to_owned());
    let boards = client.list_all(&board::boards()).await?;
    let (categories, subcategories) =
        (client.list_all(&category::categories()).await?, client.list_all(&category::subcategories()).await?);
    let types = client.list_all(&category::product_types()).await?;
    let categories = categories.iter().map(|category| {
        let children =
            subcategories.iter().filter(|found| found.category.as_ref().is_some_and(|parent| parent.id == category.id));
        CategoryOption {
            id: category.id.get(),
            name: category.name.clone(),
            subcategories: children.map(|found| named(found.id.get(), &found.name)).collect(),
        }
    });
    let plans = portal.call.app.vendor.offered_plans(&portal.call.vendor_context()).await?;
    Ok(Options::All(Box::new(SettingsOptions {
        boards: boards.iter().map(|board| named(board.id.get(), &board.name)).collect(),
        categories: categories.collect(),
        types: types.iter().map(|found| named(found.id.get(), &found.name)).collect(),
        vendor_plans: plans.into_iter().map(PlanOption::from).collect(),
    })))
}
