//! The record types of ConnectWise's API, a module each: requests as values, and records read from responses.

pub mod addition;
pub mod agreement;
pub mod board;
pub mod catalog;
pub mod category;
pub mod company;
pub mod configuration;
pub mod menu;
pub mod note;
pub mod system;
pub mod ticket;
