//! The product catalog and its tables.

use super::Kind::{Choice, Elsewhere, Flag, Free, Integer, Integers, Number, Reference, Text};
use super::{BILLABLE, CUSTOM, Schema};
use crate::connectwise::definition::Resource;

/// A product of the catalog: the schema `CatalogItem`.
pub const CATALOG_ITEM: Schema = &[
    (Text(50), "manufacturerPartNumber vendorSku integrationXRef"),
    (Text(60), "description"),
    (Text(75), "identifier"),
    (Text(6000), "customerDescription"),
    (Free, "notes connectWiseID"),
    (Choice("Agreement Bundle Inventory NonInventory Service"), "productClass"),
    (BILLABLE, "billableOption"),
    (Choice("ContractYear CalendarYear"), "recurringCycleType"),
    (Choice("FixedFee NotToExceed OverrideRate TimeAndMaterials"), "priceAttribute"),
    (Integer, "id minStockLevel"),
    (Number, "price cost recurringRevenue recurringCost calculatedPrice calculatedCost markupPercentage"),
    (
        Flag,
        "inactiveFlag serializedFlag serializedCostFlag phaseProductFlag taxableFlag dropShipFlag specialOrderFlag \
         recurringFlag recurringOneTimeFlag calculatedPriceFlag calculatedCostFlag markupFlag \
         autoUpdateUnitCostFlag autoUpdateUnitPriceFlag",
    ),
    (Reference(Resource::AgreementType), "agreementType"),
    (Reference(Resource::BillingCycle), "recurringBillCycle"),
    (Reference(Resource::Category), "category"),
    (Reference(Resource::Company), "vendor"),
    (Reference(Resource::ProductType), "type"),
    (Reference(Resource::Subcategory), "subcategory"),
    (Reference(Resource::UnitOfMeasure), "unitOfMeasure"),
    (Elsewhere, "manufacturer sla entityType"),
    (CUSTOM, "customFields"),
];

/// A product category: the schema `Category`.
pub const CATEGORY: Schema = &[
    (Text(10), "priceLevelXref"),
    (Text(50), "name integrationXref"),
    (Integer, "id"),
    (Flag, "inactiveFlag defaultFlag addAllLocations removeAllLocations"),
    (Integers, "locationIds"),
];

/// A product subcategory: the schema `SubCategory`.
pub const SUB_CATEGORY: Schema = &[
    (Text(50), "name integrationXref"),
    (Integer, "id"),
    (Flag, "inactiveFlag defaultFlag"),
    (Reference(Resource::Category), "category"),
];

/// A product type: the schema `ProductType`.
pub const PRODUCT_TYPE: Schema = &[
    (Text(50), "name"),
    (Choice("InventoryPart NonInventoryPart OtherCharge Service"), "typeXref"),
    (Integer, "id"),
    (Flag, "inactiveFlag defaultFlag"),
];

/// A unit of measure: the schema `UnitOfMeasure`.
pub const UNIT_OF_MEASURE: Schema =
    &[(Text(31), "uomScheduleXref"), (Text(50), "name"), (Integer, "id"), (Flag, "inactiveFlag defaultFlag")];
