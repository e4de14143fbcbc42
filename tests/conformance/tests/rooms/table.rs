//! The rules: the rooms and what each may import, the packages that few rooms may name, and the circles that are allowed.

use crate::check::{Exception, Reserved, Room};

/// The rooms, lowest first. A room imports only rooms above its own row.
pub const ROOMS: &[Room] = &[
    Room { name: "config", imports: &[] },
    Room { name: "bss", imports: &[] },
    Room { name: "http_client", imports: &[] },
    Room {
        name: "domain",
        imports: &[(
            "bss",
            "its types are parsed from the BSS's requests, and a request that can't be read is a failure",
        )],
    },
    Room {
        name: "connectwise",
        imports: &[
            ("config", "its settings"),
            ("domain", "plan ids, and the error that an MSP is shown"),
            ("http_client", "it sends through it"),
        ],
    },
    Room {
        name: "store",
        imports: &[
            ("config", "the table's name"),
            ("connectwise", "records hold ConnectWise's ids"),
            ("domain", "records hold the product's ids and states"),
        ],
    },
    Room {
        name: "auth",
        imports: &[
            ("bss", "the headers with the caller's key and the partner's settings"),
            ("config", "where the keys are"),
            ("domain", "ids of callers, and the error of a refusal"),
            ("http_client", "it asks an MSP's identity provider who a person is"),
            ("store", "sessions and the partners' sealed credentials"),
        ],
    },
    Room {
        name: "vendor",
        imports: &[
            ("bss", "settings, fields and definitions are told in the BSS's types"),
            ("config", "the vendor's settings"),
            ("domain", "the desired state, and the error that a customer is shown"),
            ("http_client", "it sends through it"),
            ("store", "what the record says of the vendor's object; never the table"),
        ],
    },
    Room {
        name: "app",
        imports: &[
            ("auth", "it holds the registers of callers and the encryption"),
            ("bss", "the settings that a request brings, and the parser of its body"),
            ("config", "its settings"),
            ("connectwise", "it holds the client"),
            ("domain", "the clock, ids and errors"),
            ("http_client", "it holds the sender; a request has a deadline and a log of calls"),
            ("store", "it holds the table"),
            ("vendor", "it holds the vendor"),
        ],
    },
    Room {
        name: "provisioning",
        imports: &[
            ("app", "the request and the clients"),
            ("bss", "settings of the request whose work is recovered"),
            ("config", "the settings of the recovery"),
            ("domain", "orders, accounts, jobs and errors"),
            ("http_client", "deadlines and the log of calls"),
            ("store", "leases and records"),
            ("vendor", "it converges the vendor's object"),
        ],
    },
    Room {
        name: "workers",
        imports: &[
            ("app", "the clients"),
            ("auth", "a report's signature, which counts once"),
            ("connectwise", "they keep it in sync"),
            ("domain", "actions, ids and errors"),
            ("http_client", "deadlines and the log of calls"),
            ("store", "the stream's items and the state of what is synchronized"),
            ("vendor", "the state of backups"),
        ],
    },
    Room {
        name: "endpoints",
        imports: &[
            ("app", "the request and the clients"),
            ("auth", "sessions are begun, and reports come with a signature"),
            ("bss", "answers are in the BSS's types"),
            ("connectwise", "the portal reads and sets up the MSP's ConnectWise"),
            ("domain", "requests are parsed into its types"),
            ("http_client", "a check of the billing has a deadline of its own"),
            ("provisioning", "the BSS's endpoints call it"),
            ("store", "the portal reads and writes records"),
            ("vendor", "the portal shows plans and organizations"),
            ("workers", "the portal tries again what failed, and reports are taken in"),
        ],
    },
    Room {
        name: "runtime",
        imports: &[
            ("app", "it makes the clients and the request"),
            ("auth", "it finds the caller"),
            ("bss", "it answers in envelopes"),
            ("config", "the settings of logs and metrics"),
            ("domain", "it maps errors to statuses"),
            ("endpoints", "it runs them"),
            ("http_client", "it sets the deadline and reads the log of calls"),
            ("provisioning", "it runs the recovery"),
            ("vendor", "its name, for the registration page"),
            ("workers", "it runs them"),
        ],
    },
];

/// Packages, and items of them, that only these rooms may name.
pub const RESERVED: &[Reserved] = &[
    Reserved {
        path: "aws_config",
        rooms: &["app", "auth", "store"],
        reason: "app makes it; store and auth make their clients from it",
    },
    Reserved { path: "aws_credential_types", rooms: &["app"], reason: "app makes the configuration" },
    Reserved { path: "aws_types", rooms: &["app"], reason: "app makes the configuration" },
    Reserved { path: "aws_sdk_dynamodb", rooms: &["store"], reason: "only store knows the table" },
    Reserved { path: "serde_dynamo", rooms: &["store"], reason: "only store knows items" },
    Reserved { path: "aws_sdk_dynamodbstreams", rooms: &["app"], reason: "dead letters are read in app" },
    Reserved { path: "aws_sdk_sqs", rooms: &["app"], reason: "queues are held in app" },
    Reserved { path: "aws_sdk_kms", rooms: &["auth"], reason: "auth encrypts" },
    Reserved { path: "aws_sdk_secretsmanager", rooms: &["auth"], reason: "auth reads the keys of callers" },
    Reserved { path: "aws_smithy_runtime_api", rooms: &["http_client"], reason: "one client connects" },
    Reserved { path: "rustls", rooms: &["http_client"], reason: "one TLS configuration" },
    Reserved { path: "reqwest", rooms: &["http_client"], reason: "one client sends" },
    Reserved { path: "governor", rooms: &["http_client"], reason: "one client limits its rate" },
    Reserved { path: "lambda_runtime", rooms: &["runtime"], reason: "only runtime knows AWS Lambda" },
    Reserved { path: "metrics_cloudwatch_embedded", rooms: &["runtime"], reason: "only runtime writes metrics out" },
    Reserved {
        path: "http",
        rooms: &["auth", "bss", "connectwise", "endpoints", "http_client", "runtime", "vendor"],
        reason: "domain, store, app, provisioning and workers know no transport",
    },
    Reserved {
        path: "http::StatusCode",
        rooms: &["auth", "connectwise", "http_client", "runtime", "vendor"],
        reason: "a vendor's status is read beside its client, ours is made in runtime",
    },
    Reserved { path: "openidconnect", rooms: &["auth"], reason: "auth alone judges who a person is" },
    Reserved { path: "std::env", rooms: &["config"], reason: "config alone reads variables" },
];

/// The circles of files that are allowed.
pub const EXCEPTIONS: &[Exception] = &[];
