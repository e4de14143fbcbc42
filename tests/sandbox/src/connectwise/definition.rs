//! The kinds of records, with the rules of each that a table can express.

use serde::{Deserialize, Serialize};

use super::access::Module;
use super::schema::{self, Schema, company, finance, procurement, service, system, ticket};

/// A kind of record.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Resource {
    Addition,
    Agreement,
    AgreementType,
    BillingCycle,
    Board,
    BoardStatus,
    Callback,
    CatalogItem,
    Category,
    Company,
    CompanyStatus,
    Configuration,
    ConfigurationStatus,
    ConfigurationType,
    Contact,
    CustomField,
    Department,
    Location,
    Member,
    MenuEntry,
    MenuLocation,
    Note,
    Priority,
    ProductType,
    ServiceAssociation,
    ServiceItem,
    ServiceLocation,
    ServiceSubtype,
    ServiceTeam,
    ServiceType,
    Site,
    Source,
    Subcategory,
    Ticket,
    UnitOfMeasure,
}

/// The rules of one kind of record.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// The noun in "addition object is invalid".
    pub noun: &'static str,
    /// The label in "Service Status 17 not found".
    pub label: &'static str,
    /// The fields.
    pub schema: Schema,
    /// Fields that are required to create a record.
    pub required: &'static str,
    /// Computed fields. Values sent for them are ignored.
    pub read_only: &'static str,
    /// Fields that can only be set at creation.
    pub create_only: &'static str,
    /// References that must belong to the target of another field, such as a status to its board.
    pub within: &'static [(&'static str, &'static str)],
    /// Members that a reference to the record shows beside the id, each with the field it is read from.
    pub shown: &'static [(&'static str, &'static str)],
    /// The module whose permissions apply.
    pub module: Module,
    /// The id of the first record created.
    pub first_id: u32,
}

impl Definition {
    const fn new(noun: &'static str, label: &'static str, schema: Schema) -> Self {
        Self {
            noun,
            label,
            schema,
            required: "name",
            read_only: "id",
            create_only: "",
            within: &[],
            shown: &[("name", "name")],
            module: Module::TableSetup,
            first_id: 90,
        }
    }
}

/// Returns `true` if `names`, a space-separated list, contains `name`.
pub fn lists(names: &str, name: &str) -> bool {
    names.split_whitespace().any(|known| known == name)
}

impl Resource {
    /// Returns the rules of the kind.
    pub const fn definition(self) -> Definition {
        match self {
            Self::Addition => ADDITION,
            Self::Agreement => AGREEMENT,
            Self::AgreementType => AGREEMENT_TYPE,
            Self::BillingCycle => BILLING_CYCLE,
            Self::Board => BOARD,
            Self::BoardStatus => BOARD_STATUS,
            Self::Callback => CALLBACK,
            Self::CatalogItem => CATALOG_ITEM,
            Self::Category => CATEGORY,
            Self::Company => COMPANY,
            Self::CompanyStatus => COMPANY_STATUS,
            Self::Configuration => CONFIGURATION,
            Self::ConfigurationStatus => CONFIGURATION_STATUS,
            Self::ConfigurationType => CONFIGURATION_TYPE,
            Self::Contact => CONTACT,
            Self::CustomField => CUSTOM_FIELD,
            Self::Department => DEPARTMENT,
            Self::Location => LOCATION,
            Self::Member => MEMBER,
            Self::MenuEntry => MENU_ENTRY,
            Self::MenuLocation => MENU_LOCATION,
            Self::Note => NOTE,
            Self::Priority => PRIORITY,
            Self::ProductType => PRODUCT_TYPE,
            Self::ServiceAssociation => SERVICE_ASSOCIATION,
            Self::ServiceItem => SERVICE_ITEM,
            Self::ServiceLocation => SERVICE_LOCATION,
            Self::ServiceSubtype => SERVICE_SUBTYPE,
            Self::ServiceTeam => SERVICE_TEAM,
            Self::ServiceType => SERVICE_TYPE,
            Self::Site => SITE,
            Self::Source => SOURCE,
            Self::Subcategory => SUBCATEGORY,
            Self::Ticket => TICKET,
            Self::UnitOfMeasure => UNIT_OF_MEASURE,
        }
    }
}

