//! Service boards, and their statuses, priorities, sources and notes.

use super::Kind::{Choice, Date, Elsewhere, Flag, Free, Integer, Integers, Number, Reference, Text};
use super::{BILLABLE, Schema};
use crate::connectwise::definition::Resource;

/// A service board: the schema `Board`.
pub const BOARD: Schema = &[
    (Text(50), "name notifyEmailFrom"),
    (Text(60), "notifyEmailFromName"),
    (Free, "connectWiseId"),
    (Choice("ActualHours Manual ClosedPhases ClosedTickets"), "percentageCalculation"),
    (Choice("Ascending Descending"), "problemSort resolutionSort internalAnalysisSort allSort"),
    (BILLABLE, "billTime billExpense billProduct"),
    (Integer, "id emailConnectorReopenDaysLimit emailConnectorReopenDaysClosedLimit autoAssignLimitAmount"),
    (
        Flag,
        "inactiveFlag sendToContactFlag sendToResourceFlag projectFlag showDependenciesFlag showEstimatesFlag \
         billTicketsAfterClosedFlag billTicketSeparatelyFlag billUnapprovedTimeExpenseFlag overrideBillingSetupFlag \
         autoAssignNewTicketsFlag autoAssignNewECTicketsFlag autoAssignNewPortalTicketsFlag discussionsLockedFlag \
         timeEntryLockedFlag closedLoopDiscussionsFlag closedLoopResolutionFlag closedLoopInternalAnalysisFlag \
         timeEntryDiscussionFlag timeEntryResolutionFlag timeEntryInternalAnalysisFlag \
         emailConnectorAllowReopenClosedFlag emailConnectorReopenResourcesFlag emailConnectorNewTicketNoMatchFlag \
         emailConnectorNeverReopenByDaysFlag emailConnectorNeverReopenByDaysClosedFlag useMemberDisplayNameFlag \
         sendToCCFlag autoAssignTicketOwnerFlag autoAssignLimitFlag closedLoopAllFlag markFirstNoteIssueFlag \
         restrictBoardByDefaultFlag sendToBundledFlag",
    ),
    (Reference(Resource::BoardStatus), "autoCloseStatus emailConnectorReopenStatus"),
    (Reference(Resource::Department), "department"),
    (Reference(Resource::Location), "location"),
    (Reference(Resource::Member), "dispatchMember serviceManagerMember dutyManagerMember oncallMember"),
    (Elsewhere, "signOffTemplate contactTemplate resourceTemplate boardIcon workRole workType"),
];

/// A type of a board's tickets: the schema `BoardType`.
pub const BOARD_TYPE: Schema = &[
    (Text(50), "name integrationXref"),
    (Choice("Reactive Proactive"), "category"),
    (Integer, "id"),
    (Flag, "defaultFlag inactiveFlag requestForChangeFlag"),
    (Reference(Resource::Board), "board"),
    (Reference(Resource::Department), "department"),
    (Reference(Resource::Location), "location"),
    (Elsewhere, "skillCategory skill"),
];

/// A subtype of a board's tickets: the schema `BoardSubType`.
pub const BOARD_SUBTYPE: Schema = &[
    (Text(50), "name"),
    (Integer, "id"),
    (Flag, "inactiveFlag addAllTypesFlag removeAllTypesFlag"),
    (Integers, "typeAssociationIds"),
    (Reference(Resource::Board), "board"),
];

/// An item of a board's tickets: the schema `BoardItem`.
pub const BOARD_ITEM: Schema =
    &[(Text(50), "name"), (Integer, "id"), (Flag, "inactiveFlag"), (Reference(Resource::Board), "board")];

/// A type, a subtype and an item that a board's ticket can have together: the schema `BoardTypeSubTypeItemAssociation`.
pub const BOARD_ASSOCIATION: Schema = &[
    (Integer, "id"),
    (Reference(Resource::Board), "board"),
    (Reference(Resource::ServiceType), "type"),
    (Reference(Resource::ServiceSubtype), "subType"),
    (Reference(Resource::ServiceItem), "item"),
];

/// A board's status: the schema `BoardStatus`.
pub const BOARD_STATUS: Schema = &[
    (Text(30), "customStatusIndicatorName"),
    (Text(50), "name"),
    (Text(500), "customerPortalDescription"),
    (Free, "connectWiseId parentConnectWiseId grandParentConnectWiseId"),
    (Choice("NotResponded Responded ResolutionPlan Resolved NoEscalation"), "escalationStatus"),
    (Integer, "id sortOrder parentId grandParentId"),
    (
        Flag,
        "displayOnBoard inactive closedStatus timeEntryNotAllowed roundRobinCatchall defaultFlag customerPortalFlag \
         saveTimeAsNote",
    ),
    (Reference(Resource::Board), "board"),
    (Elsewhere, "emailTemplate statusIndicator"),
];

/// A priority: the schema `Priority`.
pub const PRIORITY: Schema = &[
    (Text(50), "name"),
    (Free, "imageLink urgencySortOrder connectWiseId"),
    (Choice("Black Blue Cyan Gray Green Lime Orange Pink Purple Red White Yellow Custom"), "color"),
    (Choice("Critical High Medium Low"), "level"),
    (Integer, "id sortOrder"),
    (Flag, "defaultFlag"),
];

/// A ticket's source: the schema `Source`.
pub const SOURCE: Schema = &[
    (Text(50), "name"),
    (Free, "enteredBy connectWiseId"),
    (Integer, "id"),
    (Flag, "defaultFlag"),
    (Date, "dateEntered"),
];

/// A ticket's note: the schema `ServiceNote`.
pub const SERVICE_NOTE: Schema = &[
    (Free, "text dateCreated createdBy"),
    (Integer, "id ticketId"),
    (Number, "sentimentScore"),
    (
        Flag,
        "detailDescriptionFlag internalAnalysisFlag resolutionFlag issueFlag customerUpdatedFlag \
         processNotifications internalFlag externalFlag",
    ),
    (Reference(Resource::Contact), "contact"),
    (Reference(Resource::Member), "member"),
];
