//! Tests of the endpoints' contract, over HTTP, with a local stack in this process. The path of a file is that of its
//! endpoint.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod client;

mod accounts {
    mod delete;
    mod doubt;
    mod exists;
    mod synchronize;
    mod syncoptions;
}
mod actions {
    mod closed_tickets;
    mod configurations;
    mod digest;
    mod quiet_hours;
    mod report;
    mod snoozes;
    mod tenant;
    mod tickets;
}
mod addons {
    mod cancel;
    mod create;
    mod update;
}
mod customers {
    mod moves;
}
mod dropbox {
    mod absence;
    mod accounts;
    mod addons;
    mod check_only;
    mod definitions;
    pub mod demo;
    mod exactly_once;
    mod fields;
    mod lifecycle;
    mod migrate;
    mod migrate_completed_later;
    mod not_renewed;
    mod orders;
    mod quarter;
    mod renewal_faults;
    pub mod renewals;
    mod trial_end;
    mod trials;
    mod updates;
}
mod fields {
    mod additionalinfo;
    mod get;
    mod validate;
}
mod portal {
    mod long_lists;
    mod many_accounts;
    pub mod msp;
    mod quarter;
    mod refused_credentials;
    mod roles;

    mod additions {
        mod list;
        mod redrive;
        mod retry;
    }
    mod agreements {
        mod list;
    }
    mod audit {
        mod apply;
        mod csv;
        mod dismiss;
        pub mod list;
        pub mod month;
        mod run;
        mod scale;
        mod settings;
        mod used_seats;
    }
    mod companies {
        mod list;
    }
    mod history {
        mod csv;
        mod list;
        mod long;
    }
    mod identity {
        mod delete;
        mod get;
        mod save;
    }
    mod links {
        pub mod billing_dates;
        mod bulk;
        mod conversions;
        mod create;
        mod credits;
        mod delete;
        mod list;
        mod moves;
        mod suggestions;
    }
    mod organizations {
        mod activate;
        mod create;
        mod get;
        mod impersonate;
        mod invite;
        mod list;
        mod suspend;
        mod trial_end;
        mod trial_of_shop;
        mod trial_recovery;
        mod trial_seats;
        mod unsubscribe;
        mod update;
    }
    mod people {
        mod delete;
        mod list;
        mod save;
    }
    mod plans {
        mod create;
        mod deactivate;
        mod list;
        mod update;
    }
    mod session {
        mod callback;
        mod cookie;
        mod create;
        mod delete;
        mod get;
        mod limit;
        mod start;
    }
    mod settings {
        mod credentials;
        mod get;
        mod options;
        mod other_connectwise;
        pub mod save;
    }
    mod required_members;
    mod snoozes {
        mod delete;
        mod list;
        mod save;
    }
    mod ticketfields {
        mod delete;
        mod list;
        mod save;
    }
    mod ticketrules {
        mod get;
        mod save;
    }
    mod tickets;
    mod usage {
        mod csv;
        mod list;
    }
    mod usagekey {
        pub mod create;
        mod get;
        mod revoke;
    }
}
mod service {
    mod definitions;
}
mod subscriptions {
    mod activate;
    mod cancel;
    mod create;
    mod suspend;
    mod trial_end;
    mod update;
    mod upgradetopaid;
}
mod tokens {
    mod replace;
}

mod channels;
mod check_only;
mod concurrency;
mod costs;
mod edge;
mod faults;
mod hosts;
mod lifecycle;
mod lost_records;
mod odd_answers;
mod redaction;
mod registration;
mod settings;