const ADDITION: Definition = Definition {
    required: "product billCustomer",
    read_only: "id agreementId agreementStatus billedQuantity extPrice extCost margin prorateCost \
                proratePrice extendedProrateCost extendedProratePrice",
    module: Module::Agreements,
    first_id: 501,
    ..Definition::new("addition", "Addition", finance::ADDITION)
};
const AGREEMENT: Definition = Definition {
    required: "name type company contact",
    read_only: "id agreementStatus nextInvoiceDate",
    within: &[("contact", "company"), ("site", "company")],
    module: Module::Agreements,
    first_id: 121,
    ..Definition::new("agreement", "Agreement", finance::AGREEMENT)
};
const AGREEMENT_TYPE: Definition = Definition {
    required: "name employeeCompRate employeeCompNotExceed invoicingCycle billTime billExpenses \
                billProducts",
    ..Definition::new("agreementType", "Agreement Type", finance::AGREEMENT_TYPE)
};
const BILLING_CYCLE: Definition = Definition::new("billingCycle", "Billing Cycle", schema::NAMED);
const CATALOG_ITEM: Definition = Definition {
    required: "identifier description subcategory type customerDescription",
    read_only: "id calculatedPrice calculatedCost connectWiseID",
    within: &[("subcategory", "category")],
    shown: &[("identifier", "identifier"), ("serializedFlag", "serializedFlag")],
    module: Module::ProductCatalog,
    first_id: 221,
    ..Definition::new("catalogItem", "Product", procurement::CATALOG_ITEM)
};
const CATEGORY: Definition = Definition::new("category", "Product Category", procurement::CATEGORY);
const SUBCATEGORY: Definition = Definition {
    required: "name category",
    ..Definition::new("subCategory", "Product SubCategory", procurement::SUB_CATEGORY)
};
const PRODUCT_TYPE: Definition = Definition::new("productType", "Product Type", procurement::PRODUCT_TYPE);
const UNIT_OF_MEASURE: Definition = Definition::new("unitOfMeasure", "Unit Of Measure", procurement::UNIT_OF_MEASURE);
const COMPANY: Definition = Definition {
    required: "identifier name",
    read_only: "id dateDeleted deletedBy mobileGuid",
    shown: &[("identifier", "identifier"), ("name", "name")],
    module: Module::CompanyMaintenance,
    first_id: 31,
    ..Definition::new("company", "Company", company::COMPANY)
};
const CONTACT: Definition = Definition {
    required: "firstName",
    read_only: "id mobileGuid",
    within: &[("site", "company")],
    shown: &[("name", "firstName")],
    module: Module::Contacts,
    first_id: 121,
    ..Definition::new("contact", "Contact", company::CONTACT)
};
const CONFIGURATION: Definition = Definition {
    required: "name type company",
    read_only: "id mobileGuid",
    within: &[("contact", "company"), ("site", "company")],
    shown: &[("deviceIdentifier", "deviceIdentifier")],
    module: Module::Configurations,
    first_id: 321,
    ..Definition::new("configuration", "Configuration", company::CONFIGURATION)
};
const CONFIGURATION_STATUS: Definition = Definition {
    required: "description",
    shown: &[("name", "description")],
    ..Definition::new("configurationStatus", "Configuration Status", company::CONFIGURATION_STATUS)
};
const CONFIGURATION_TYPE: Definition = Definition {
    read_only: "id systemFlag",
    ..Definition::new("configurationType", "Configuration Type", company::CONFIGURATION_TYPE)
};
const SITE: Definition = Definition::new("site", "Site", schema::SITE);
const COMPANY_STATUS: Definition = Definition::new("companyStatus", "Company Status", schema::NAMED);
const TICKET: Definition = Definition {
    required: "summary company",
    read_only: "id closedDate closedBy closedFlag dateResolved dateResplan dateResponded isInSla \
                hasChildTicket hasMergedChildTicketFlag mobileGuid slaStatus actualHours",
    create_only: "initialDescription initialInternalAnalysis initialResolution initialDescriptionFrom \
                contactEmailLookup",
    within: &[
        ("status", "board"),
        ("type", "board"),
        ("subType", "board"),
        ("item", "board"),
        ("team", "board"),
        ("contact", "company"),
        ("site", "company"),
        ("agreement", "company"),
    ],
    shown: &[("summary", "summary")],
    module: Module::ServiceTickets,
    first_id: 1021,
    ..Definition::new("ticket", "Ticket", ticket::TICKET)
};
const NOTE: Definition = Definition {
    required: "text",
    read_only: "id ticketId member dateCreated createdBy",
    module: Module::ServiceTickets,
    first_id: 701,
    ..Definition::new("serviceNote", "Note", service::SERVICE_NOTE)
};
const BOARD: Definition =
    Definition { required: "name location department", ..Definition::new("board", "Service Board", service::BOARD) };
const BOARD_STATUS: Definition = Definition::new("boardStatus", "Service Status", service::BOARD_STATUS);
const SERVICE_TYPE: Definition = Definition::new("boardType", "Service Type", service::BOARD_TYPE);
const SERVICE_SUBTYPE: Definition = Definition::new("boardSubType", "Service SubType", service::BOARD_SUBTYPE);
const SERVICE_ITEM: Definition = Definition::new("boardItem", "Service Item", service::BOARD_ITEM);
const SERVICE_ASSOCIATION: Definition = Definition {
    required: "",
    shown: &[],
    ..Definition::new("boardTypeSubTypeItemAssociation", "Service Association", service::BOARD_ASSOCIATION)
};
const SERVICE_TEAM: Definition = Definition::new("boardTeam", "Service Team", schema::NAMED_ON_BOARD);
const PRIORITY: Definition =
    Definition { required: "name color", ..Definition::new("priority", "Priority", service::PRIORITY) };
const SOURCE: Definition = Definition::new("source", "Service Source", service::SOURCE);
const SERVICE_LOCATION: Definition = Definition::new("serviceLocation", "Service Location", schema::NAMED);
const MENU_ENTRY: Definition = Definition {
    required: "menuLocation caption link newWindowFlag",
    module: Module::CustomMenuEntry,
    ..Definition::new("menuEntry", "Menu Entry", system::MENU_ENTRY)
};
const CALLBACK: Definition = Definition {
    required: "url objectId type level",
    read_only: "id memberId connectWiseID",
    ..Definition::new("callbackEntry", "Callback", system::CALLBACK_ENTRY)
};
const CUSTOM_FIELD: Definition = Definition {
    required: "podId caption sequenceNumber fieldTypeIdentifier",
    read_only: "id dateCreated connectWiseId",
    shown: &[("caption", "caption")],
    ..Definition::new("userDefinedField", "Custom Field", system::USER_DEFINED_FIELD)
};
const MENU_LOCATION: Definition = Definition::new("menuLocation", "Menu Location", schema::NAMED);
const LOCATION: Definition = Definition::new("location", "Location", schema::NAMED);
const DEPARTMENT: Definition = Definition {
    shown: &[("identifier", "identifier"), ("name", "name")],
    ..Definition::new("department", "Department", schema::NAMED)
};
const MEMBER: Definition = Definition {
    shown: &[("identifier", "identifier"), ("name", "name")],
    ..Definition::new("member", "Member", schema::NAMED)
};
