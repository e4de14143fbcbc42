//! Agreements and additions.

use super::Kind::{Choice, Date, Elsewhere, Flag, Free, Integer, Integers, Number, Reference, Text};
use super::{BILLABLE, CUSTOM, CYCLE, Schema};
use crate::connectwise::definition::Resource;

/// An agreement addition: the schema `Addition`.
pub const ADDITION: Schema = &[
    (Text(50), "serialNumber"),
    (Text(6000), "invoiceDescription"),
    (Free, "description uom"),
    (Choice("Active Cancelled Expired Inactive"), "agreementStatus"),
    (Choice("Billable DoNotBill NoCharge"), "billCustomer"),
    (Integer, "id agreementId"),
    (
        Number,
        "quantity lessIncluded unitPrice unitCost billedQuantity extPrice extCost sequenceNumber margin prorateCost \
         proratePrice extendedProrateCost extendedProratePrice",
    ),
    (Flag, "taxableFlag purchaseItemFlag specialOrderFlag prorateCurrentPeriodFlag"),
    (Date, "effectiveDate cancelledDate"),
    (Reference(Resource::CatalogItem), "product"),
    (Elsewhere, "opportunity invoiceGrouping"),
    (CUSTOM, "customFields"),
];

/// An agreement: the schema `Agreement`.
pub const AGREEMENT: Schema = &[
    (Text(20), "workOrder"),
    (Text(50), "customerPO"),
    (Text(100), "name reasonCancelled"),
    (Free, "internalNotes invoiceDescription nextInvoiceDate"),
    (Choice("Active Cancelled Expired Inactive"), "agreementStatus"),
    (Choice("Actual Hourly"), "employeeCompRate"),
    (Choice("Amount Hours Incidents"), "applicationUnits"),
    (BILLABLE, "billTime billExpenses billProducts"),
    (Choice("Billing Amount Percent"), "employeeCompNotExceed"),
    (CYCLE, "applicationCycle"),
    (Choice("ContractYear CalendarYear"), "invoicingCycle"),
    (Choice("Current Future Both Undefined"), "periodType"),
    (Integer, "id expiredDays limit"),
    (Number, "applicationLimit compHourlyRate compLimitAmount billAmount prorateFirstBill"),
    (
        Flag,
        "restrictLocationFlag restrictDepartmentFlag noEndingDateFlag cancelledFlag applicationUnlimitedFlag \
         oneTimeFlag coverAgreementTime coverAgreementProduct coverAgreementExpense coverSalesTax carryOverUnused \
         allowOverruns expireWhenZero chargeToFirm billOneTimeFlag taxable restrictDownPayment prorateFlag \
         invoiceProratedAdditionsFlag topComment bottomComment billableTimeInvoice billableExpenseInvoice \
         billableProductInvoice autoInvoiceFlag billZeroAmountFlag",
    ),
    (Date, "startDate endDate dateCancelled billStartDate"),
    (Reference(Resource::Agreement), "parentAgreement"),
    (Reference(Resource::AgreementType), "type"),
    (Reference(Resource::BillingCycle), "billingCycle"),
    (Reference(Resource::Company), "company subContractCompany billToCompany shipToCompany"),
    (Reference(Resource::Contact), "contact subContractContact billToContact shipToContact"),
    (Reference(Resource::Department), "department"),
    (Reference(Resource::Location), "location companyLocation"),
    (Reference(Resource::Site), "site billToSite shipToSite"),
    (Elsewhere, "opportunity sla billingTerms taxCode workRole workType projectType invoiceTemplate currency"),
    (CUSTOM, "customFields"),
];

/// An agreement type: the schema `AgreementType`.
pub const AGREEMENT_TYPE: Schema = &[
    (Text(5), "invoicePreSuffix"),
    (Text(50), "name integrationXRef"),
    (Text(4000), "invoiceDescription"),
    (Free, "connectWiseId"),
    (Choice("Actual Hourly"), "employeeCompRate"),
    (Choice("Amount Hours Incidents"), "applicationUnits"),
    (BILLABLE, "billTime billExpenses billProducts"),
    (Choice("Billing Amount Percent"), "employeeCompNotExceed"),
    (CYCLE, "applicationCycle"),
    (Choice("ContractYear CalendarYear"), "invoicingCycle"),
    (Choice("Prefix Suffix"), "prefixSuffixOption"),
    (Integer, "id expiredDays limit"),
    (Number, "applicationLimit compHourlyRate compLimitAmount billAmount"),
    (
        Flag,
        "defaultFlag inactiveFlag prePaymentFlag restrictLocationFlag restrictDepartmentFlag \
         applicationUnlimitedFlag oneTimeFlag coverAgreementTimeFlag coverAgreementProductFlag \
         coverAgreementExpenseFlag coverSalesTaxFlag carryOverUnusedFlag allowOverrunsFlag expireWhenZero \
         chargeToFirmFlag billOneTimeFlag taxableFlag restrictDownPaymentFlag topCommentFlag bottomCommentFlag \
         billableTimeInvoiceFlag billableExpenseInvoiceFlag billableProductInvoiceFlag copyWorkRolesFlag \
         copyWorkTypesFlag addAllWorkRoleExclusions removeAllWorkRoleExclusions addAllWorkTypeExclusions \
         removeAllWorkTypeExclusions prorateFlag autoInvoiceFlag billZeroAmountFlag invoiceProratedAdditionsFlag",
    ),
    (Reference(Resource::BillingCycle), "billingCycle"),
    (Reference(Resource::Department), "department"),
    (Reference(Resource::Location), "location"),
    (Elsewhere, "sla billingTerms workRole workType projectType invoiceTemplate emailTemplate"),
    (Integers, "exclusionWorkRoleIds exclusionWorkTypeIds"),
];
