//! Service tickets.

use super::Kind::{Choice, Date, Elsewhere, Flag, Free, Integer, Number, Reference, Text, Texts};
use super::{BILLABLE, CUSTOM, Schema};
use crate::connectwise::definition::Resource;

/// A service ticket: the schema `Ticket`.
pub const TICKET: Schema = &[
    (Text(12), "zip"),
    (Text(15), "contactPhoneExtension"),
    (Text(20), "contactPhoneNumber"),
    (Text(50), "addressLine1 addressLine2 city stateIdentifier poNumber"),
    (Text(62), "contactName"),
    (Text(100), "summary externalXRef"),
    (Text(156), "siteName"),
    (Text(250), "contactEmailAddress"),
    (Text(1000), "automaticEmailCc"),
    (
        Free,
        "agreementType initialDescription initialInternalAnalysis initialResolution initialDescriptionFrom \
         contactEmailLookup closedDate closedBy subDateAccepted dateResolved dateResplan dateResponded resources \
         mobileGuid slaStatus escalationStartDateUTC respondedBy resplanBy resolvedBy",
    ),
    (Choice("Activity ProjectIssue KnowledgeBaseArticle ProjectTicket ServiceTicket Time"), "knowledgeBaseLinkType"),
    (Choice("ActualRates FixedFee NotToExceed OverrideRate"), "billingMethod subBillingMethod"),
    (BILLABLE, "billTime billExpenses billProducts"),
    (Choice("Low Medium High"), "severity impact"),
    (Choice("ProjectIssue ProjectTicket ServiceTicket"), "recordType"),
    (Choice("Ticket Phase"), "predecessorType"),
    (
        Integer,
        "id knowledgeBaseCategoryId knowledgeBaseSubCategoryId resolveMinutes resPlanMinutes respondMinutes \
         escalationLastUpdateMinutes knowledgeBaseLinkId parentTicketId predecessorId lagDays duration \
         escalationLevel minutesBeforeWaiting respondedSkippedMinutes resplanSkippedMinutes minutesWaiting",
    ),
    (
        Number,
        "budgetHours actualHours estimatedExpenseCost estimatedExpenseRevenue estimatedProductCost \
         estimatedProductRevenue estimatedTimeCost estimatedTimeRevenue billingAmount hourlyRate subBillingAmount \
         respondedHours resplanHours resolutionHours",
    ),
    (
        Flag,
        "allowAllClientsPortalView customerUpdatedFlag automaticEmailContactFlag automaticEmailResourceFlag \
         automaticEmailCcFlag processNotifications skipCallback closedFlag approved isInSla hasChildTicket \
         hasMergedChildTicketFlag predecessorClosedFlag lagNonworkingDaysFlag requestForChangeFlag",
    ),
    (Date, "requiredDate respondByGoalUTC resplanGoalUTC resolutionGoalUTC estimatedStartDate"),
    (Reference(Resource::Agreement), "agreement"),
    (Reference(Resource::Board), "board"),
    (Reference(Resource::BoardStatus), "status"),
    (Reference(Resource::Company), "company"),
    (Reference(Resource::Contact), "contact"),
    (Reference(Resource::Department), "department"),
    (Reference(Resource::Location), "location"),
    (Reference(Resource::Member), "owner"),
    (Reference(Resource::Priority), "priority"),
    (Reference(Resource::ServiceItem), "item"),
    (Reference(Resource::ServiceLocation), "serviceLocation"),
    (Reference(Resource::ServiceSubtype), "subType"),
    (Reference(Resource::ServiceTeam), "team"),
    (Reference(Resource::ServiceType), "type"),
    (Reference(Resource::Site), "site"),
    (Reference(Resource::Source), "source"),
    (Reference(Resource::Ticket), "mergedParentTicket"),
    (Elsewhere, "workRole workType country opportunity sla currency"),
    (CUSTOM, "customFields"),
    (Texts, "integratorTags"),
];
