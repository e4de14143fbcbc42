//! The service manager: what stands between the BSS of a cloud distributor and the vendors whose products it sells.
//!
//! A request comes in at the [`edge`], which knows who calls; goes to one of the [`endpoints`], which knows what is asked;
//! from there to [`synchronization`] (accounts) or [`provisioning`] (subscriptions and add-ons), which take the account's
//! [`lease`] and [`settle`] the difference between what is wished and what the [`vendor`] shows; and ends in the [`store`].

pub mod account;
pub mod action;
pub mod app;
pub mod authorization;
pub mod bss;
pub mod call;
pub mod clock;
pub mod code;
pub mod config;
pub mod connectwise;
pub mod dead_letters;
pub mod deadline;
pub mod edge;
pub mod endpoints;
pub mod failure;
pub mod fingerprint;
pub mod ids;
pub mod lambda;
pub mod lease;
pub mod msp;
pub mod order;
pub mod partners;
pub mod portal;
pub mod provisioning;
pub mod reconcile;
pub mod registered;
pub mod registration;
pub mod reporters;
pub mod resources;
pub mod seal;
pub mod search;
pub mod settle;
pub mod store;
pub mod stream;
pub mod subscription;
pub mod synchronization;
pub mod task;
pub mod vendor;
