//! Record types of ConnectWise's API. Each module builds requests as values and defines the records that are read from
//! responses.

pub mod addition;
pub mod agreement;
pub mod board;
pub mod catalog;
pub mod category;
pub mod company;
pub mod configuration;
pub mod contact;
pub mod menu;
pub mod note;
pub mod system;
pub mod ticket;
pub mod ticket_class;
pub mod ticket_field;
