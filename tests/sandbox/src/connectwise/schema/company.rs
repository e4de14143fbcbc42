//! Companies, contacts and configurations.

use super::Kind::{Children, Choice, Date, Elsewhere, Flag, Free, Integer, Integers, Number, Reference, Text, Texts};
use super::{CUSTOM, Schema};
use crate::connectwise::definition::Resource;

/// A company: the schema `Company`.
pub const COMPANY: Schema = &[
    (Text(12), "zip"),
    (Text(30), "phoneNumber faxNumber"),
    (
        Text(50),
        "addressLine1 addressLine2 city state leadSource userDefinedField1 userDefinedField2 userDefinedField3 \
         userDefinedField4 userDefinedField5 userDefinedField6 userDefinedField7 userDefinedField8 \
         userDefinedField9 userDefinedField10",
    ),
    (Text(156), "identifier name"),
    (Text(255), "website"),
    (
        Free,
        "accountNumber vendorIdentifier taxIdentifier invoiceToEmailAddress invoiceCCEmailAddress deletedBy \
         mobileGuid facebookUrl twitterUrl linkedInUrl resellerIdentifier",
    ),
    (Integer, "id numberOfEmployees yearEstablished revenueYear"),
    (Number, "annualRevenue creditLimit additionalDebt"),
    (Flag, "leadFlag unsubscribeFlag deletedFlag isVendorFlag"),
    (Date, "dateAcquired dateDeleted"),
    (Reference(Resource::Company), "parentCompany billToCompany"),
    (Reference(Resource::CompanyStatus), "status"),
    (Reference(Resource::Contact), "defaultContact billingContact"),
    (Reference(Resource::Location), "territory"),
    (Reference(Resource::Member), "territoryManager"),
    (Reference(Resource::Site), "billingSite site"),
    (
        Elsewhere,
        "country market sicCode ownershipType timeZoneSetup calendar taxCode billingTerms invoiceTemplate \
         pricingSchedule companyEntityType invoiceDeliveryMethod emailTemplate currency",
    ),
    (CUSTOM, "customFields"),
    (Children("id name"), "types"),
    (Texts, "integratorTags"),
];

/// A contact: the schema `Contact`.
pub const CONTACT: Schema = &[
    (
        Text(50),
        "userDefinedField1 userDefinedField2 userDefinedField3 userDefinedField4 userDefinedField5 \
         userDefinedField6 userDefinedField7 userDefinedField8 userDefinedField9 userDefinedField10",
    ),
    (
        Free,
        "firstName lastName addressLine1 addressLine2 city state zip relationshipOverride securityIdentifier title \
         school nickName children significantOther portalPassword birthDay anniversary mobileGuid facebookUrl \
         twitterUrl linkedInUrl defaultPhoneType defaultPhoneNbr defaultPhoneExtension",
    ),
    (Choice("Female Male"), "gender"),
    (Choice("NoAgent Online DoNotDisturb Away Offline"), "presence"),
    (Integer, "id defaultMergeContactId portalSecurityLevel"),
    (
        Flag,
        "inactiveFlag marriedFlag childrenFlag disablePortalLoginFlag unsubscribeFlag defaultBillingFlag \
         defaultFlag ignoreDuplicates",
    ),
    (Reference(Resource::Company), "company"),
    (Reference(Resource::Contact), "managerContact assistantContact"),
    (Reference(Resource::Location), "companyLocation"),
    (Reference(Resource::Site), "site"),
    (Elsewhere, "country relationship department photo"),
    (CUSTOM, "customFields"),
    (Children("id name"), "types"),
    (Children("id type value extension defaultFlag domain communicationType"), "communicationItems"),
    (Integers, "typeIds"),
    (Texts, "integratorTags"),
];

/// A configuration: the schema `Company.Configuration`.
pub const CONFIGURATION: Schema = &[
    (Text(25), "macAddress ram"),
    (Text(50), "modelNumber tagNumber backupServerName ipAddress defaultGateway manufacturerPartNumber"),
    (Text(100), "name deviceIdentifier lastLoginName cpuSpeed"),
    (Text(250), "serialNumber osType osInfo"),
    (Text(1000), "managementLink remoteLink"),
    (Free, "vendorNotes notes backupProtectedDeviceList localHardDrives mobileGuid"),
    (
        Integer,
        "id locationId businessUnitId backupSuccesses backupIncomplete backupFailed backupRestores backupYear \
         backupMonth parentConfigurationId companyLocationId",
    ),
    (Number, "backupBillableSpaceGb"),
    (Flag, "billFlag activeFlag displayVendorFlag showRemoteFlag showAutomateFlag needsRenewalFlag"),
    (Date, "purchaseDate installationDate warrantyExpirationDate lastBackupDate"),
    (Reference(Resource::Company), "company vendor"),
    (Reference(Resource::ConfigurationStatus), "status"),
    (Reference(Resource::ConfigurationType), "type"),
    (Reference(Resource::Contact), "contact"),
    (Reference(Resource::Department), "department"),
    (Reference(Resource::Location), "location"),
    (Reference(Resource::Member), "installedBy"),
    (Reference(Resource::Site), "site"),
    (Elsewhere, "manufacturer sla"),
    (
        Children("answerId questionId question answer sequenceNumber numberOfDecimals fieldType requiredFlag"),
        "questions",
    ),
    (CUSTOM, "customFields"),
];

/// A configuration status: the schema `ConfigurationStatus`.
pub const CONFIGURATION_STATUS: Schema =
    &[(Text(50), "description"), (Free, "connectWiseId"), (Integer, "id"), (Flag, "closedFlag defaultFlag")];

/// A configuration type: the schema `ConfigurationType`.
pub const CONFIGURATION_TYPE: Schema =
    &[(Text(50), "name"), (Free, "connectWiseId"), (Integer, "id"), (Flag, "inactiveFlag systemFlag")];
